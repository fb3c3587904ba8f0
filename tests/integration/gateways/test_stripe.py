"""The gateway in front of the stand-in: what is sent, what is understood, and what becomes of trouble."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from realstaging import aws
from realstaging.errors import BillingStateError, CustomerGoneError, PaymentDeclinedError, ProviderUnavailableError
from realstaging.gateways.stripe.client import API_VERSION, Stripe
from realstaging.models.stripe import RetainedPlan, Subscription
from tests.support.fake_stripe import FAILS_LATER, Payments, checkout, gateway, quick_repeats
from tests.support.world import World


@pytest.fixture
def stripe(world: World, payments: Payments) -> Iterator[Stripe]:
    with quick_repeats():
        yield gateway()


def subscribed(payments: Payments, stripe: Stripe, plan: str = "pro", **given: str) -> Subscription:
    customer = stripe.create_customer("alice", key="customer-alice")
    payments.pay(checkout(payments, stripe, "alice", customer.id, plan), **given)
    return stripe.subscriptions_of(customer.id)[0]


def test_it_speaks_the_version_of_the_package() -> None:
    from stripe import api_version

    assert api_version == API_VERSION


def test_a_customer_is_made_once_for_a_key(payments: Payments, stripe: Stripe) -> None:
    one, other = [stripe.create_customer("alice", key="customer-alice", email="a@example.test") for _ in range(2)]

    assert one == other
    assert one.owner == "alice"
    assert stripe.customer(one.id) == one
    assert [each["idempotency_key"] for each in payments.calls("/v1/customers", "POST")] == ["customer-alice"] * 2


def test_a_customer_that_was_deleted_or_never_was_is_none(payments: Payments, stripe: Stripe) -> None:
    customer = stripe.create_customer("alice", key="customer-alice")
    payments.ask("DELETE", f"/v1/customers/{customer.id}")

    assert stripe.customer(customer.id) is None
    assert stripe.customer("cus_unknown") is None
    assert stripe.subscriptions_of(customer.id) == []
    with pytest.raises(CustomerGoneError):
        stripe.open_portal(customer.id, "http://127.0.0.1/", key="portal-1")
    with pytest.raises(CustomerGoneError):
        checkout(payments, stripe, "alice", customer.id)


def test_what_is_refused_for_another_reason_is_not_taken_for_gone(payments: Payments, stripe: Stripe) -> None:
    made = subscribed(payments, stripe)
    payments.script(fail={"path": "/v1/*", "status": 400, "code": "not_now"})

    for ask in (
        lambda: stripe.customer(made.customer),
        lambda: stripe.find_checkout("cs_test_1"),
        lambda: stripe.cancel_now(made.id, prorate=False),
    ):
        with pytest.raises(BillingStateError):
            ask()


def test_prices_are_asked_for_once(payments: Payments, stripe: Stripe) -> None:
    found = [stripe.prices(["pro", "business"]) for _ in range(3)]

    assert {plan: (price.plan, price.amount, price.currency) for plan, price in found[0].items()} == {
        "pro": ("pro", 2900, "usd"),
        "business": ("business", 9900, "usd"),
    }
    assert found[0] == found[2]
    assert len(payments.calls("/v1/prices")) == 1


def test_a_plan_without_a_price_is_left_out_and_asked_for_again(payments: Payments, stripe: Stripe) -> None:
    assert set(stripe.prices(["pro", "gold"])) == {"pro"}
    assert set(stripe.prices(["pro", "gold"])) == {"pro"}
    assert len(payments.calls("/v1/prices")) == 2


def test_a_checkout_that_is_paid_becomes_a_subscription(payments: Payments, stripe: Stripe) -> None:
    customer = stripe.create_customer("alice", key="customer-alice")
    opened = checkout(payments, stripe, "alice", customer.id, "business")
    assert (opened.status, opened.owner, opened.plan) == ("open", "alice", "business")

    payments.pay(opened)

    done = stripe.find_checkout(opened.id)
    assert done is not None
    [subscription] = stripe.subscriptions_of(customer.id)
    assert (done.status, done.subscription, done.customer) == ("complete", subscription.id, customer.id)
    assert (subscription.status, subscription.price.plan, subscription.live) == ("active", "business", True)
    assert timedelta(days=28) <= subscription.period_end - subscription.period_start <= timedelta(days=31)
    [card] = stripe.cards_of(customer.id)
    assert (card.brand, card.last4, subscription.default_card) == ("visa", "4242", card.id)
    [invoice], more = stripe.invoices_of(customer.id, 10)
    assert (invoice.status, invoice.total, invoice.amount_paid, more) == ("paid", 9900, 9900, False)
    assert invoice.page
    assert invoice.pdf


def test_a_checkout_is_expired_once(payments: Payments, stripe: Stripe) -> None:
    customer = stripe.create_customer("alice", key="customer-alice")
    opened = checkout(payments, stripe, "alice", customer.id)

    assert stripe.expire_checkout(opened.id, key="expire-1").status == "expired"
    with pytest.raises(BillingStateError):
        stripe.expire_checkout(opened.id, key="expire-2")
    assert stripe.find_checkout("cs_test_unknown") is None


def test_the_portal_has_an_address(payments: Payments, stripe: Stripe) -> None:
    customer = stripe.create_customer("alice", key="customer-alice")

    assert stripe.open_portal(customer.id, "http://127.0.0.1/", key="portal-1").startswith(payments.url)


def test_a_larger_plan_costs_now_what_its_preview_said(payments: Payments, stripe: Stripe) -> None:
    before = subscribed(payments, stripe, "pro")
    payments.pass_time(days=10)
    at, price = payments.now(), stripe.prices(["pro", "business"])["business"]

    preview = stripe.preview_change(before, price, prorate=True, at=at)
    after = stripe.change_plan(before, price, prorate=True, key="change-1", at=at)

    assert 0 < preview.amount_due < 7000
    assert any(line.proration and line.amount < 0 for line in preview.lines)
    assert (after.price.plan, after.status, after.period_end) == ("business", "active", before.period_end)
    invoices, _ = stripe.invoices_of(before.customer, 1)
    assert (invoices[0].total, invoices[0].status) == (preview.amount_due, "paid")


def test_a_larger_plan_that_is_not_paid_for_changes_nothing(payments: Payments, stripe: Stripe) -> None:
    before = subscribed(payments, stripe, "pro", card=FAILS_LATER)

    with pytest.raises(PaymentDeclinedError) as declined:
        stripe.change_plan(before, stripe.prices(["pro", "business"])["business"], prorate=True, key="change-1")

    assert "card" in declined.value.detail
    assert stripe.subscriptions_of(before.customer) == [before]


def test_a_smaller_plan_is_kept_in_mind_and_costs_nothing_now(payments: Payments, stripe: Stripe) -> None:
    before = subscribed(payments, stripe, "business")
    prices = stripe.prices(["pro", "business"])
    kept = RetainedPlan(plan="business", until=before.period_end)

    after = stripe.change_plan(before, prices["pro"], prorate=False, key="change-1", kept=kept)

    assert (after.price.plan, after.kept, after.period_end) == ("pro", kept, before.period_end)
    assert len(stripe.invoices_of(before.customer, 10)[0]) == 1
    back = stripe.change_plan(after, prices["business"], prorate=False, key="change-2")
    assert (back.price.plan, back.kept) == ("business", None)
    assert len(stripe.invoices_of(before.customer, 10)[0]) == 1


def test_an_end_is_set_and_taken_back(payments: Payments, stripe: Stripe) -> None:
    made = subscribed(payments, stripe)

    assert stripe.set_cancel_at_period_end(made.id, True, key="cancel-1").ends is True
    assert stripe.set_cancel_at_period_end(made.id, False, key="resume-1").ends is False


def test_what_has_ended_is_left_alone(payments: Payments, stripe: Stripe) -> None:
    made = subscribed(payments, stripe)

    stripe.cancel_now(made.id, prorate=True)
    stripe.cancel_now(made.id, prorate=True)

    [ended] = stripe.subscriptions_of(made.customer)
    assert (ended.status, ended.live) == ("canceled", False)
    with pytest.raises(BillingStateError):
        stripe.set_cancel_at_period_end(made.id, False, key="resume-1")


def test_invoices_are_read_a_page_at_a_time(payments: Payments, stripe: Stripe) -> None:
    made = subscribed(payments, stripe)
    payments.pass_time(days=65)

    first, more = stripe.invoices_of(made.customer, 2)
    rest, no_more = stripe.invoices_of(made.customer, 2, first[-1].id)

    assert (len(first), more, len(rest), no_more) == (2, True, 1, False)
    assert [each.created_at for each in [*first, *rest]] == sorted(
        (i.created_at for i in [*first, *rest]), reverse=True
    )


def test_everybodys_subscriptions_are_listed(payments: Payments, stripe: Stripe) -> None:
    made = subscribed(payments, stripe)

    assert stripe.list_subscriptions() == ([made], None)
    assert stripe.list_subscriptions(status="canceled") == ([], None)
    assert stripe.list_subscriptions(made.id) == ([], None)


def test_a_server_error_is_repeated_under_the_same_key(payments: Payments, stripe: Stripe) -> None:
    payments.script(fail={"path": "/v1/customers", "status": 500, "times": 2})

    customer = stripe.create_customer("alice", key="customer-alice")

    assert customer.owner == "alice"
    calls = payments.calls("/v1/customers", "POST")
    assert [(each["status"], each["idempotency_key"]) for each in calls] == [
        (500, "customer-alice"),
        (500, "customer-alice"),
        (200, "customer-alice"),
    ]


def test_an_answer_that_was_lost_is_given_again(payments: Payments, stripe: Stripe) -> None:
    payments.script(after={"path": "/v1/customers", "times": 1})

    stripe.create_customer("alice", key="customer-alice")

    assert [each["replayed"] for each in payments.calls("/v1/customers", "POST")] == [False, True]
    assert len(payments.ask("GET", "/v1/customers")["data"]) == 1


@pytest.mark.parametrize("status", [500, 503, 409, 429])
def test_when_stripe_is_not_to_be_had_somebody_else_tries_later(
    payments: Payments, stripe: Stripe, status: int
) -> None:
    payments.script(fail={"path": "/v1/customers/*", "status": status})

    with pytest.raises(ProviderUnavailableError) as refused:
        stripe.customer("cus_1")

    assert refused.value.retryable
    assert len(payments.calls("/v1/customers")) == (1 if status == 429 else 3)


def test_a_slow_answer_is_not_waited_for(world: World, payments: Payments) -> None:
    hasty = world.settings.stripe.model_copy(update={"timeout_seconds": 0.05, "retries": 1})
    payments.script(slow={"path": "/v1/customers", "seconds": 0.5})

    with quick_repeats(), pytest.raises(ProviderUnavailableError):
        gateway(world.settings.model_copy(update={"stripe": hasty})).create_customer("alice", key="customer-alice")

    assert {each["idempotency_key"] for each in payments.calls("/v1/customers", "POST")} == {"customer-alice"}


def test_nobody_at_the_address_is_the_same_as_no_answer(world: World) -> None:
    nowhere = world.settings.stripe.model_copy(update={"api_base": "http://127.0.0.1:9", "retries": 0})

    with pytest.raises(ProviderUnavailableError):
        gateway(world.settings.model_copy(update={"stripe": nowhere})).customer("cus_1")


def test_a_key_that_was_changed_is_fetched_again(payments: Payments, stripe: Stripe) -> None:
    name = "/realstaging/local/stripe_secret_key"
    aws.ssm().put_parameter(Name=name, Value="sk_test_former", Type="SecureString", Overwrite=True)
    with pytest.raises(ProviderUnavailableError):
        stripe.customer("cus_1")
    aws.ssm().put_parameter(Name=name, Value="sk_test_local", Type="SecureString", Overwrite=True)

    assert stripe.customer("cus_1") is None


def test_the_log_holds_no_words_of_stripes_and_no_names(
    payments: Payments, stripe: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    before = subscribed(payments, stripe, "pro", card=FAILS_LATER)

    with pytest.raises(PaymentDeclinedError):
        stripe.change_plan(before, stripe.prices(["pro", "business"])["business"], prorate=True, key="change-1")

    [line] = [each for each in caplog.records if each.name == "tests"]
    assert (line.getMessage(), vars(line)["kind"], vars(line)["code"]) == (
        "payment declined",
        "CardError",
        "card_declined",
    )
    assert not any(word in str(vars(line)) for word in ("Your card", "0341", "alice"))
