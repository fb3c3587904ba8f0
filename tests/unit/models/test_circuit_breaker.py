"""How long jobs wait while nothing is started."""

from datetime import UTC, datetime, timedelta

import pytest

from realstaging.models import circuit_breaker as breaking
from realstaging.models.provider import Breaker

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def opened(seconds: int, *, ago: float = 0, probes: int = 0) -> Breaker:
    return Breaker(until=AT + timedelta(seconds=seconds - ago), seconds=seconds, probes=probes)


def test_a_breaker_is_closed_until_it_opens_and_lets_one_try_when_its_pause_is_over() -> None:
    assert not breaking.open_for(Breaker(failures=4), AT)
    assert breaking.open_for(opened(60, ago=20), AT) == timedelta(seconds=40)
    assert not breaking.open_for(opened(60, ago=60), AT)


@pytest.mark.parametrize(("now", "then"), [(1, 2), (60, 120), (449, 898), (451, 900), (900, 900)])
def test_a_pause_doubles_up_to_fifteen_minutes(now: int, then: int) -> None:
    assert breaking.next_seconds(opened(now)) == then


@pytest.mark.parametrize("seconds", [1, 5, 60, 480, 900])
def test_who_waits_comes_back_after_the_pause_and_never_together(seconds: int) -> None:
    waits = [breaking.wait(opened(seconds), AT) for _ in range(200)]

    assert all(min(seconds, 900) <= wait <= min(seconds + 60, 900) for wait in waits)
    assert len(set(waits)) > 1 or seconds in (1, 900)


def test_while_one_tries_the_others_look_again_soon() -> None:
    assert all(19 <= breaking.wait(opened(480, ago=1, probes=2), AT) <= 79 for _ in range(50))
    assert breaking.wait(opened(480, ago=30, probes=2), AT) >= 450
