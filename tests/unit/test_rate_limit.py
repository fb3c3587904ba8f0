"""Where an owner stands within a window."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.config import Rates
from realstaging.errors import RateLimitedError
from realstaging.rate_limit import RequestCounter, ask
from realstaging.stores.rate_limits import RateStore

RATES = Rates(creations=3, window_seconds=60)
MINUTE = datetime(2026, 7, 14, 12, 30, tzinfo=UTC)


class Counted(RateStore):
    """So many requests in this window, this one included."""

    def __init__(self, made: int) -> None:
        self.made = made

    def count(self, owner: str, at: datetime, window_seconds: int, *, kind: str = "", by: int = 1) -> int:
        return self.made


@pytest.mark.parametrize(("made", "left", "exceeded"), [(1, 2, False), (3, 0, False), (4, 0, True), (90, 0, True)])
def test_the_limit_itself_is_still_allowed(made: int, left: int, exceeded: bool) -> None:
    standing = ask("alice", MINUTE, RATES, store=Counted(made))

    assert (standing.remaining, standing.exceeded) == (left, exceeded)
    assert ("Retry-After" in standing.headers) is exceeded


@given(st.integers(0, 59_999_999))
def test_the_window_ends_within_its_length_and_never_before_the_next_one_begins(microseconds: int) -> None:
    at = MINUTE + timedelta(microseconds=microseconds)

    reset = ask("alice", at, RATES, store=Counted(1)).reset

    assert 1 <= reset <= 60
    assert at + timedelta(seconds=reset) >= MINUTE + timedelta(seconds=60)


class Shared(RateStore):
    """What all processes have counted together."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def count(self, owner: str, at: datetime, window_seconds: int, *, kind: str = "", by: int = 1) -> int:
        self.taken.append(by)
        return sum(self.taken)


def _passed(counter: RequestCounter, at: datetime, times: int) -> int:
    passed = 0
    for _ in range(times):
        with contextlib.suppress(RateLimitedError):
            counter.add("alice", at)
            passed += 1
    return passed


def test_usual_use_costs_no_write_and_a_loop_few() -> None:
    store = Shared()
    counter = RequestCounter(RATES.model_copy(update={"requests": 1000}), store)

    assert _passed(counter, MINUTE, 10) == 10
    assert store.taken == []
    assert _passed(counter, MINUTE, 10_000) == 1000
    assert set(store.taken) == {10}
    assert len(store.taken) == 101


@pytest.mark.parametrize("processes", [2, 7])
def test_processes_count_together_but_for_what_each_lets_pass(processes: int) -> None:
    store = Shared()
    counters = [RequestCounter(RATES.model_copy(update={"requests": 1000}), store) for _ in range(processes)]

    assert sum(_passed(counter, MINUTE, 2000) for counter in counters) == 1000 + 10 * processes


def test_the_next_window_begins_anew() -> None:
    store = Shared()
    counter = RequestCounter(RATES.model_copy(update={"requests": 3}), store)
    assert _passed(counter, MINUTE, 5) == 3

    store.taken.clear()  # the next window has a row of its own

    assert _passed(counter, MINUTE + timedelta(seconds=59), 5) == 0
    assert _passed(counter, MINUTE + timedelta(seconds=60), 5) == 3
