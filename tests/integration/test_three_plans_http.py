"""With a plan above and one below: less for later, then more at once; and whatever else people choose."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.buying import (
    act,
    change,
    hear,
    invoices,
    paid,
    preview,
    shown,
    subscribe,
)
from tests.integration.payments import FAILS_LATER, Payments, gateway
from tests.integration.world import World

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
