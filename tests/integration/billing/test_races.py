"""Ten processes hear of one customer at the same moment."""

import itertools
from typing import Any

from tests.support.billing import become_customer, buy, granted, join, rows, subscriber, subscription, tell, user
from tests.support.fake_stripe import Payments, gateway, hook
from tests.support.steps import at_once
from tests.support.world import World

TEN = 10


def told_at_once(world: World, events: list[dict[str, Any]]) -> list[int]:
    """Each process is told of one of these; how they answer."""
    left = itertools.cycle(events)
    world.function("stripe_webhook")
    answers = at_once(world, TEN, lambda process: process.run("stripe_webhook", hook(next(left))))
    return [each["statusCode"] for each in answers]


def test_one_event_told_to_ten_is_applied_once(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")

    assert told_at_once(world, [completed]) == [200] * TEN

    assert granted(world, payments.now())[0] == "pro"
    assert len(rows(world, "EVENT")) == 1
    # One for the link, one for what was bought: nobody wrote twice.
    assert [int(row["version"]) for row in rows(world, "CUSTOMER")] == [2]
    assert user(world).version == 3


def test_different_events_told_to_ten_end_in_one_state(world: World, payments: Payments) -> None:
    customer = subscriber(world, payments)
    [first] = payments.events("checkout.session.completed")
    gateway().set_cancel_at_period_end(subscription(customer).id, True, key="cancel-1")
    kinds = ("customer.subscription.created", "customer.subscription.updated", "invoice.paid", "customer.updated")
    events = [first, *payments.events(*kinds)]
    answers = told_at_once(world, events)

    assert set(answers) <= {200, 500}
    # What did not get its turn is told again, as Stripe would.
    assert set(tell(world, *events)) == {200}
    now = user(world).subscribed
    assert now is not None
    assert (now.plan, now.ends) == ("pro", True)
    assert len(rows(world, "EVENT")) == len(events)


def test_the_state_moves_on_while_ten_are_told(world: World, payments: Payments) -> None:
    """Each process changes something at Stripe first: whoever writes last has seen the last change."""
    customer = subscriber(world, payments)
    id, number = subscription(customer).id, itertools.count()

    def changed(process: World) -> int:
        each = next(number)
        gateway().set_cancel_at_period_end(id, each % 2 == 0, key=f"change-{each}")
        event = payments.events("customer.subscription.updated")[-1]
        status: int = process.run("stripe_webhook", hook(event))["statusCode"]
        return status

    world.function("stripe_webhook")
    at_once(world, TEN, changed)
    tell(world, *payments.events("customer.subscription.updated"))

    now = user(world).subscribed
    assert now is not None
    assert now.ends is subscription(customer).ends


def test_ten_first_checkouts_make_one_customer(world: World, payments: Payments) -> None:
    join(world)
    world.function("stripe_webhook")

    customers = at_once(world, TEN, become_customer)

    assert len(set(customers)) == 1
    assert len(rows(world, "CUSTOMER")) == 1
    assert user(world).customer_id == customers[0]


def test_an_event_that_comes_while_the_customer_is_linked_is_not_lost(world: World, payments: Payments) -> None:
    join(world)
    customer: str = payments.ask("POST", "/v1/customers", email="a@example.test")["id"]
    buy(payments, customer)
    [paid] = payments.events("invoice.paid")
    turns = itertools.count()

    def act(process: World) -> Any:
        if next(turns) % 2:
            return process.function("stripe_webhook").billing.link("alice", customer, world.clock.at)
        return process.run("stripe_webhook", hook(paid))["statusCode"]

    world.function("stripe_webhook")
    answers = at_once(world, TEN, act)

    assert set(answers) == {200, customer}
    assert granted(world, payments.now())[0] == "pro"


def test_ten_who_see_two_subscriptions_end_one(world: World, payments: Payments) -> None:
    customer = subscriber(world, payments, "pro")
    payments.pass_time(seconds=5)
    buy(payments, customer, "business")

    answers = told_at_once(world, payments.events("checkout.session.completed", "invoice.paid"))

    assert set(answers) <= {200, 500}
    assert [each.live for each in gateway().subscriptions_of(customer)] == [False, True]
    assert payments.ask("GET", f"/v1/customers/{customer}")["balance"] < -9800, "given back once"
    assert payments.ask("GET", f"/v1/customers/{customer}")["balance"] >= -9900
    assert granted(world, payments.now())[0] == "pro"
