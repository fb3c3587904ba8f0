"""Changes of a plan that a renewal overtakes: between our reading and our writing a period was paid for."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.fake_stripe import Payments
from tests.support.purchases import change, hear, paid, shown, subscribe
from tests.support.world import World


def renewed_before_the_next_change(world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch) -> None:
    """The renewal happens after Stripe was asked for the subscription and before it is told of the change."""
    stripe = world.function("account_api").stripe
    real = stripe.change_plan

    def late(*args: Any, **how: Any) -> Any:
        monkeypatch.setattr(stripe, "change_plan", real)
        payments.pass_time(days=31)
        return real(*args, **how)

    monkeypatch.setattr(stripe, "change_plan", late)


def test_who_comes_back_a_second_after_the_renewal_pays_the_difference(
    world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, payments, "business")
    change(world, "pro")
    renewed_before_the_next_change(world, payments, monkeypatch)

    after = change(world, "business")

    assert (after["plan"], after["next_plan"]) == ("business", None)
    payments.pass_time(hours=2)
    assert Decimal("190") < paid(world) <= Decimal("198"), "99, 29 for the renewal, and the rest"


def test_who_chooses_less_a_second_after_the_renewal_keeps_what_it_paid_for(
    world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, payments, "business")
    renewed_before_the_next_change(world, payments, monkeypatch)

    after = change(world, "pro")

    assert (after["plan"], after["next_plan"]) == ("business", "pro")
    payments.pass_time(hours=2)
    hear(world, payments)
    assert (shown(world), paid(world)) == (after, Decimal("198.00"))
