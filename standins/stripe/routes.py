"""All endpoints of the API, and the fields that only appear when they are asked for."""

from standins.stripe import (
    catalog,
    checkout,
    customers,
    happenings,
    invoices,
    payment_methods,
    portal,
    refunds,
    subscriptions,
)
from standins.stripe.account import Account
from standins.stripe.objects import Includable, listed

ENDPOINTS = [
    *customers.ENDPOINTS,
    *catalog.ENDPOINTS,
    *payment_methods.ENDPOINTS,
    *checkout.ENDPOINTS,
    *portal.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *invoices.ENDPOINTS,
    *refunds.ENDPOINTS,
    *happenings.ENDPOINTS,
]


def includable(account: Account) -> Includable:
    return {
        ("customer", "subscriptions"): lambda customer: listed(
            account.objects.of("subscription", customer=customer["id"], ended_at=None),
            f"/v1/customers/{customer['id']}/subscriptions",
        ),
        ("invoice", "payments"): lambda invoice: listed(
            account.objects.of("invoice_payment", invoice=invoice["id"]),
            f"/v1/invoice_payments?invoice={invoice['id']}",
        ),
        ("checkout.session", "line_items"): lambda session: listed(
            checkout.line_items(account, session["id"]), f"/v1/checkout/sessions/{session['id']}/line_items"
        ),
        ("charge", "refunds"): lambda charge: refunds.of_charge(account, charge),
    }
