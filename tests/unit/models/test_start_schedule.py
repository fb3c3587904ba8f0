"""Places in the schedule of starts: evenly spaced, and moved together."""

from datetime import UTC, datetime, timedelta

import pytest

from realstaging.models import start_schedule
from realstaging.models.provider import Slot, StartSchedule, micros

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.mark.parametrize("per_minute", [1, 6, 7, 600, 999])
def test_a_minute_never_holds_more_places_than_it_may(per_minute: int) -> None:
    assert start_schedule.step(per_minute) * per_minute >= 60_000_000
    assert start_schedule.step(per_minute) * per_minute < 60_000_000 + per_minute


def test_a_schedule_is_idle_when_its_next_place_is_past() -> None:
    pace = StartSchedule(per_minute=6, next_at=micros(AT))

    assert not start_schedule.idle(pace, AT, 6)
    assert start_schedule.idle(pace, AT + timedelta(microseconds=1), 6)
    assert start_schedule.idle(StartSchedule(), AT, 6)


def test_another_pace_is_another_schedule() -> None:
    pace = StartSchedule(per_minute=6, next_at=micros(AT + timedelta(hours=3)))
    slot = Slot(at=micros(AT + timedelta(hours=2)), per_minute=6)

    assert start_schedule.idle(pace, AT, 600)
    assert start_schedule.keeps(slot, pace, AT, 6)
    assert not start_schedule.keeps(slot, pace, AT, 600)


def test_a_place_is_kept_for_a_minute() -> None:
    slot = Slot(at=micros(AT), per_minute=6)

    assert start_schedule.keeps(slot, StartSchedule(per_minute=6), AT + timedelta(seconds=60), 6)
    assert not start_schedule.keeps(slot, StartSchedule(per_minute=6), AT + timedelta(seconds=61), 6)
    assert not start_schedule.keeps(None, StartSchedule(per_minute=6), AT, 6)


def test_while_everybody_is_held_the_schedules_clock_stands_still_and_every_place_moves() -> None:
    slot = Slot(at=micros(AT + timedelta(seconds=10)), per_minute=6)
    held = StartSchedule(per_minute=6, held=30_000_000, held_until=micros(AT) + 30_000_000)

    assert held.clock(AT) == held.clock(AT + timedelta(seconds=29)) == micros(AT)
    assert held.clock(AT + timedelta(seconds=40)) == micros(AT + timedelta(seconds=10))
    assert held.time_of(slot) == AT + timedelta(seconds=40)


def test_places_are_given_half_a_minute_ahead_or_four_of_them() -> None:
    assert start_schedule.horizon(600) == start_schedule.horizon(8) == 30_000_000
    assert start_schedule.horizon(6) == 40_000_000
    assert start_schedule.horizon(1) == 240_000_000


@pytest.mark.parametrize(("last", "opens"), [(None, 10), (14, 10), (30, 15), (39, 24)])
def test_the_next_place_opens_when_it_is_near_and_the_owners_latest_one_is_half_as_far(
    last: int | None, opens: int
) -> None:
    pace = StartSchedule(per_minute=60, next_at=micros(AT) + 40_000_000)
    slot = None if last is None else Slot(at=micros(AT) + last * 1_000_000, per_minute=60)

    assert start_schedule.opens_in(pace, slot, AT, 60) == timedelta(seconds=opens)
    assert not start_schedule.opens_in(pace, slot, AT + timedelta(seconds=opens), 60)


def test_while_everybody_is_held_so_is_the_opening() -> None:
    held = StartSchedule(
        per_minute=60, next_at=micros(AT) + 40_000_000, held=300_000_000, held_until=micros(AT) + 300_000_000
    )

    assert start_schedule.opens_in(held, None, AT + timedelta(seconds=100), 60) == timedelta(seconds=210)


def test_who_has_no_place_asks_again_soon_after_it_opens_and_rarely_after_hours() -> None:
    opens = timedelta(seconds=12)

    soon = [start_schedule.look_again_in(opens, timedelta(minutes=1), 60) for _ in range(200)]
    late = [start_schedule.look_again_in(opens, timedelta(hours=5), 60) for _ in range(200)]

    assert all(12 <= each <= 20 for each in soon)
    assert len(set(soon)) > 3
    assert sum(late) / 200 > 300
    assert max(late) <= 900
