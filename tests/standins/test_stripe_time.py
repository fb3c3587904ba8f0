"""What time brings in the Stripe stand-in: renewals, second attempts, ends."""

import itertools
from datetime import UTC, datetime

import pytest
import stripe

from standins.stripe.clock import Clock, period_end
from tests.support.stripe_merchant import DAY, Merchant, period

BAD, GOOD = "4000000000000341", "4242424242424242"


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[arg-type, misc]


def test_a_month_that_is_too_short_does_not_move_the_day() -> None:
    anchor = at(2027, 1, 31, 12)
    february = period_end(anchor, anchor, "month", 1)
    assert february == at(2027, 2, 28, 12)
    assert period_end(anchor, february, "month", 1) == at(2027, 3, 31, 12)
    assert period_end(at(2028, 2, 29), at(2028, 2, 29), "year", 1) == at(2029, 2, 28)


def test_a_renewal_is_a_draft_for_an_hour_and_then_paid(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    _start, end = period(subscription)
    merchant.script(advance={"to": end + 60})
    renewed = merchant.subscription(subscription.id)
    assert period(renewed)[0] == end
    assert (renewed.status, renewed.latest_invoice.status) == ("active", "draft")
    merchant.script(advance={"hours": 1})
    invoice = merchant.subscription(subscription.id).latest_invoice
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 2900, "subscription_cycle")
    assert (invoice.created, invoice.status_transitions.paid_at) == (end, end + 3600)
    assert invoice.lines.data[0].period.start == end
    assert invoice.number.endswith("-0002")


def test_each_month_is_renewed_at_its_own_time(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    merchant.script(advance={"days": 125})
    invoices = merchant.v1.invoices.list({"subscription": subscription.id}).data
    assert [each.status for each in invoices] == ["paid"] * 5
    starts = [each.lines.data[0].period.start for each in reversed(invoices)]
    ends = [each.lines.data[0].period.end for each in reversed(invoices)]
    assert starts[1:] == ends[:-1]


def test_a_renewal_that_is_not_paid_is_tried_again_and_ends_it(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number=BAD)
    _start, end = period(subscription)
    due = end + 3600
    merchant.script(advance={"to": due + 60})
    after = merchant.subscription(subscription.id)
    assert (after.status, after.latest_invoice.status) == ("past_due", "open")
    assert (after.latest_invoice.attempt_count, after.latest_invoice.next_payment_attempt) == (1, due + DAY)
    assert merchant.v1.customers.retrieve(subscription.customer).delinquent
    merchant.script(advance={"to": due + 8 * DAY})
    assert merchant.subscription(subscription.id).status == "past_due"
    merchant.script(advance={"to": due + 9 * DAY + 60})
    after = merchant.subscription(subscription.id)
    assert (after.status, after.ended_at) == ("canceled", due + 9 * DAY)
    assert after.cancellation_details.reason == "payment_failed"
    assert after.latest_invoice.attempt_count == 4
    failures = merchant.events("invoice.payment_failed")
    assert [each["created"] - due for each in failures] == [0, DAY, 4 * DAY, 9 * DAY]


@pytest.mark.parametrize("then", ["unpaid", "past_due"])
def test_what_comes_after_the_last_attempt_can_be_chosen(merchant: Merchant, then: str) -> None:
    subscription = merchant.subscribe(number=BAD)
    merchant.script(dunning={"days": [1], "then": then}, advance={"to": period(subscription)[1] + 2 * DAY})
    assert merchant.subscription(subscription.id).status == then


def test_a_new_card_saves_it_at_the_next_attempt(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number=BAD)
    merchant.script(advance={"to": period(subscription)[1] + 7200})
    merchant.script(card={"customer": subscription.customer, "number": GOOD}, advance={"days": 1})
    after = merchant.subscription(subscription.id)
    assert (after.status, after.latest_invoice.status) == ("active", "paid")
    assert not merchant.v1.customers.retrieve(subscription.customer).delinquent


def test_an_open_invoice_can_be_paid_by_hand(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number=BAD)
    merchant.script(advance={"to": period(subscription)[1] + 7200})
    invoice = merchant.subscription(subscription.id).latest_invoice
    with pytest.raises(stripe.CardError):
        merchant.v1.invoices.pay(invoice.id)
    good = merchant.v1.payment_methods.attach("pm_card_visa", {"customer": subscription.customer})
    assert merchant.v1.invoices.pay(invoice.id, {"payment_method": good.id}).status == "paid"
    assert merchant.subscription(subscription.id).status == "active"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        merchant.v1.invoices.pay(invoice.id)


def test_a_bank_that_wants_its_owner_asks_for_action(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number="4000002500003155")
    merchant.script(advance={"to": period(subscription)[1] + 7200})
    assert merchant.events("invoice.payment_action_required")
    assert merchant.subscription(subscription.id).status == "past_due"


def test_canceled_at_the_end_it_lasts_until_the_end(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    _start, end = period(subscription)
    leaving = merchant.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert (leaving.status, leaving.cancel_at, leaving.cancel_at_period_end) == ("active", end, True)
    assert leaving.canceled_at is not None
    merchant.script(advance={"days": 32})
    gone = merchant.subscription(subscription.id)
    assert (gone.status, gone.ended_at) == ("canceled", end)
    assert len(merchant.v1.invoices.list({"subscription": subscription.id}).data) == 1
    [event] = merchant.events("customer.subscription.deleted")
    assert event["created"] == end


def test_who_stays_after_all_is_renewed(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    merchant.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    staying = merchant.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert (staying.cancel_at, staying.canceled_at, staying.cancel_at_period_end) == (None, None, False)
    merchant.script(advance={"days": 32})
    assert merchant.subscription(subscription.id).latest_invoice.billing_reason == "subscription_cycle"


def test_what_has_ended_cannot_be_changed(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    gone = merchant.v1.subscriptions.cancel(subscription.id, {"cancellation_details": {"comment": "too dear"}})
    assert (gone.status, gone.cancellation_details.comment) == ("canceled", "too dear")
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
        merchant.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    with pytest.raises(stripe.InvalidRequestError) as error:
        merchant.v1.subscriptions.cancel(subscription.id)
    assert error.value.http_status == 404
    merchant.script(advance={"days": 40})
    assert len(merchant.v1.invoices.list().data) == 1


def test_lists_of_subscriptions_leave_out_what_has_ended(merchant: Merchant) -> None:
    customer = merchant.customer()
    gone, alive = (merchant.subscribe(customer=customer) for _ in range(2))
    merchant.v1.subscriptions.cancel(gone.id)

    def listed(**given: str) -> set[str]:
        return {each.id for each in merchant.v1.subscriptions.list({"customer": customer, **given}).data}

    assert listed() == {alive.id}
    assert listed(status="all") == {gone.id, alive.id}
    assert listed(status="canceled") == listed(status="ended") == {gone.id}


def test_metadata_of_a_subscription_is_changed_key_by_key(merchant: Merchant) -> None:
    subscription = merchant.subscribe(subscription_data={"metadata": {"owner": "ada", "trial": "no"}})
    changed = merchant.v1.subscriptions.update(subscription.id, {"metadata": {"trial": "", "seats": "3"}})
    assert changed.metadata.to_dict() == {"owner": "ada", "seats": "3"}


def test_a_paused_subscription_is_resumed(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    with pytest.raises(stripe.InvalidRequestError, match="Only paused"):
        merchant.v1.subscriptions.resume(subscription.id)
    merchant.script(force={"subscription": subscription.id, "status": "paused"})
    assert merchant.v1.subscriptions.resume(subscription.id).status == "active"
    assert [len(merchant.events(f"customer.subscription.{each}")) for each in ("paused", "resumed")] == [1, 1]


def test_a_stopped_clock_stands_still(merchant: Merchant) -> None:
    merchant.script(freeze=True)
    now = merchant.now()
    merchant.script(advance={"seconds": 90})
    assert merchant.now() == now + 90
    merchant.script(freeze=False)


def test_one_act_happens_at_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count(1_800_000_000)
    monkeypatch.setattr("standins.stripe.clock.time.time", lambda: next(ticks))
    clock = Clock()

    with clock.one_reading():
        began = clock.now()
        assert clock.now() == began
        clock.move_to(began + 60)
        assert clock.now() == began + 60
    assert clock.now() > began + 60
