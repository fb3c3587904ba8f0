"""A period is a calendar month in UTC, wherever the clock that asks stands."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging import config, quota
from realstaging.models import Usage

SETTINGS = config.load("prod")
ANY_TIME = st.datetimes(datetime(1970, 1, 3), datetime(2200, 1, 1), timezones=st.timezones())


@pytest.mark.parametrize(
    ("at", "start", "end"),
    [
        ("2026-12-31T23:59:59.999999+00:00", "2026-12-01", "2027-01-01"),
        ("2027-01-01T00:00:00+00:00", "2027-01-01", "2027-02-01"),
        ("2028-02-29T12:00:00+00:00", "2028-02-01", "2028-03-01"),
        ("2027-02-28T12:00:00+00:00", "2027-02-01", "2027-03-01"),
        ("2100-02-28T23:00:00+00:00", "2100-02-01", "2100-03-01"),
        ("2026-11-01T00:30:00+01:00", "2026-10-01", "2026-11-01"),  # still October in UTC
        ("2026-10-31T20:00:00-05:00", "2026-11-01", "2026-12-01"),  # already November in UTC
        ("2026-03-31T23:59:00+00:00", "2026-03-01", "2026-04-01"),  # a longer month before a shorter one
    ],
)
def test_the_running_period_by_the_calendar(at: str, start: str, end: str) -> None:
    moment = datetime.fromisoformat(at)

    assert quota.period(moment) == start
    assert quota.period_end(quota.period_start(moment)) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@given(ANY_TIME)
def test_every_moment_lies_in_exactly_its_own_period(at: datetime) -> None:
    start = quota.period_start(at)
    end = quota.period_end(start)

    assert start <= at.astimezone(UTC) < end
    assert timedelta(days=28) <= end - start <= timedelta(days=31)
    assert quota.period_start(end) == end
    assert quota.period_start(end - timedelta(microseconds=1)) == start


@given(ANY_TIME)
def test_the_zone_of_the_asking_clock_does_not_matter(at: datetime) -> None:
    assert quota.period(at) == quota.period(at.astimezone(timezone(timedelta(hours=-11))))


@pytest.mark.parametrize(("used", "remaining"), [(0, 10), (9, 1), (10, 0), (11, 0)])
def test_what_remains_is_never_less_than_nothing(used: int, remaining: int) -> None:
    shown = quota.overview(Usage(used=used), SETTINGS, datetime(2026, 11, 20, tzinfo=UTC))

    assert (shown.plan, shown.limit, shown.used, shown.remaining) == ("free", 10, used, remaining)
    assert (shown.period_start, shown.period_end) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
