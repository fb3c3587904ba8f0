"""The customer portal of the Stripe stand-in: every button does what it says, and is told of."""

import html
import re
from typing import Any

import httpx
import pytest

from tests.support.stripe_merchant import SHOP, Merchant, period


class Portal:
    def __init__(self, merchant: Merchant, customer: str) -> None:
        session = merchant.v1.billing_portal.sessions.create({"customer": customer, "return_url": SHOP})
        self._http, self._path = merchant.http, httpx.URL(session.url).path

    @property
    def text(self) -> str:
        return html.unescape(self._http.get(self._path).text)

    def press(self, do: str, **fields: str) -> httpx.Response:
        return self._http.post(self._path, data={"do": do, **fields})


@pytest.fixture
def subscription(merchant: Merchant) -> Any:
    return merchant.subscribe()


@pytest.fixture
def portal(merchant: Merchant, subscription: Any) -> Portal:
    return Portal(merchant, subscription.customer)


def test_the_page_shows_plan_card_and_invoices(portal: Portal) -> None:
    for text in ("Pro", "$29.00 a month", "active, renews", "•••• 4242", "-0001", f'href="{SHOP}"', "stand-in"):
        assert text in portal.text


def test_cancel_and_do_not_cancel_after_all(merchant: Merchant, subscription: Any, portal: Portal) -> None:
    assert portal.press("cancel", subscription=subscription.id).status_code == 303
    assert merchant.subscription(subscription.id).cancel_at == period(subscription)[1]
    assert "Do not cancel" in portal.text
    portal.press("resume", subscription=subscription.id)
    assert merchant.subscription(subscription.id).cancel_at is None
    assert len(merchant.events("customer.subscription.updated")) >= 2


def test_it_cancels_on_a_date_which_only_a_date_takes_back(
    merchant: Merchant, subscription: Any, portal: Portal
) -> None:
    end = period(subscription)[1]
    portal.press("cancel", subscription=subscription.id)
    assert merchant.subscription(subscription.id).cancel_at_period_end is False
    merchant.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert merchant.subscription(subscription.id).cancel_at == end
    merchant.v1.subscriptions.update(subscription.id, {"cancel_at": ""})
    assert merchant.subscription(subscription.id).cancel_at is None
    merchant.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert merchant.subscription(subscription.id).cancel_at == end
    merchant.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert merchant.subscription(subscription.id).cancel_at is None


def test_switch_offers_the_other_plans(merchant: Merchant, subscription: Any, portal: Portal) -> None:
    [price] = re.findall(r'<option value="(price_\w+)">Business', portal.text)
    portal.press("switch", subscription=subscription.id, price=price)
    changed = merchant.subscription(subscription.id)
    assert changed["items"].data[0].price.lookup_key == "realstaging_business_monthly"
    assert changed.latest_invoice.billing_reason == "subscription_update"


def test_a_new_card_pays_from_now_on(merchant: Merchant, subscription: Any, portal: Portal) -> None:
    assert portal.press("card", number="4000000000000002").status_code == 402
    portal.press("card", number="5555 5555 5555 4444")
    method = merchant.subscription(subscription.id).default_payment_method
    assert merchant.v1.payment_methods.retrieve(method).card.last4 == "4444"
    assert merchant.v1.customers.retrieve(subscription.customer).invoice_settings.default_payment_method == method


def test_an_open_invoice_is_paid_by_its_owner(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number="4000000000000341")
    merchant.script(advance={"to": period(subscription)[1] + 7200})
    invoice = merchant.subscription(subscription.id).latest_invoice
    Portal(merchant, subscription.customer).press("pay", invoice=invoice.id)
    after = merchant.subscription(subscription.id)
    assert (after.status, after.latest_invoice.status) == ("active", "paid")


def test_nobody_changes_what_is_not_theirs(merchant: Merchant, subscription: Any) -> None:
    other = Portal(merchant, merchant.customer())
    assert other.press("cancel", subscription=subscription.id).status_code == 402
    assert merchant.subscription(subscription.id).cancel_at is None
    assert "No subscription." in other.text
    assert merchant.http.get("/p/session/test_unknown").status_code == 404
