"""Which of several subscriptions counts, and what is told to people."""

import pytest

from tests.support.billing import buy, plan, rows, subscriber, subscription, tell, user
from tests.support.fake_stripe import FAILS_LATER, Payments, gateway
from tests.support.stripe_events import changed, metrics
from tests.support.world import World


def test_who_has_bought_twice_keeps_the_first_and_gets_the_second_back(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    customer = subscriber(world, payments, "pro")
    first = subscription(customer)
    payments.pass_time(seconds=5)
    buy(payments, customer, "business")
    capsys.readouterr()

    told = payments.events("checkout.session.completed")
    assert tell(world, *reversed(told)) == [200, 200]

    statuses = {each.id: each.status for each in gateway().subscriptions_of(customer)}
    assert statuses.pop(first.id) == "active"
    assert list(statuses.values()) == ["canceled"]
    now = user(world).subscribed
    assert now is not None
    assert (now.id, plan(world, payments)) == (first.id, "pro")
    assert payments.ask("GET", f"/v1/customers/{customer}")["balance"] < -9800, "what was paid is credit now"
    assert metrics(capsys)["SecondSubscription"] == 1
    assert "second subscription ended" in caplog.messages


def test_who_buys_anew_instead_of_paying_what_is_due_keeps_what_was_paid(world: World, payments: Payments) -> None:
    customer = subscriber(world, payments, "pro")
    payments.script(force={"subscription": subscription(customer).id, "status": "past_due"})
    payments.pass_time(seconds=5)
    buy(payments, customer, "pro")

    tell(world, *payments.events("checkout.session.completed"))

    assert [each.status for each in gateway().subscriptions_of(customer)] == ["active", "canceled"]
    assert plan(world, payments) == "pro"
    assert payments.ask("GET", f"/v1/customers/{customer}")["balance"] == 0, "nothing was paid, nothing is given back"


def test_a_second_subscription_that_cannot_be_ended_now_is_ended_when_the_event_comes_again(
    world: World, payments: Payments
) -> None:
    customer = subscriber(world, payments, "pro")
    payments.pass_time(seconds=5)
    buy(payments, customer, "business")
    payments.script(fail={"path": "/v1/subscriptions/*", "method": "DELETE", "status": 429, "times": 1})
    _, second = payments.events("checkout.session.completed")

    assert tell(world, second, second) == [500, 200]
    assert [each.live for each in gateway().subscriptions_of(customer)] == [False, True]


def test_a_subscription_to_something_else_gives_nothing_and_is_told_of(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = subscriber(world, payments, "pro")
    bought = subscription(customer)
    product = payments.ask("POST", "/v1/products", name="Something else")["id"]
    recurring = {"currency": "usd", "unit_amount": "500", "product": product, "recurring[interval]": "month"}
    change = {"items[0][id]": bought.item, "items[0][price]": payments.ask("POST", "/v1/prices", **recurring)["id"]}
    payments.ask("POST", f"/v1/subscriptions/{bought.id}", **change, proration_behavior="none")
    capsys.readouterr()

    assert tell(world, payments.events("customer.subscription.updated")[-1]) == [200]

    assert (plan(world, payments), user(world).subscribed) == ("free", None)
    assert metrics(capsys)["UnknownPrice"] == 1
    assert gateway().subscriptions_of(customer)[0].live, "it is none of ours to end"


def test_a_disputed_charge_is_told_of_once_and_changes_nothing(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    subscriber(world, payments)
    tell(world, *payments.events("checkout.session.completed"))
    charge = payments.events("charge.succeeded")[0]["data"]["object"]["id"]
    payments.script(dispute={"charge": charge})
    [disputed] = payments.events("charge.dispute.created")
    before = user(world)
    capsys.readouterr()

    assert tell(world, disputed, disputed) == [200, 200]

    assert metrics(capsys) == {"ChargeDisputed": 1}
    assert caplog.messages.count("charge disputed") == 1
    assert user(world) == before


def test_a_refund_takes_no_plan_away(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    tell(world, *payments.events("checkout.session.completed"))
    charge = payments.events("charge.succeeded")[0]["data"]["object"]["id"]
    payments.ask("POST", "/v1/refunds", charge=charge)
    [refunded] = payments.events("charge.refunded")

    assert tell(world, refunded) == [200]
    assert plan(world, payments) == "pro"


def test_checkout_offers_cards_only_because_a_transfer_would_give_a_plan_before_there_is_money(
    world: World, payments: Payments
) -> None:
    subscriber(world, payments)

    [made] = payments.calls("/v1/checkout/sessions", "POST")
    assert made["params"]["allowed_payment_method_types"] == {"0": "card"}


@pytest.mark.parametrize("succeeded", [True, False])
def test_should_a_payment_take_days_all_the_same_its_end_is_heard(
    world: World, payments: Payments, succeeded: bool
) -> None:
    customer = subscriber(world, payments, card="delayed")
    session = payments.events("checkout.session.completed")[0]["data"]["object"]["id"]
    tell(world, *payments.events("checkout.session.completed"))

    payments.script(settle={"session": session, "succeeded": succeeded})
    tell(world, *payments.events(f"checkout.session.async_payment_{'succeeded' if succeeded else 'failed'}"))

    now = user(world).subscribed
    assert now is not None
    assert (now.status, now.id) == (subscription(customer).status, subscription(customer).id)
    assert (now.status == "active") is succeeded


def test_refresh_asks_without_an_event(world: World, payments: Payments) -> None:
    customer = subscriber(world, payments, card=FAILS_LATER)
    billing = world.function("stripe_webhook").billing

    now = billing.refresh(customer, world.clock.at)

    assert (now.plan, now.status) == ("pro", "active")
    assert user(world).subscribed == now
    assert rows(world, "EVENT") == []
    assert billing.refresh("cus_unknown", world.clock.at) is None


def test_events_are_remembered_for_ninety_days(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")

    tell(world, completed)

    [row] = rows(world, "EVENT")
    assert (row["type"], row["customer"]) == (completed["type"], completed["data"]["object"]["customer"])
    assert int(row["expires_at"]) - world.clock.at.timestamp() == pytest.approx(90 * 86_400, abs=1)


def test_two_events_for_one_change_write_it_once(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    tell(world, completed)
    before = user(world)

    tell(world, changed(completed, id="evt_second"))

    assert user(world) == before
    assert len(rows(world, "EVENT")) == 2
