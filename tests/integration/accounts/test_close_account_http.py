"""DELETE /v1/account: what is paid for it ends first."""

from datetime import timedelta
from typing import Any

import pytest

from realstaging.models.stripe import Subscription, moment
from tests.support.billing import rows, subscription, time_passes, user
from tests.support.fake_stripe import GOOD_CARD, Payments, gateway, quick_repeats
from tests.support.fake_stripe import checkout as page_of
from tests.support.http_client import call
from tests.support.purchases import checkout, hear, program, reconcile, shown, subscribe
from tests.support.steps import ask, purge_everything
from tests.support.world import World


@pytest.fixture
def keep_customers(overrides: dict[str, Any]) -> None:
    overrides["billing"] = {"keep_customers": True}


def held(world: World) -> Subscription:
    return subscription(str(user(world).customer_id))


def test_an_account_that_is_closed_stops_paying(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    customer = str(user(world).customer_id)

    assert ask(world, "DELETE", "/v1/account")[0] == 204

    assert subscription(customer).status == "canceled"
    hear(world, payments)
    assert reconcile(world)["differences"] == []


def test_an_account_that_is_closed_leaves_no_page_to_pay_on(world: World, payments: Payments) -> None:
    page = checkout(world, "pro")

    assert ask(world, "DELETE", "/v1/account")[0] == 204

    assert payments.http.post(page["url"], data={"number": "4242424242424242"}).status_code != 303
    assert payments.ask("GET", "/v1/subscriptions?status=all")["data"] == []


def test_without_stripe_an_account_stays_open(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.script(fail={"path": "/v1/subscriptions*", "status": 500})

    with quick_repeats():
        status, problem = ask(world, "DELETE", "/v1/account")

    assert (status, problem["code"], problem["retryable"]) == (503, "provider_unavailable", True)
    payments.http.delete("/_script")
    assert (shown(world)["status"], held(world).live) == ("active", True)
    assert ask(world, "DELETE", "/v1/account")[0] == 204


def test_who_never_paid_needs_no_stripe_to_leave(world: World, payments: Payments) -> None:
    payments.script(fail={"path": "/v1/*", "status": 500})

    assert ask(world, "DELETE", "/v1/account")[0] == 204
    assert payments.calls("/v1/") == []


def test_a_subscription_that_stripe_does_not_end_keeps_its_account(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.script(
        fail={"path": "/v1/subscriptions/*", "method": "DELETE", "status": 400, "code": "invoice_processing"}
    )

    status, problem = ask(world, "DELETE", "/v1/account")

    assert (status, problem["code"]) == (409, "billing_state_changed")
    assert (shown(world)["status"], held(world).live) == ("active", True)


def test_in_its_last_hour_too_a_page_is_closed(world: World, payments: Payments) -> None:
    page = checkout(world, "pro")
    time_passes(world, payments, hours=23.5)

    assert ask(world, "DELETE", "/v1/account")[0] == 204

    assert payments.http.post(page["url"], data={"number": GOOD_CARD}).status_code != 303


def test_a_program_closes_no_account(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")

    status, problem, _ = call(world, "DELETE", "/v1/account", token=program(world))

    assert (status, problem["code"]) == (403, "forbidden")
    assert (shown(world)["status"], held(world).live) == ("active", True)


def test_who_is_back_can_buy_again(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    customer = user(world).customer_id
    ask(world, "DELETE", "/v1/account")
    hear(world, payments)
    purge_everything(world)
    payments.pass_time(hours=2)
    world.loaded.clear()

    assert subscribe(world, payments, "business")["plan"] == "business"
    assert user(world).subscribed is not None
    assert user(world).subscribed.started_at > world.clock.at - timedelta(days=1)  # type: ignore[union-attr]
    assert user(world).customer_id != customer, "that one was deleted"
    [row] = [row for row in rows(world, "CUSTOMER") if "gone" not in row]
    assert (row["owner"], row.keys() & {"gone", "expires_at"}) == ("alice", set())
    assert reconcile(world)["differences"] == []


def test_of_a_closed_account_nothing_is_kept_that_names_its_owner(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    customer = str(user(world).customer_id)
    ask(world, "DELETE", "/v1/account")

    purge_everything(world)

    assert not any("alice" in str(row) for row in world.rows())
    hear(world, payments)  # what Stripe still has to say of it harms nobody
    [row] = rows(world, "CUSTOMER")
    kept = moment(int(row.pop("expires_at"))) - world.clock.at
    assert timedelta(days=89) < kept < timedelta(days=90)
    assert row.pop("version") > 1
    assert row == {"pk": f"STRIPE#{customer}", "sk": "CUSTOMER", "gone": True}
    assert rows(world, "PARKED") == []


def test_a_closed_account_leaves_no_customer_with_name_and_cards(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    customer = str(user(world).customer_id)

    assert ask(world, "DELETE", "/v1/account")[0] == 204

    assert payments.ask("GET", f"/v1/customers/{customer}")["deleted"] is True
    assert gateway().invoices_of(customer, 10)[0], "books must be kept"
    hear(world, payments)
    purge_everything(world)
    hear(world, payments)
    assert reconcile(world)["differences"] == []


def test_a_customer_that_stripe_does_not_delete_keeps_its_account(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.script(fail={"path": "/v1/customers/*", "method": "DELETE", "status": 500})

    with quick_repeats():
        assert ask(world, "DELETE", "/v1/account")[0] == 503

    payments.http.delete("/_script")
    assert ask(world, "DELETE", "/v1/account")[0] == 204, "and the next try ends it"


def test_a_deployment_may_keep_customers(keep_customers: None, world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    customer = str(user(world).customer_id)

    assert ask(world, "DELETE", "/v1/account")[0] == 204

    assert gateway().customer(customer) is not None
    assert subscription(customer).status == "canceled"


def paid_after_the_purge(world: World, payments: Payments) -> str:
    """On a page that our row of open pages does not know."""
    checkout(world, "pro")
    customer = str(user(world).customer_id)
    page = page_of(payments, gateway(), "alice", customer)
    assert ask(world, "DELETE", "/v1/account")[0] == 204
    purge_everything(world)
    payments.pay(page)
    return customer


def test_what_is_paid_after_the_purge_is_ended_when_we_hear_of_it(
    keep_customers: None, world: World, payments: Payments
) -> None:
    customer = paid_after_the_purge(world, payments)

    for _ in range(2):
        hear(world, payments)

    assert [each.status for each in gateway().subscriptions_of(customer)] == ["canceled"]
    assert reconcile(world)["differences"] == []


def test_what_is_paid_after_the_purge_is_ended_when_nobody_hears_of_it(
    keep_customers: None, world: World, payments: Payments
) -> None:
    customer = paid_after_the_purge(world, payments)

    [found] = reconcile(world)["differences"]

    assert (found["kind"], found["owner"], found["repaired"]) == ("closed_account", None, True)
    assert [each.status for each in gateway().subscriptions_of(customer)] == ["canceled"]
    assert reconcile(world)["differences"] == []
