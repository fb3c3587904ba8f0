"""Where an owner stands within a window."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.config import Rates
from realstaging.rate_limit import ask
from realstaging.stores.rate_limits import RateStore

RATES = Rates(creations=3, window_seconds=60)
MINUTE = datetime(2026, 7, 14, 12, 30, tzinfo=UTC)


class Counted(RateStore):
    """So many requests in this window, this one included."""

    def __init__(self, made: int) -> None:
        self.made = made

    def count(self, owner: str, at: datetime, window_seconds: int) -> int:
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
