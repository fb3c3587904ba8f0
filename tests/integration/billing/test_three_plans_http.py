"""With a plan above and one below: less for later, then more at once; and whatever else people choose."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realstaging.errors import AppError, BillingStateError, CustomerGoneError, ProviderUnavailableError
from tests.support.fake_stripe import FAILS_LATER, Payments, gateway
from tests.support.purchases import act, change, hear, invoices, paid, preview, shown, subscribe
from tests.support.world import World

STUDIO = {"name": "Studio", "price_usd": "299.00", "images_per_month": 2000}


@pytest.fixture
def three_plans(overrides: dict[str, object]) -> None:
    overrides["plans"] = {"studio": STUDIO}
    overrides["rates"] = {"creations": 10_000}


def sell_studio(payments: Payments) -> None:
    order = {"currency": "usd", "unit_amount": "29900", "recurring[interval]": "month", "product_data[name]": "Studio"}
    payments.ask("POST", "/v1/prices", **order, lookup_key="realstaging_studio_monthly")


def test_who_chose_less_and_then_more_pays_from_what_was_paid(
    three_plans: None, world: World, payments: Payments
) -> None:
    sell_studio(payments)
    subscribe(world, payments, "business")
    payments.pass_time(days=9, seconds=1234)
    payments.script(freeze=True)
    straight = preview(world, "studio")
    change(world, "pro")

    told = preview(world, "studio")
    after = change(world, "studio", proration_date=told["proration_date"])

    assert told["amount_due"] == straight["amount_due"]
    assert [line["amount"] for line in told["lines"]] == [line["amount"] for line in straight["lines"]]
    assert invoices(world)[0]["amount_paid"] == told["amount_due"]
    assert (after["plan"], after["next_plan"]) == ("studio", None)


def test_more_that_is_not_paid_for_leaves_less_for_later(three_plans: None, world: World, payments: Payments) -> None:
    sell_studio(payments)
    subscribe(world, payments, "business", card=FAILS_LATER)
    before = change(world, "pro")

    assert change(world, "studio", 402)["code"] == "payment_declined"

    hear(world, payments)
    assert shown(world) == before
    assert (before["plan"], before["next_plan"]) == ("business", "pro")
    assert paid(world) == Decimal("99.00")


@pytest.mark.parametrize(
    "error", [ProviderUnavailableError("No answer."), BillingStateError("Not now."), CustomerGoneError("Gone.")]
)
def test_whatever_keeps_more_from_being_paid_leaves_less_for_later(
    three_plans: None, world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch, error: AppError
) -> None:
    sell_studio(payments)
    subscribe(world, payments, "business")
    before = change(world, "pro")
    a_change_fails(world, monkeypatch, error, done=False)

    change(world, "studio", int(error.status))

    hear(world, payments)
    assert shown(world) == before
    assert (before["plan"], before["next_plan"]) == ("business", "pro")


def test_more_that_was_paid_for_is_kept_though_the_answer_was_lost(
    three_plans: None, world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_studio(payments)
    subscribe(world, payments, "business")
    change(world, "pro")
    a_change_fails(world, monkeypatch, ProviderUnavailableError("No answer."), done=True)

    change(world, "studio", 503)

    assert change(world, "studio")["plan"] == "studio"
    assert (shown(world)["next_plan"], paid(world)) == (None, Decimal("299.00"))


def test_less_for_later_is_restored_though_the_answer_to_putting_it_back_was_lost(
    three_plans: None, world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_studio(payments)
    subscribe(world, payments, "business")
    before = change(world, "pro")
    a_change_fails(world, monkeypatch, ProviderUnavailableError("No answer."), done=True, prorate=False)

    change(world, "studio", 503)

    hear(world, payments)
    assert (shown(world), paid(world)) == (before, Decimal("99.00"))


def a_change_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, error: AppError, *, done: bool, prorate: bool = True
) -> None:
    """The first change of a price that is to be paid, or is not; `done`: only its answer is lost."""
    stripe = world.function("account_api").stripe
    real = stripe.change_plan

    def failing(*args: Any, **how: Any) -> Any:
        if how["prorate"] != prorate:
            return real(*args, **how)
        monkeypatch.setattr(stripe, "change_plan", real)
        if done:
            real(*args, **how)
        raise error

    monkeypatch.setattr(stripe, "change_plan", failing)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    first=st.sampled_from(["pro", "business", "studio"]),
    wishes=st.lists(
        st.tuples(st.sampled_from(["pro", "business", "studio", "free", "resume"]), st.integers(0, 9 * 86400)),
        min_size=1,
        max_size=4,
    ),
)
def test_whatever_is_chosen_nobody_loses_what_was_paid_nor_pays_twice(
    three_plans: None, world: World, payments: Payments, first: str, wishes: list[tuple[str, int]]
) -> None:
    """In one period: never more than the price of the largest plan is paid, and that plan stays until its end."""
    payments.forget()
    sell_studio(payments)
    for row in world.rows():
        world.table.delete_item(Key={"pk": row["pk"], "sk": row["sk"]})
    world.loaded.clear()
    gateway().prices(["pro", "business", "studio"])
    prices = {plan: Decimal(each.price_usd) for plan, each in world.settings.plans.items()}
    subscribe(world, payments, first)
    best = first

    for wish, later in wishes:
        if (payments.now() + timedelta(seconds=later)).isoformat() >= shown(world)["period_end"]:
            break
        payments.pass_time(seconds=later)
        if wish == "resume":
            after = act(world, "resume")
        else:
            told = preview(world, wish)
            before = paid(world)
            more = {"proration_date": told["proration_date"]} if told["proration_date"] else {}
            after = change(world, wish, **more)
            assert paid(world) - before == Decimal(told["amount_due"])
        best = max(best, wish if wish != "resume" else best, key=lambda plan: prices[plan])
        assert after["plan"] == best
        assert paid(world) <= prices[best]
    hear(world, payments)
    assert shown(world)["plan"] == best
