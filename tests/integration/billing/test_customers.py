"""Whose a customer is: linked by the checkout, adopted by what Stripe knows, or waiting; and its end."""

from typing import Any

import pytest

from realstaging.errors import ForbiddenError
from realstaging.stores.users import UserStore
from tests.support.billing import become_customer, buy, join, plan, rows, subscriber, tell, user
from tests.support.fake_stripe import Payments, gateway
from tests.support.stripe_events import metrics
from tests.support.world import World


def test_a_customer_is_linked_to_its_owner_both_ways(world: World, payments: Payments) -> None:
    join(world)

    customer = become_customer(world)

    assert user(world).customer_id == customer
    [row] = rows(world, "CUSTOMER")
    assert (row["pk"], row["owner"]) == (f"STRIPE#{customer}", "alice")
    assert become_customer(world) == customer


def test_who_has_a_customer_keeps_it(world: World, payments: Payments) -> None:
    join(world)
    first = become_customer(world)
    other = gateway().create_customer("alice", key="another key").id

    assert world.function("stripe_webhook").billing.link("alice", other, world.clock.at) == first
    assert len(rows(world, "CUSTOMER")) == 1


def test_a_customer_belongs_to_one_owner(world: World, payments: Payments) -> None:
    join(world)
    customer = become_customer(world)
    join(world, "bob")

    with pytest.raises(RuntimeError):
        world.function("stripe_webhook").billing.link("bob", customer, world.clock.at)

    assert user(world, "bob").customer_id is None


def test_an_account_that_is_closed_becomes_no_customer(world: World, payments: Payments) -> None:
    join(world)
    UserStore(world.table).mark_for_deletion("alice", world.clock.at)

    with pytest.raises(ForbiddenError):
        become_customer(world)

    assert rows(world, "CUSTOMER") == []


def unlinked(world: World, payments: Payments, **metadata: str) -> str:
    """A customer who has paid and whose link was never written, for instance because the process died."""
    join(world)
    form = {f"metadata[{name}]": value for name, value in metadata.items()}
    customer: str = payments.ask("POST", "/v1/customers", **(form or {"email": "a@example.test"}))["id"]
    buy(payments, customer)
    return customer


def test_a_customer_nobody_knows_is_known_by_its_metadata(world: World, payments: Payments) -> None:
    customer = unlinked(world, payments, owner="alice")

    [paid] = payments.events("invoice.paid")

    assert tell(world, paid) == [200]
    assert (user(world).customer_id, plan(world, payments)) == (customer, "pro")


def test_or_by_the_checkout_it_completed(world: World, payments: Payments) -> None:
    customer = unlinked(world, payments)

    [completed] = payments.events("checkout.session.completed")

    assert tell(world, completed) == [200]
    assert (user(world).customer_id, plan(world, payments)) == (customer, "pro")


def test_else_its_events_wait_until_somebody_knows_it(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = unlinked(world, payments)
    capsys.readouterr()
    paid, created = payments.events("invoice.paid", "customer.subscription.created")

    assert tell(world, paid, created, paid) == [200, 200, 200]
    assert metrics(capsys)["EventParked"] == 2
    assert {row["sk"] for row in rows(world, "PARKED")} == {f"PARKED#{paid['id']}", f"PARKED#{created['id']}"}
    assert all(row["expires_at"] for row in rows(world, "PARKED"))
    assert plan(world, payments) == "free"

    world.function("stripe_webhook").billing.link("alice", customer, world.clock.at)

    assert plan(world, payments) == "pro"


def test_what_is_linked_while_its_event_is_about_to_wait_is_applied(
    world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = unlinked(world, payments)
    handler = world.function("stripe_webhook")
    find = handler.stripe.customer

    def found(asked: str) -> Any:
        """Linked by the checkout, which finds nothing parked yet."""
        answer = find(asked)
        handler.store.link("alice", customer, world.clock.at)
        return answer

    monkeypatch.setattr(handler.stripe, "customer", found)

    assert tell(world, *payments.events("invoice.paid")) == [200]
    assert (plan(world, payments), rows(world, "PARKED")) == ("pro", [])


def test_who_has_a_customer_is_not_given_another_ones(world: World, payments: Payments) -> None:
    join(world)
    mine = become_customer(world)
    other = payments.ask("POST", "/v1/customers", **{"metadata[owner]": "alice"})["id"]
    buy(payments, other)

    assert set(tell(world, *payments.events("invoice.paid", "checkout.session.completed"))) == {200}

    assert (user(world).customer_id, plan(world, payments)) == (mine, "free")
    assert len(rows(world, "PARKED")) == 2


def test_a_name_that_is_nobodys_waits_too(world: World, payments: Payments) -> None:
    unlinked(world, payments, owner="nobody")

    assert tell(world, *payments.events("invoice.paid")) == [200]
    assert (len(rows(world, "PARKED")), len(rows(world, "EVENT"))) == (1, 1)


def test_an_event_about_no_customer_is_noted(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    completed["data"]["object"]["customer"] = None

    assert tell(world, completed) == [200]
    assert len(rows(world, "EVENT")) == 1
    assert plan(world, payments) == "free"


def test_a_customer_who_was_deleted_is_forgotten_and_may_become_one_again(world: World, payments: Payments) -> None:
    former = subscriber(world, payments)
    tell(world, *payments.events("checkout.session.completed"))
    assert plan(world, payments) == "pro"
    payments.ask("DELETE", f"/v1/customers/{former}")
    ended, gone = payments.events("customer.subscription.deleted", "customer.deleted")

    assert tell(world, gone) == [200]

    assert (user(world).customer_id, user(world).subscribed) == (None, None)
    anew = gateway().create_customer("alice", key=f"customer-alice-after-{former}").id
    assert world.function("stripe_webhook").billing.link("alice", anew, world.clock.at) == anew
    buy(payments, anew)
    tell(world, payments.events("checkout.session.completed")[-1])
    assert plan(world, payments) == "pro"
    # A late word about the former one changes nothing any more.
    assert tell(world, ended) == [200]
    assert (user(world).customer_id, plan(world, payments)) == (anew, "pro")


def test_a_customer_found_to_be_gone_is_unlinked_without_an_event(world: World, payments: Payments) -> None:
    former = subscriber(world, payments)
    payments.ask("DELETE", f"/v1/customers/{former}")
    billing = world.function("stripe_webhook").billing

    billing.unlink(former, world.clock.at)
    billing.unlink(former, world.clock.at)
    billing.unlink("cus_unknown", world.clock.at)

    assert user(world).customer_id is None


def test_what_is_paid_for_a_closed_account_is_told_of(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str]
) -> None:
    subscriber(world, payments)
    UserStore(world.table).mark_for_deletion("alice", world.clock.at)
    closed = user_row(world)
    capsys.readouterr()

    assert tell(world, *payments.events("checkout.session.completed")) == [200]

    assert metrics(capsys)["SubscriptionWithoutAccount"] == 1
    assert user_row(world) == closed


def user_row(world: World) -> dict[str, object]:
    return next(row for row in world.rows() if row["sk"] == "PROFILE")
