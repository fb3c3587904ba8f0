"""POST /v1/billing/checkout: which customer of Stripe's somebody buys as."""

import pytest

from realstaging.stores import keys
from tests.support.billing import become_customer, buy, join, user
from tests.support.fake_stripe import Payments
from tests.support.purchases import CHECKOUT, checkout, shown, subscribe
from tests.support.steps import ask
from tests.support.world import World


def test_a_customer_that_was_deleted_at_stripe_is_followed_by_another(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    customer = user(world).customer_id
    payments.ask("DELETE", f"/v1/customers/{customer}")

    checkout(world)

    assert user(world).customer_id not in (None, customer)
    assert shown(world)["status"] == "none"


def test_a_customer_stripe_does_not_keep_is_not_made_for_ever(
    world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.function("account_api").stripe, "customer", lambda _: None)

    status, problem = ask(world, "POST", CHECKOUT, {"plan": "pro"})

    assert (status, problem["code"]) == (503, "provider_unavailable")
    assert len(payments.ask("GET", "/v1/customers?limit=100")["data"]) < 20


def test_a_customer_stripe_says_nothing_of_is_not_taken_for_gone(world: World, payments: Payments) -> None:
    payments.script(fail={"path": "/v1/customers/*", "status": 400, "code": "account_invalid"})

    assert ask(world, "POST", CHECKOUT, {"plan": "pro"})[0] == 409

    assert len(payments.ask("GET", "/v1/customers")["data"]) == 1


def test_who_was_a_customer_and_is_back_the_same_day_is_one_again(world: World, payments: Payments) -> None:
    join(world)
    customer = become_customer(world)
    world.table.delete_item(Key=keys.user("alice"))
    join(world)

    checkout(world)

    assert user(world).customer_id == customer


def test_a_customer_somebody_else_bought_for_is_found(world: World, payments: Payments) -> None:
    join(world)
    customer = become_customer(world)
    buy(payments, customer, "business")

    assert ask(world, "POST", CHECKOUT, {"plan": "pro"})[1]["code"] == "subscription_exists"
    assert shown(world)["plan"] == "business"
