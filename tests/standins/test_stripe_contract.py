"""The Stripe stand-in against the vendor's own package: every object's fields, every endpoint's parameters."""

import json
import typing
from typing import Any

import pytest
import stripe
from stripe import params
from stripe.billing_portal import Session as PortalSession
from stripe.checkout import Session as CheckoutSession
from stripe.params import billing_portal, checkout

from standins.stripe.api import ENDPOINTS
from standins.stripe.requests import Endpoint
from tests.support.stripe_merchant import SHOP, Merchant
from tests.support.stripe_shapes import absent, fields, unknown, wrong

PARAMS: dict[str, Any] = {
    "POST /v1/customers": params.CustomerCreateParams,
    "GET /v1/customers": params.CustomerListParams,
    "GET /v1/customers/{id}": params.CustomerRetrieveParams,
    "POST /v1/customers/{id}": params.CustomerUpdateParams,
    "DELETE /v1/customers/{id}": params.CustomerDeleteParams,
    "GET /v1/customers/{id}/payment_methods": params.CustomerListPaymentMethodsParams,
    "POST /v1/products": params.ProductCreateParams,
    "GET /v1/products": params.ProductListParams,
    "GET /v1/products/{id}": params.ProductRetrieveParams,
    "POST /v1/products/{id}": params.ProductUpdateParams,
    "POST /v1/prices": params.PriceCreateParams,
    "GET /v1/prices": params.PriceListParams,
    "GET /v1/prices/{id}": params.PriceRetrieveParams,
    "POST /v1/prices/{id}": params.PriceUpdateParams,
    "POST /v1/payment_methods": params.PaymentMethodCreateParams,
    "GET /v1/payment_methods": params.PaymentMethodListParams,
    "GET /v1/payment_methods/{id}": params.PaymentMethodRetrieveParams,
    "POST /v1/payment_methods/{id}/attach": params.PaymentMethodAttachParams,
    "POST /v1/payment_methods/{id}/detach": params.PaymentMethodDetachParams,
    "POST /v1/checkout/sessions": checkout.SessionCreateParams,
    "GET /v1/checkout/sessions": checkout.SessionListParams,
    "GET /v1/checkout/sessions/{id}": checkout.SessionRetrieveParams,
    "POST /v1/checkout/sessions/{id}/expire": checkout.SessionExpireParams,
    "GET /v1/checkout/sessions/{id}/line_items": checkout.SessionListLineItemsParams,
    "POST /v1/billing_portal/sessions": billing_portal.SessionCreateParams,
    "GET /v1/subscriptions": params.SubscriptionListParams,
    "GET /v1/subscriptions/{id}": params.SubscriptionRetrieveParams,
    "POST /v1/subscriptions/{id}": params.SubscriptionUpdateParams,
    "DELETE /v1/subscriptions/{id}": params.SubscriptionCancelParams,
    "POST /v1/subscriptions/{id}/resume": params.SubscriptionResumeParams,
    "GET /v1/invoices": params.InvoiceListParams,
    "POST /v1/invoices/create_preview": params.InvoiceCreatePreviewParams,
    "GET /v1/invoices/{id}": params.InvoiceRetrieveParams,
    "POST /v1/invoices/{id}/pay": params.InvoicePayParams,
    "POST /v1/invoices/{id}/void": params.InvoiceVoidInvoiceParams,
    "GET /v1/invoice_payments": params.InvoicePaymentListParams,
    "POST /v1/refunds": params.RefundCreateParams,
    "GET /v1/refunds": params.RefundListParams,
    "GET /v1/refunds/{id}": params.RefundRetrieveParams,
    "GET /v1/charges/{id}": params.ChargeRetrieveParams,
    "GET /v1/payment_intents/{id}": params.PaymentIntentRetrieveParams,
    "GET /v1/events": params.EventListParams,
    "GET /v1/events/{id}": params.EventRetrieveParams,
}
# What Stripe shows only on demand, or to those who use features that are not here.
CONDITIONAL = {
    "customer": {"business_name", "cash_balance", "deleted", "individual_name", "invoice_credit_balance",
                 "sources", "subscriptions", "tax", "tax_ids"},
    "product": {"deleted", "tax_details"},
    "price": {"currency_options", "deleted", "tiers"},
    "subscription": {"managed_payments", "presentment_details"},
    "invoice": {"deleted", "payments"},
    "checkout.session": {"line_items", "name_collection", "presentment_details"},
    "charge": {"authorization_code", "level3", "presentment_details", "refunds", "transfer"},
    "payment_method": fields(stripe.PaymentMethod).keys() - {"allow_redisplay", "card", "customer", "customer_account"},
    "payment_intent": {"allowed_payment_method_types", "hooks", "managed_payments", "payment_details",
                       "payment_record", "presentment_details"},
    "refund": {"failure_balance_transaction", "failure_reason", "instructions_email", "next_action",
               "pending_reason", "presentment_details"},
    "event": {"account", "context"},
}  # fmt: skip


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def everything(merchant: Merchant) -> dict[str, tuple[Any, type]]:
    """One of each kind, as the call that answers it alone says it."""
    v1, bought = merchant.v1, merchant.subscribe()
    [method] = v1.payment_methods.list({"customer": bought.customer, "type": "card"}).data
    [payment] = v1.invoice_payments.list({"invoice": bought.latest_invoice}).data
    intent = v1.payment_intents.retrieve(payment.payment.payment_intent)
    v1.subscriptions.update(bought.id, {"cancel_at_period_end": True})
    price = v1.prices.retrieve(merchant.price("pro"))
    [done] = v1.checkout.sessions.list({"status": "complete"}).data
    happened = v1.events.list({"type": "customer.subscription.updated"}).data[0]
    return {
        "customer": (v1.customers.retrieve(bought.customer), stripe.Customer),
        "product": (v1.products.retrieve(price.product), stripe.Product),
        "price": (price, stripe.Price),
        "payment_method": (v1.payment_methods.retrieve(method.id), stripe.PaymentMethod),
        "checkout.session": (v1.checkout.sessions.retrieve(done.id, {"expand": ["line_items"]}), CheckoutSession),
        "billing_portal.session": (
            v1.billing_portal.sessions.create({"customer": bought.customer, "return_url": SHOP}),
            PortalSession,
        ),
        "subscription": (merchant.subscription(bought.id), stripe.Subscription),
        "invoice": (v1.invoices.retrieve(bought.latest_invoice, {"expand": ["payments"]}), stripe.Invoice),
        "payment_intent": (intent, stripe.PaymentIntent),
        "charge": (v1.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]}), stripe.Charge),
        "refund": (v1.refunds.create({"payment_intent": intent.id}), stripe.Refund),
        "event": (v1.events.retrieve(happened.id), stripe.Event),
    }


def raw(thing: Any) -> dict[str, Any]:
    """The JSON as it came: the package turns some of it into types of its own."""
    page: dict[str, Any] = json.loads(thing.last_response.body)
    return page


def test_each_object_has_what_the_package_says_it_has(merchant: Merchant) -> None:
    found = {kind: wrong(raw(thing), cls, kind) for kind, (thing, cls) in everything(merchant).items()}
    assert {kind: faults for kind, faults in found.items() if faults} == {}


def test_what_may_be_null_is_there_all_the_same(merchant: Merchant) -> None:
    found = {
        kind: absent(raw(thing), cls) - CONDITIONAL.get(kind, set())
        for kind, (thing, cls) in everything(merchant).items()
    }
    assert {kind: names for kind, names in found.items() if names} == {}


def test_an_open_session_a_preview_and_a_dispute_are_as_the_package_says(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    invoice = merchant.v1.invoices.retrieve(subscription.latest_invoice, {"expand": ["payments"]})
    merchant.script(dispute={"payment_intent": invoice.payments.data[0].payment.payment_intent})
    [happened] = merchant.v1.events.list({"type": "charge.dispute.created"}).data
    dispute = raw(merchant.v1.events.retrieve(happened.id))["data"]["object"]
    assert wrong(raw(merchant.session()), CheckoutSession, "session") == []
    assert wrong(raw(merchant.preview(subscription, "business")), stripe.Invoice, "preview") == []
    assert wrong(dispute, stripe.Dispute, "dispute") == []


def test_every_endpoint_is_held_to_the_package() -> None:
    assert {name(each) for each in ENDPOINTS} == PARAMS.keys()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name)
def test_no_endpoint_takes_what_the_package_does_not_know(endpoint: Endpoint) -> None:
    assert unknown(endpoint.takes, PARAMS[name(endpoint)]) == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name)
def test_an_unknown_parameter_is_refused_by_its_name(merchant: Merchant, endpoint: Endpoint) -> None:
    headers, path = {"authorization": "Bearer sk_test_local"}, endpoint.path.format(id="x")
    answer = merchant.http.request(endpoint.method, path, headers=headers, params={"shoe_size": 42})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "parameter_unknown"
    assert answer.json()["error"]["param"] == "shoe_size"


def test_every_type_of_event_is_one_that_the_package_knows(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number="4000000000000341")
    merchant.script(advance={"days": 60})
    merchant.v1.customers.delete(subscription.customer)
    merchant.session()
    merchant.script(advance={"days": 2})
    happened = merchant.v1.events.list({"limit": 100})
    assert {each.type for each in happened.data} <= set(typing.get_args(fields(stripe.Event)["type"]))
    assert {each.api_version for each in happened.data} == {stripe.api_version}


def test_the_package_accepts_every_webhook(merchant: Merchant) -> None:
    merchant.subscribe()
    merchant.events()
    assert merchant.receiver.calls
    for call in merchant.receiver.calls:
        event = stripe.Webhook.construct_event(call.body, call.headers["stripe-signature"], merchant.secret)
        assert event.data.object["object"] == call.page["data"]["object"]["object"]
