"""Plan changes in the Stripe stand-in: what they cost to the cent, and what happens when they cannot be paid."""

import pytest
import stripe

from standins.stripe.invoice_lines import share
from tests.support.stripe_merchant import DAY, Merchant, period

AT_ONCE = {"proration_behavior": "always_invoice"}


def test_the_share_of_a_period_is_counted_in_seconds() -> None:
    month = 30 * DAY
    assert share(2900, 0, 0, month) == 2900
    assert share(2900, month, 0, month) == 0
    assert share(2900, 10 * DAY, 0, month) == 1933  # 1933.33
    assert share(9900, 10 * DAY, 0, month) == 6600
    assert share(100, month // 200, 0, month) == 100  # 99.5: half a cent is one
    assert share(2900, 12345, 0, month) == 2886  # 2886.19


def test_an_upgrade_asks_for_the_difference_of_what_is_left(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    start, end = period(subscription)
    at = start + (end - start) // 3
    expected = share(9900, at, start, end) - share(2900, at, start, end)
    preview = merchant.preview(subscription, "business", **AT_ONCE, proration_date=at)
    assert [line.amount for line in preview.lines.data] == [-share(2900, at, start, end), share(9900, at, start, end)]
    assert (preview.amount_due, preview.total, preview.currency) == (expected, expected, "usd")
    for line in preview.lines.data:
        assert line.parent.subscription_item_details.proration
        assert (line.period.start, line.period.end) == (at, end)
    changed = merchant.switch(subscription, "business", **AT_ONCE, proration_date=at)
    invoice = merchant.subscription(subscription.id).latest_invoice
    assert (invoice.amount_paid, invoice.billing_reason) == (expected, "subscription_update")
    assert changed["items"].data[0].price.lookup_key == "realstaging_business_monthly"
    assert period(changed) == (start, end)
    assert [each.id for each in changed["items"].data] == [subscription["items"].data[0].id]


def test_a_preview_keeps_nothing(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    before = len(merchant.events())
    merchant.preview(subscription, "business", **AT_ONCE)
    assert len(merchant.v1.invoices.list().data) == 1
    assert len(merchant.events()) == before
    assert merchant.subscription(subscription.id)["items"].data[0].price.lookup_key == "realstaging_pro_monthly"


def test_a_downgrade_becomes_balance_that_later_invoices_use_up(merchant: Merchant) -> None:
    subscription = merchant.subscribe("business")
    start, _end = period(subscription)
    preview = merchant.preview(subscription, "pro", **AT_ONCE, proration_date=start)
    assert (preview.total, preview.amount_due, preview.ending_balance) == (-7000, 0, -7000)
    merchant.switch(subscription, "pro", **AT_ONCE, proration_date=start)
    assert merchant.v1.customers.retrieve(subscription.customer).balance == -7000
    merchant.script(advance={"days": 32})
    renewal = merchant.subscription(subscription.id).latest_invoice
    assert (renewal.total, renewal.amount_due, renewal.starting_balance, renewal.ending_balance) == (
        2900,
        0,
        -7000,
        -4100,
    )
    assert merchant.v1.customers.retrieve(subscription.customer).balance == -4100


def test_prorations_can_wait_for_the_next_invoice(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    start, _end = period(subscription)
    preview = merchant.preview(subscription, "business", proration_date=start)
    assert [line.amount for line in preview.lines.data] == [-2900, 9900, 9900]
    merchant.switch(subscription, "business", proration_date=start)
    assert len(merchant.v1.invoices.list().data) == 1
    merchant.script(advance={"days": 32})
    assert merchant.subscription(subscription.id).latest_invoice.amount_paid == 16900


def test_without_prorations_only_the_next_period_costs_more(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    merchant.switch(subscription, "business", proration_behavior="none")
    merchant.script(advance={"days": 32})
    assert merchant.subscription(subscription.id).latest_invoice.amount_paid == 9900


def test_the_next_invoice_can_be_previewed(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    _start, end = period(subscription)
    preview = merchant.v1.invoices.create_preview({"subscription": subscription.id})
    assert (preview.amount_due, preview.lines.data[0].period.start, preview.next_payment_attempt) == (2900, end, end)
    merchant.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError) as error:
        merchant.v1.invoices.create_preview({"subscription": subscription.id})
    assert error.value.code == "invoice_upcoming_none"


def test_a_moment_outside_the_period_is_refused(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    with pytest.raises(stripe.InvalidRequestError, match="proration_date"):
        merchant.preview(subscription, "business", proration_date=period(subscription)[0] - 1)


def test_an_upgrade_that_cannot_be_paid_is_refused_whole(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number="4000000000000341")
    with pytest.raises(stripe.CardError) as error:
        merchant.switch(
            subscription, "business", **AT_ONCE, payment_behavior="error_if_incomplete", metadata={"plan": "business"}
        )
    assert (error.value.http_status, error.value.code) == (402, "card_declined")
    after = merchant.subscription(subscription.id)
    assert after["items"].data[0].price.lookup_key == "realstaging_pro_monthly"
    assert (after.status, after.metadata.to_dict()) == ("active", {})
    assert len(merchant.v1.invoices.list().data) == 1


def test_an_upgrade_that_need_not_be_paid_leaves_it_past_due(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number="4000000000000341")
    changed = merchant.switch(subscription, "business", **AT_ONCE)
    assert changed["items"].data[0].price.lookup_key == "realstaging_business_monthly"
    assert changed.status == "past_due"


def test_a_pending_upgrade_happens_once_it_is_paid(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number="4000000000000341")
    waiting = merchant.switch(subscription, "business", **AT_ONCE, payment_behavior="pending_if_incomplete")
    assert waiting["items"].data[0].price.lookup_key == "realstaging_pro_monthly"
    assert waiting.pending_update.subscription_items[0].price.lookup_key == "realstaging_business_monthly"
    assert waiting.status == "active"
    merchant.script(card={"customer": subscription.customer, "number": "4242424242424242"})
    merchant.v1.invoices.pay(waiting.latest_invoice)
    after = merchant.subscription(subscription.id)
    assert (after["items"].data[0].price.lookup_key, after.pending_update) == ("realstaging_business_monthly", None)
    assert merchant.events("customer.subscription.pending_update_applied")


def test_a_pending_upgrade_that_is_not_paid_is_forgotten(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number="4000000000000341")
    waiting = merchant.switch(subscription, "business", **AT_ONCE, payment_behavior="pending_if_incomplete")
    merchant.script(advance={"hours": 23.5})
    after = merchant.subscription(subscription.id)
    assert (after["items"].data[0].price.lookup_key, after.pending_update) == ("realstaging_pro_monthly", None)
    assert merchant.v1.invoices.retrieve(waiting.latest_invoice).status == "void"
    assert merchant.events("customer.subscription.pending_update_expired")


def test_who_forgets_the_items_id_sells_two_plans(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    price = merchant.price("business")
    changed = merchant.v1.subscriptions.update(subscription.id, {"items": [{"price": price}]})
    assert len(changed["items"].data) == 2


def test_the_last_item_cannot_be_removed(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    item = {"id": subscription["items"].data[0].id, "deleted": True}
    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        merchant.v1.subscriptions.update(subscription.id, {"items": [item]})


def test_another_interval_starts_a_period_of_its_own(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    start, _end = period(subscription)
    product = subscription["items"].data[0].price.product
    yearly = merchant.v1.prices.create(
        {"product": product, "currency": "usd", "unit_amount": 29000, "recurring": {"interval": "year"}}
    )
    item = {"id": subscription["items"].data[0].id, "price": yearly.id}
    changed = merchant.v1.subscriptions.update(subscription.id, {"items": [item], "proration_date": start})
    assert 365 * DAY <= period(changed)[1] - start <= 366 * DAY
    assert merchant.subscription(subscription.id).latest_invoice.amount_paid == 29000 - 2900


def test_leaving_at_once_can_give_back_what_is_left(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    merchant.script(freeze=True)
    gone = merchant.v1.subscriptions.cancel(subscription.id, {"prorate": True, "invoice_now": True})
    left = share(2900, merchant.now(), *period(subscription))
    merchant.script(freeze=False)
    assert gone.status == "canceled"
    assert merchant.v1.customers.retrieve(subscription.customer).balance == -left
