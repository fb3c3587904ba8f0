"""Places in the schedule of starts: evenly spaced, and moved together."""

import heapq
import math
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

    soon = [start_schedule.look_again_in(opens, timedelta(minutes=1), timedelta(), 60) for _ in range(200)]
    late = [start_schedule.look_again_in(opens, timedelta(hours=5), timedelta(), 60) for _ in range(200)]

    assert all(12 <= each <= 20 for each in soon)
    assert len(set(soon)) > 3
    assert sum(late) / 200 > 300
    assert max(late) <= 900


def starts_of_a_crowd(count: int, *, asks_a_second: int, per_minute: int = 60) -> list[float]:
    """When jobs of 50 owners start that ask one worker at a time, who answers so many of them a second."""
    began, pace = datetime(2026, 1, 1, tzinfo=UTC), StartSchedule(per_minute=per_minute)
    latest: dict[int, Slot] = {}
    queue: list[tuple[float, int, Slot | None]] = [(0.0, job, None) for job in range(count)]
    free, starts = 0.0, []
    while queue:
        seen, job, slot = heapq.heappop(queue)
        now = max(seen, free)
        free, at, owner = now + 1 / asks_a_second, began + timedelta(seconds=now), job % 50
        if not start_schedule.keeps(slot, pace, at, per_minute):
            slot = None
            opens = start_schedule.opens_in(pace, latest.get(owner), at, per_minute)
            if opens > timedelta():
                wait = start_schedule.look_again_in(opens, at - began, timedelta(seconds=now - seen), per_minute)
                heapq.heappush(queue, (now + wait, job, None))
                continue
            clock = pace.clock(at)
            first = clock if start_schedule.idle(pace, at, per_minute) else max(clock, pace.next_at)
            slot = latest[owner] = Slot(at=first, per_minute=per_minute)
            pace = pace.model_copy(update={"next_at": first + start_schedule.step(per_minute)})
        assert slot is not None
        early = pace.time_of(slot) - at
        if early > start_schedule.WORTH_WAITING:
            heapq.heappush(queue, (now + math.ceil(early.total_seconds()), job, slot))
        else:
            starts.append(max(now, now + early.total_seconds()))
    return starts


def test_a_crowd_that_asks_does_not_keep_those_with_a_place_from_starting() -> None:
    """Whoever asks without a place stands in one line with those who have one, and are lost where it is too long."""
    starts = starts_of_a_crowd(2000, asks_a_second=16)

    assert max(starts) < 1.25 * 2000
