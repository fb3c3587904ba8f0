"""How long a subscription is believed: what Stripe last said counts for a while, and not for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging import config
from realstaging.accounts import quota
from realstaging.models.accounts import Subscribed, User

SETTINGS = config.load("prod")
START, END = datetime(2026, 11, 10, 9, tzinfo=UTC), datetime(2026, 12, 10, 9, tzinfo=UTC)
GRACE, LEEWAY = timedelta(days=7), timedelta(hours=48)
MOMENT = timedelta(microseconds=1)


def paying(**given: Any) -> Subscribed:
    """Pro, in the second period."""
    usual = {"id": "sub_1", "plan": "pro", "status": "active", "started_at": START - timedelta(days=31)}
    return Subscribed(**usual | {"period_start": START, "period_end": END} | given)


def plan(subscribed: Subscribed | None, at: datetime) -> tuple[str, int]:
    user = User(owner="alice", subscribed=subscribed, created_at=START, updated_at=START)
    granted = quota.allowance(user, SETTINGS, at)
    return granted.plan, granted.limit


def test_the_settings_are_the_ones_these_tests_speak_of() -> None:
    assert (SETTINGS.billing.past_due_days, SETTINGS.billing.leeway_hours) == (7, 48)


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_what_is_paid_for_or_tried_lasts_its_period_and_the_leeway(status: str) -> None:
    subscribed = paying(status=status)

    assert plan(subscribed, START) == ("pro", 100)
    assert plan(subscribed, END + LEEWAY - MOMENT) == ("pro", 100)
    assert plan(subscribed, END + LEEWAY) == ("free", 10)


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_what_is_canceled_to_its_end_has_no_leeway(status: str) -> None:
    subscribed = paying(status=status, ends=True)

    assert plan(subscribed, END - MOMENT) == ("pro", 100)
    assert plan(subscribed, END) == ("free", 10)


def test_a_renewal_that_was_not_paid_leaves_the_plan_for_a_week() -> None:
    subscribed = paying(status="past_due")

    assert plan(subscribed, START) == ("pro", 100)
    assert plan(subscribed, START + GRACE - MOMENT) == ("pro", 100)
    assert plan(subscribed, START + GRACE) == ("free", 10)


def test_the_week_is_that_of_the_first_renewal_that_was_not_paid() -> None:
    since = START - timedelta(days=30)
    subscribed = paying(status="past_due", past_due_since=since)

    assert plan(subscribed, since + GRACE - MOMENT) == ("pro", 100)
    assert plan(subscribed, since + GRACE) == ("free", 10)
    assert plan(subscribed, START) == ("free", 10)


@pytest.mark.parametrize("status", ["unpaid", "paused", "canceled", "incomplete", "incomplete_expired", "new word"])
def test_any_other_word_of_stripes_gives_nothing(status: str) -> None:
    assert plan(paying(status=status), START) == ("free", 10)
    assert plan(paying(status=status), END - MOMENT) == ("free", 10)


def test_after_the_leeway_the_counters_are_the_calendar_months_again() -> None:
    user = User(owner="alice", subscribed=paying(), created_at=START, updated_at=START)

    late = quota.allowance(user, SETTINGS, END + LEEWAY)

    assert (late.start, late.period) == (datetime(2026, 12, 1, tzinfo=UTC), "2026-12-01")


def test_in_the_leeway_the_period_is_still_the_one_that_was_paid_for() -> None:
    user = User(owner="alice", subscribed=paying(), created_at=START, updated_at=START)

    granted = quota.allowance(user, SETTINGS, END + timedelta(hours=1))

    assert (granted.period, granted.start, granted.end) == ("2026-11-10", START, END)


@given(
    st.sampled_from(["active", "trialing", "past_due", "unpaid", "paused", "canceled"]),
    st.booleans(),
    st.timedeltas(timedelta(0), timedelta(days=60)),
    st.timedeltas(timedelta(0), timedelta(days=60)),
)
def test_a_plan_that_was_lost_does_not_come_back_by_itself(
    status: str, ends: bool, first: timedelta, later: timedelta
) -> None:
    subscribed = paying(status=status, ends=ends)

    if plan(subscribed, START + first)[0] == "free":
        assert plan(subscribed, START + first + later)[0] == "free"
