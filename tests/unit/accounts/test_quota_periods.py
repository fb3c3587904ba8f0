"""How much an owner may use, and in which period: a subscription's, else a calendar month in UTC."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging import config
from realstaging.accounts import quota
from realstaging.models.accounts import Subscribed, Usage, User
from realstaging.stores import keys

SETTINGS = config.load("prod")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def alice(**given: Any) -> User:
    return User(owner="alice", created_at=NOW, updated_at=NOW, **given)


def paying(**given: Any) -> Subscribed:
    """Pro since the tenth, in its first month."""
    start = datetime(2026, 11, 10, 9, tzinfo=UTC)
    usual = {"id": "sub_1", "plan": "pro", "status": "active", "started_at": start}
    return Subscribed(**usual | {"period_start": start, "period_end": datetime(2026, 12, 10, 9, tzinfo=UTC)} | given)


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

    assert keys.month(moment) == start
    assert keys.month_end(keys.month_start(moment)) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@given(ANY_TIME)
def test_every_moment_lies_in_exactly_its_own_period(at: datetime) -> None:
    start = keys.month_start(at)
    end = keys.month_end(start)

    assert start <= at.astimezone(UTC) < end
    assert timedelta(days=28) <= end - start <= timedelta(days=31)
    assert keys.month_start(end) == end
    assert keys.month_start(end - timedelta(microseconds=1)) == start


@given(ANY_TIME)
def test_the_zone_of_the_asking_clock_does_not_matter(at: datetime) -> None:
    assert keys.month(at) == keys.month(at.astimezone(timezone(timedelta(hours=-11))))


@pytest.mark.parametrize(("used", "remaining"), [(0, 10), (9, 1), (10, 0), (11, 0)])
def test_what_remains_is_never_less_than_nothing(used: int, remaining: int) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    shown = quota.overview(Usage(used=used), quota.allowance(alice(), SETTINGS, at))

    assert (shown.plan, shown.limit, shown.used, shown.remaining) == ("free", 10, used, remaining)
    assert (shown.period_start, shown.period_end) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )


def granted(at: datetime, **given: Any) -> tuple[str, int, str]:
    told = quota.allowance(alice(**given), SETTINGS, at)
    return told.plan, told.limit, told.period


def test_a_first_paid_period_goes_on_with_the_months_counters() -> None:
    told = quota.allowance(alice(subscribed=paying()), SETTINGS, NOW)

    assert (told.plan, told.limit, told.period) == ("pro", 100, "2026-11-01")
    assert (told.start, told.end) == (paying().period_start, paying().period_end)


def test_a_renewed_period_has_counters_of_its_own() -> None:
    renewed = paying(
        period_start=datetime(2026, 12, 10, 9, tzinfo=UTC), period_end=datetime(2027, 1, 10, 9, tzinfo=UTC)
    )

    assert granted(datetime(2026, 12, 11, tzinfo=UTC), subscribed=renewed) == ("pro", 100, "2026-12-10")


def test_another_plan_in_the_same_period_keeps_its_counters() -> None:
    assert granted(NOW, subscribed=paying(plan="business")) == ("business", 500, "2026-11-01")


@pytest.mark.parametrize(
    ("changes", "lasts_until"),
    [
        ({}, datetime(2026, 12, 12, 9, tzinfo=UTC)),  # 48 h for a renewal that is on its way
        ({"ends": True}, datetime(2026, 12, 10, 9, tzinfo=UTC)),
        ({"status": "trialing"}, datetime(2026, 12, 12, 9, tzinfo=UTC)),
        ({"status": "past_due"}, datetime(2026, 11, 17, 9, tzinfo=UTC)),  # 7 days from the renewal that failed
        ({"status": "unpaid"}, None),
        ({"status": "canceled"}, None),
        ({"status": "paused"}, None),
        ({"status": "incomplete"}, None),
        ({"status": "incomplete_expired"}, None),
        ({"status": "a word we have never heard"}, None),
    ],
)
def test_a_subscription_counts_until_its_grace_period_ends(
    changes: dict[str, Any], lasts_until: datetime | None
) -> None:
    mine = paying(**changes)
    if lasts_until is None:
        assert granted(mine.period_start, subscribed=mine)[0] == "free"
        return
    assert granted(lasts_until - timedelta(seconds=1), subscribed=mine)[:2] == ("pro", 100)
    assert granted(lasts_until, subscribed=mine)[:2] == ("free", 10)


def test_an_administrators_word_counts_more_than_the_subscription() -> None:
    assert granted(NOW, plan_override="business", extra_images=7) == ("business", 507, "2026-11-01")
    assert granted(NOW, subscribed=paying(), plan_override="free") == ("free", 10, "2026-11-01")


def test_a_plan_that_is_not_on_offer_any_more_is_the_free_one() -> None:
    assert granted(NOW, subscribed=paying(plan="platinum"))[:2] == ("free", 10)
