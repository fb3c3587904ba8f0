"""What subscriptions give: the plan of their price, the plan that was kept, and which one of several counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging import config
from realstaging.billing.entitlements import Change, change, duplicates, entitlement, main_subscription, plan_of
from realstaging.models.stripe import Price, RetainedPlan, Subscription, lookup_key

PLANS = config.load("prod").plans
START, END = datetime(2026, 11, 10, 9, tzinfo=UTC), datetime(2026, 12, 10, 9, tzinfo=UTC)
STATUSES = ["trialing", "active", "past_due", "unpaid", "paused", "canceled", "incomplete", "incomplete_expired"]


def price(plan: str | None) -> Price:
    return Price(id=f"price_{plan}", plan=plan)


def subscription(id: str = "sub_1", *, plan: str | None = "pro", created: int = 0, **given: Any) -> Subscription:
    at = START + timedelta(minutes=created)
    usual = {"customer": "cus_1", "status": "active", "item": "si_1", "created_at": at, "started_at": at}
    usual |= {"period_start": START, "period_end": END, "ends": False}
    return Subscription(id=id, price=price(plan), **usual | given)


def kept(plan: str = "business", until: datetime = END) -> RetainedPlan:
    return RetainedPlan(plan=plan, until=until)


@pytest.mark.parametrize(
    ("data", "plan"),
    [
        ({"lookup_key": "realstaging_pro_monthly"}, "pro"),
        ({"lookup_key": "realstaging_pro_monthly", "metadata": {"plan": "business"}}, "pro"),
        ({"lookup_key": None, "metadata": {"plan": "business"}}, "business"),
        ({"lookup_key": "realstaging_pro_yearly"}, None),
        ({"lookup_key": "another_product_monthly"}, None),
        ({"lookup_key": None, "metadata": {}}, None),
    ],
)
def test_a_price_is_known_by_its_lookup_key_and_one_that_lost_it_by_its_metadata(
    data: dict[str, Any], plan: str | None
) -> None:
    assert Price.of({"id": "price_1", "unit_amount": 2900, "currency": "usd"} | data).plan == plan


@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_is_found_by_the_lookup_key_it_is_looked_for_by(plan: str) -> None:
    assert Price.of({"id": "price_1", "lookup_key": lookup_key(plan)}).plan == plan


def test_the_plan_is_that_of_the_price() -> None:
    given = entitlement(subscription(plan="business"), PLANS)

    assert given is not None
    assert (given.plan, given.next_plan, given.period_start, given.period_end) == ("business", None, START, END)


@pytest.mark.parametrize("plan", [None, "gold"])
def test_a_price_that_is_none_of_ours_gives_no_plan(plan: str | None) -> None:
    other = subscription(plan=plan)

    assert entitlement(other, PLANS) is None
    assert main_subscription([other], PLANS) is None


def test_a_larger_plan_that_was_paid_for_is_kept_until_its_period_is_over() -> None:
    given = entitlement(subscription(plan="pro", kept=kept()), PLANS)

    assert given is not None
    assert (given.plan, given.next_plan) == ("business", "pro")


def test_in_the_next_period_the_kept_plan_is_forgotten() -> None:
    given = entitlement(subscription(plan="pro", kept=kept(until=START)), PLANS)

    assert given is not None
    assert (given.plan, given.next_plan) == ("pro", None)


@pytest.mark.parametrize(("now", "before"), [("business", "pro"), ("pro", "pro"), ("pro", "gold")])
def test_nothing_but_a_larger_plan_is_kept(now: str, before: str) -> None:
    assert plan_of(subscription(plan=now, kept=kept(before)), PLANS) == now


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kept_plan": "business"},
        {"kept_until": "1796893200"},
        {"kept_plan": "business", "kept_until": "soon"},
        {"kept_plan": "business", "kept_until": "-5"},
        {"kept_plan": "business", "kept_until": "9" * 40},
        {"kept_plan": "", "kept_until": ""},
    ],
)
def test_metadata_that_makes_no_sense_keeps_nothing(metadata: dict[str, str]) -> None:
    assert RetainedPlan.of(metadata) is None


def test_what_is_kept_survives_the_way_through_metadata() -> None:
    assert RetainedPlan.of(kept().metadata) == kept()


def test_a_living_subscription_counts_before_newer_ended_ones() -> None:
    found = [
        subscription("sub_3", created=3, status="canceled"),
        subscription("sub_1"),
        subscription("sub_0", plan=None),
    ]

    first = main_subscription(found, PLANS)

    assert first is not None
    assert first.id == "sub_1"


def test_of_ended_ones_the_newest_counts() -> None:
    found = [subscription(f"sub_{n}", created=n, status=status) for n, status in enumerate(STATUSES[3:])]

    newest = main_subscription(found, PLANS)

    assert newest is not None
    assert newest.id == "sub_4"


def test_who_bought_twice_keeps_the_first() -> None:
    found = [subscription(f"sub_{n}", created=n) for n in (2, 1, 0)]

    first = main_subscription(found, PLANS)

    assert first is not None
    assert first.id == "sub_0"
    assert {each.id for each in duplicates(found, PLANS)} == {"sub_1", "sub_2"}


def test_a_paid_one_is_not_given_up_for_an_older_one_that_is_past_due() -> None:
    found = [subscription("sub_0", status="past_due"), subscription("sub_1", created=1)]

    assert [each.id for each in duplicates(found, PLANS)] == ["sub_0"]


def test_subscriptions_to_something_else_are_let_be() -> None:
    found = [subscription("sub_0", plan=None), subscription("sub_1", created=1)]

    assert duplicates(found, PLANS) == []


@given(st.permutations(range(5)), st.lists(st.sampled_from(STATUSES), min_size=5, max_size=5))
def test_the_order_of_the_list_does_not_matter(order: list[int], statuses: list[str]) -> None:
    found = [subscription(f"sub_{n}", created=n % 2, status=status) for n, status in enumerate(statuses)]
    shuffled = [found[n] for n in order]

    assert main_subscription(shuffled, PLANS) == main_subscription(found, PLANS)
    assert {each.id for each in duplicates(shuffled, PLANS)} == {each.id for each in duplicates(found, PLANS)}


@given(st.lists(st.sampled_from(STATUSES), max_size=6))
def test_after_the_second_ones_were_ended_at_most_one_is_left_alive(statuses: list[str]) -> None:
    found = [subscription(f"sub_{n}", created=n, status=status) for n, status in enumerate(statuses)]
    gone = {each.id for each in duplicates(found, PLANS)}

    left = [each for each in found if each.live and each.id not in gone]

    assert len(left) == min(1, sum(each.live for each in found))


def test_a_larger_plan_counts_and_is_paid_at_once() -> None:
    assert change(subscription(plan="pro"), "business", PLANS) == Change("business", prorate=True)


def test_a_smaller_plan_counts_from_the_renewal_on_and_nothing_is_paid() -> None:
    assert change(subscription(plan="business"), "pro", PLANS) == Change("pro", prorate=False, kept=kept())


def test_who_comes_back_has_paid_already() -> None:
    assert change(subscription(plan="pro", kept=kept()), "business", PLANS) == Change("business", prorate=False)


@pytest.mark.parametrize("later", [None, kept()])
def test_the_plan_it_is_for_already_is_no_change(later: RetainedPlan | None) -> None:
    assert change(subscription(plan="pro", kept=later), "pro", PLANS) is None


def test_from_a_kept_plan_to_a_larger_one_the_reckoning_starts_from_what_was_paid() -> None:
    plans = PLANS | {"agency": PLANS["business"].model_copy(update={"price_usd": PLANS["business"].price_usd * 3})}

    assert change(subscription(plan="pro", kept=kept()), "agency", plans) == Change(
        "agency", prorate=True, undo="business"
    )


@given(st.lists(st.sampled_from(["pro", "business", "agency"]), max_size=8))
def test_within_a_period_the_plan_only_grows(wishes: list[str]) -> None:
    plans = PLANS | {"agency": PLANS["business"].model_copy(update={"price_usd": PLANS["business"].price_usd * 3})}
    now = subscription(plan="pro")
    for wish in wishes:
        before = plan_of(now, plans)
        assert before is not None
        if step := change(now, wish, plans):
            now = now.model_copy(update={"price": price(step.plan), "kept": step.kept})
        after = plan_of(now, plans)
        assert after is not None
        assert after == max(before, wish, key=lambda each: plans[each].price_usd)
        assert now.price.plan == wish


@pytest.mark.parametrize(
    ("data", "ends"),
    [
        ({}, False),
        ({"cancel_at_period_end": True}, True),
        ({"cancel_at": 1_796_893_200}, True),  # the period's end, as Stripe's own pages say it
        ({"cancel_at": 1_799_999_999}, False),  # in a later period
        ({"cancel_at": 1_796_000_000}, True),
    ],
)
def test_an_end_within_the_period_is_an_end_however_it_was_said(data: dict[str, Any], ends: bool) -> None:
    item = {
        "id": "si_1",
        "price": {"id": "price_1", "lookup_key": "realstaging_pro_monthly"},
        "current_period_start": 1_794_301_200,
        "current_period_end": 1_796_893_200,
    }
    plain = {"id": "sub_1", "customer": {"id": "cus_1"}, "status": "active", "created": 1, "items": {"data": [item]}}

    made = Subscription.of(plain | data)

    assert (made.ends, made.customer, made.period_end) == (ends, "cus_1", END)
