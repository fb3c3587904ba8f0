"""Invoices as the API shows them, and the preview of the next one."""

import copy
from typing import Any

from standins.stripe import billing, customers, errors, lifecycle, objects, renewals
from standins.stripe.account import Account
from standins.stripe.clock import period_end
from standins.stripe.objects import Thing, as_list, page
from standins.stripe.requests import DATED, Endpoint, flag, one_of, text, whole
from standins.stripe.subscriptions import ITEM, PRORATION, apply_changes, bill_changes, change_time, requested_changes

STATUS = one_of("draft", "open", "paid", "uncollectible", "void")
SEARCH: dict[str, Any] = {**DATED, "customer": text, "subscription": text, "status": STATUS}
PREVIEW: dict[str, Any] = {
    "customer": text,
    "subscription": text,
    "subscription_details": {
        "cancel_at_period_end": flag,
        "items": [ITEM],
        "proration_behavior": PRORATION,
        "proration_date": whole,
    },
}


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("invoice", id)


def list_all(account: Account, given: Thing) -> Thing:
    equal = {name: given[name] for name in ("customer", "status") if given.get(name)}
    found = account.objects.of("invoice", **equal)
    if id := given.get("subscription"):
        found = [each for each in found if each["parent"]["subscription_details"]["subscription"] == id]
    return page(found, given, "/v1/invoices")


def payments(account: Account, given: Thing) -> Thing:
    equal = {name: given[name] for name in ("invoice", "status") if given.get(name)}
    found = account.objects.of("invoice_payment", **equal)
    if intent := (given.get("payment") or {}).get("payment_intent"):
        found = [each for each in found if each["payment"]["payment_intent"] == intent]
    return page(found, given, "/v1/invoice_payments")


def pay(account: Account, given: Thing, id: str) -> Thing:
    invoice = account.objects.get("invoice", id)
    if invoice["status"] == "paid":
        raise errors.invalid("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] not in ("open", "draft"):
        raise errors.invalid("This invoice can no longer be paid.")
    chosen = given.get("payment_method")
    method = account.objects.get("payment_method", chosen, "payment_method") if chosen else None
    decline = billing.collect(account, invoice, method=method, by_hand=True)
    if decline not in (None, "processing"):
        raise errors.declined(str(decline))
    return invoice


def void(account: Account, _given: Thing, id: str) -> Thing:
    invoice = account.objects.get("invoice", id)
    if invoice["status"] not in ("open", "uncollectible"):
        raise errors.invalid("You can only void an open or uncollectible invoice.")
    billing.void(account, invoice)
    return invoice


def preview(account: Account, given: Thing) -> Thing:
    """Nothing is stored; the sums are those of the same change made now."""
    subscription = _subscription(account, given)
    details = given.get("subscription_details") or {}
    changes = requested_changes(account, subscription, details.get("items", []), "subscription_details[items]")
    changes = [each for each in changes if each.is_change]
    ends = details.get("cancel_at_period_end", subscription["cancel_at_period_end"])
    at = change_time(account, subscription, details)
    how = details.get("proration_behavior", "create_prorations")
    made, at_once = bill_changes(account, subscription, changes, how, at)
    pending = copy.deepcopy(account.pending_lines.get(subscription["id"], []))
    after = copy.deepcopy(subscription)
    apply_changes(after, changes, at)
    if not at_once and not ends:
        made += _next_period(account, after)
    if not made and not pending:
        raise errors.StripeError(
            404, f"No upcoming invoices for customer: {subscription['customer']}", code="invoice_upcoming_none"
        )
    start, end = lifecycle.current_period(subscription)
    invoice = billing.draft(account, subscription, [*pending, *made], "upcoming", {"start": start, "end": end})
    return _as_preview(invoice, None if at_once else end, at if changes else None)


def _subscription(account: Account, given: Thing) -> Thing:
    id = given.get("subscription")
    if not id:
        raise errors.invalid("You must specify `subscription`: this stand-in previews nothing else.", "subscription")
    subscription = account.objects.get("subscription", id, "subscription")
    if given.get("customer"):
        customers.get_active(account, given["customer"])
        if given["customer"] != subscription["customer"]:
            raise errors.invalid("The customer does not have this subscription.", "subscription")
    if subscription["ended_at"] is not None:
        message = f"No upcoming invoices for customer: {subscription['customer']}"
        raise errors.StripeError(404, message, code="invoice_upcoming_none")
    return subscription


def _next_period(account: Account, subscription: Thing) -> list[Thing]:
    for item in subscription["items"]["data"]:
        recurring, end = item["price"]["recurring"], item["current_period_end"]
        anchor = subscription["billing_cycle_anchor"]
        item["current_period_start"] = end
        item["current_period_end"] = period_end(anchor, end, recurring["interval"], recurring["interval_count"])
    return renewals.next_lines(account, subscription)


def _as_preview(invoice: Thing, attempt_at: int | None, prorated_at: int | None) -> Thing:
    invoice |= {"id": objects.new_id("upcoming_in_"), "auto_advance": None, "automatically_finalizes_at": None}
    invoice |= {"next_payment_attempt": attempt_at or invoice["created"]}
    invoice["parent"]["subscription_details"]["subscription_proration_date"] = prorated_at
    for line in invoice["lines"]["data"]:
        line["invoice"] = invoice["id"]
    invoice["lines"] = as_list(invoice["lines"]["data"], f"/v1/invoices/{invoice['id']}/lines")
    return invoice


ENDPOINTS = [
    Endpoint("GET", "/v1/invoices", list_all, SEARCH),
    Endpoint("POST", "/v1/invoices/create_preview", preview, PREVIEW),
    Endpoint("GET", "/v1/invoices/{id}", retrieve),
    Endpoint("POST", "/v1/invoices/{id}/pay", pay, {"payment_method": text, "off_session": flag}),
    Endpoint("POST", "/v1/invoices/{id}/void", void),
    Endpoint(
        "GET",
        "/v1/invoice_payments",
        payments,
        {
            **DATED,
            "invoice": text,
            "status": one_of("canceled", "open", "paid"),
            "payment": {"type": one_of("payment_intent"), "payment_intent": text},
        },
    ),
]
