"""Checkout of the Stripe stand-in: the page, the cards, and what paying brings into being."""

import httpx
import pytest
import stripe

from tests.support.stripe_merchant import DAY, SHOP, Merchant, period


def path(url: str) -> str:
    return httpx.URL(url).raw_path.decode()


def test_the_page_shows_plan_price_and_a_way_back(merchant: Merchant) -> None:
    page = merchant.http.get(path(merchant.session().url))
    assert page.status_code == 200
    for text in ("Pro", "$29.00 a month", "stand-in", f'href="{SHOP}"', "4242 4242 4242 4242"):
        assert text in page.text


def test_paying_leads_back_with_a_subscription(merchant: Merchant) -> None:
    customer = merchant.customer()
    session = merchant.session(
        customer=customer,
        client_reference_id="ada",
        metadata={"owner": "ada"},
        subscription_data={"metadata": {"owner": "ada"}},
    )
    assert (session.status, session.payment_status, session.subscription) == ("open", "unpaid", None)
    back = merchant.pay(session)
    assert (back.status_code, back.headers["location"]) == (303, f"{SHOP}?session={session.id}")
    done = merchant.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice", "line_items"]})
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert (done.client_reference_id, done.line_items.data[0].price.lookup_key) == ("ada", "realstaging_pro_monthly")
    made = done.subscription
    assert (made.status, made.customer, made.metadata.to_dict()) == ("active", customer, {"owner": "ada"})
    assert made["items"].data[0].price.lookup_key == "realstaging_pro_monthly"
    start, end = period(made)
    assert (start, made.billing_cycle_anchor) == (made.created, made.created)
    assert 28 * DAY <= end - start <= 31 * DAY
    assert (made.latest_invoice.status, made.latest_invoice.amount_paid) == ("paid", 2900)
    assert made.latest_invoice.parent.subscription_details.subscription == made.id
    assert made.default_payment_method == merchant.v1.payment_methods.list({"customer": customer}).data[0].id


def test_paying_is_told_in_the_order_in_which_it_happens(merchant: Merchant) -> None:
    merchant.subscribe()
    told = [call.page["type"] for call in merchant.receiver.calls]
    assert told == [each["type"] for each in merchant.events()][-len(told) :]
    order = ["customer.subscription.created", "invoice.created", "invoice.finalized", "invoice.paid"]
    assert [each for each in told if each in order] == order
    assert told[-1] == "checkout.session.completed"


def test_the_completion_is_told_before_the_redirect(merchant: Merchant) -> None:
    session = merchant.session()
    merchant.pay(session)
    assert "checkout.session.completed" in [call.page["type"] for call in merchant.receiver.calls]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("4000 0000 0000 0002", "Your card was declined."),
        ("4000000000009995", "insufficient funds"),
        ("4000000000000069", "expired"),
        ("1234", "incorrect"),
    ],
)
def test_a_declined_card_changes_nothing(merchant: Merchant, number: str, message: str) -> None:
    session = merchant.session()
    answer = merchant.pay(session, number)
    assert (answer.status_code, message in answer.text) == (402, True)
    assert merchant.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert merchant.v1.subscriptions.list().data == []
    assert merchant.pay(session).status_code == 303


def test_a_session_is_paid_once(merchant: Merchant) -> None:
    session = merchant.session()
    assert [merchant.pay(session).status_code for _ in range(2)] == [303, 410]
    assert len(merchant.v1.subscriptions.list().data) == 1


def test_without_a_customer_one_is_made(merchant: Merchant) -> None:
    session = merchant.session()
    merchant.pay(session)
    done = merchant.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    assert done.customer.email == done.customer_details.email == "ada@example.test"


def test_two_tabs_make_two_subscriptions(merchant: Merchant) -> None:
    customer = merchant.customer()
    for session in [merchant.session(customer=customer) for _ in range(2)]:
        merchant.pay(session)
    assert len(merchant.v1.subscriptions.list({"customer": customer}).data) == 2


def test_an_expired_session_cannot_be_paid(merchant: Merchant) -> None:
    session = merchant.session()
    assert merchant.v1.checkout.sessions.expire(session.id).status == "expired"
    assert merchant.pay(session).status_code == 410
    with pytest.raises(stripe.InvalidRequestError, match="can be expired") as error:
        merchant.v1.checkout.sessions.expire(session.id)
    assert error.value.http_status == 400


def test_a_session_expires_in_time(merchant: Merchant) -> None:
    short, long = merchant.session(expires_at=merchant.now() + 3600), merchant.session()
    merchant.script(advance={"hours": 2})
    sessions = merchant.v1.checkout.sessions
    assert [sessions.retrieve(each.id).status for each in (short, long)] == ["expired", "open"]
    [event] = merchant.events("checkout.session.expired")
    assert (event["object"], event["created"]) == (short.id, short.expires_at)
    for wrong in (60, 2 * DAY):
        with pytest.raises(stripe.InvalidRequestError, match="between 30 minutes and 24 hours"):
            merchant.session(expires_at=merchant.now() + wrong)


@pytest.mark.parametrize("comes", [True, False])
def test_a_delayed_payment_comes_later_or_not_at_all(merchant: Merchant, comes: bool) -> None:
    session = merchant.session()
    merchant.pay(session, "delayed")
    done = merchant.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice"]})
    assert (done.status, done.payment_status) == ("complete", "unpaid")
    assert (done.subscription.status, done.subscription.latest_invoice.status) == ("active", "open")
    merchant.script(settle={"session": session.id, "succeeded": comes})
    done = merchant.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert done.payment_status == ("paid" if comes else "unpaid")
    assert done.subscription.status == ("active" if comes else "past_due")
    [event] = merchant.events("checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed")
    assert event["type"].endswith("succeeded") == comes


def test_an_invoice_has_a_page_and_a_pdf(merchant: Merchant) -> None:
    invoice = merchant.subscription(merchant.subscribe().id).latest_invoice
    page, file = merchant.http.get(path(invoice.hosted_invoice_url)), merchant.http.get(path(invoice.invoice_pdf))
    assert (page.status_code, invoice.number in page.text, "$29.00" in page.text) == (200, True, True)
    assert file.headers["content-type"] == "application/pdf"
    assert (file.content[:5], file.content.rstrip()[-5:]) == (b"%PDF-", b"%%EOF")


def test_a_refund_goes_back_and_the_subscription_stays(merchant: Merchant) -> None:
    v1, subscription = merchant.v1, merchant.subscribe()
    [payment] = v1.invoice_payments.list({"invoice": subscription.latest_invoice}).data
    intent = payment.payment.payment_intent
    v1.refunds.create({"payment_intent": intent, "amount": 900})
    v1.refunds.create({"payment_intent": intent})
    charge = v1.charges.retrieve(v1.payment_intents.retrieve(intent).latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (2900, True)
    assert len(merchant.events("charge.refunded")) == 2
    assert merchant.subscription(subscription.id).status == "active"
    with pytest.raises(stripe.InvalidRequestError) as error:
        v1.refunds.create({"payment_intent": intent})
    assert error.value.code == "charge_already_refunded"


def test_a_dispute_is_opened_and_closed_by_script(merchant: Merchant) -> None:
    [payment] = merchant.v1.invoice_payments.list({"invoice": merchant.subscribe().latest_invoice}).data
    intent = payment.payment.payment_intent
    merchant.script(dispute={"payment_intent": intent})
    merchant.script(dispute={"payment_intent": intent, "close": "won"})
    told = [each["type"] for each in merchant.events() if each["type"].startswith("charge.dispute")]
    assert told == [
        f"charge.dispute.{each}" for each in ("created", "funds_withdrawn", "updated", "closed", "funds_reinstated")
    ]
