"""Subscriptions as the API shows and changes them."""

from typing import Any

from standins.stripe import collection, errors, states
from standins.stripe.account import Account
from standins.stripe.endpoints import DATED, Endpoint
from standins.stripe.invoicing import issue
from standins.stripe.objects import Thing, page
from standins.stripe.parameters import flag, merged, one_of, pairs, text, whole
from standins.stripe.proration import change, prorated
from standins.stripe.switching import switch, wanted

STATUSES = ("active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid")
PRORATION = one_of("always_invoice", "create_prorations", "none")
PAYMENT = one_of("allow_incomplete", "error_if_incomplete", "pending_if_incomplete")
DETAILS = {"comment": text, "feedback": text}
ITEM = {"id": text, "price": text, "quantity": whole, "deleted": flag}
UPDATE: dict[str, Any] = {
    "cancel_at": lambda given, name: None if given == "" else whole(given, name),
    "cancel_at_period_end": flag,
    "cancellation_details": DETAILS,
    "default_payment_method": text,
    "description": text,
    "items": [ITEM],
    "metadata": pairs,
    "pause_collection": {"behavior": one_of("keep_as_draft", "mark_uncollectible", "void"), "resumes_at": whole},
    "payment_behavior": PAYMENT,
    "proration_behavior": PRORATION,
    "proration_date": whole,
}
SEARCH: dict[str, Any] = {**DATED, "customer": text, "price": text, "status": one_of(*STATUSES, "all", "ended")}
PENDING_TAKES = {"expand", "items", "payment_behavior", "proration_behavior", "proration_date"}


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("subscription", id)


def list_all(account: Account, given: Thing) -> Thing:
    """Without a status: what has not ended."""
    found = account.objects.of("subscription", **({"customer": given["customer"]} if given.get("customer") else {}))
    if price := given.get("price"):
        found = [each for each in found if any(item["price"]["id"] == price for item in each["items"]["data"])]
    match given.get("status"):
        case "all":
            pass
        case None:
            found = [each for each in found if each["ended_at"] is None]
        case "ended":
            found = [each for each in found if each["ended_at"] is not None]
        case status:
            found = [each for each in found if each["status"] == status]
    return page(found, given, "/v1/subscriptions")


def update(account: Account, given: Thing, id: str) -> Thing:
    subscription = account.objects.get("subscription", id)
    _refuse(account, subscription, given)
    changes = wanted(account, subscription, given.get("items", []))
    switch(account, subscription, changes, given)
    with account.changing(subscription, "customer.subscription.updated"):
        for name in ("default_payment_method", "description", "pause_collection"):
            if name in given:
                subscription[name] = given[name] and _filled(name, given[name])
        if _tells_of_an_end(subscription, given):
            states.plan_end(
                account,
                subscription,
                at_period_end=given.get("cancel_at_period_end", False),
                at=given.get("cancel_at"),
            )
        subscription["metadata"] = merged(subscription["metadata"], given.get("metadata", {}))
        _say(subscription, given)
    return subscription


def _tells_of_an_end(subscription: Thing, given: Thing) -> bool:
    """Taking the flag back leaves an end that was set by a date as it is."""
    flag = given.get("cancel_at_period_end")
    return "cancel_at" in given or flag is True or (flag is False and subscription["cancel_at_period_end"])


def _filled(name: str, value: Any) -> Any:
    return {"resumes_at": None} | value if name == "pause_collection" else value


def _say(subscription: Thing, given: Thing) -> None:
    said = given.get("cancellation_details") or {}
    subscription["cancellation_details"] = subscription["cancellation_details"] | said


def _refuse(account: Account, subscription: Thing, given: Thing) -> None:
    """Before anything is changed."""
    if subscription["ended_at"] is not None and given.keys() - {"cancellation_details", "metadata", "expand"}:
        raise errors.invalid("A canceled subscription can only update its cancellation_details and metadata.")
    if given.get("cancel_at_period_end") and given.get("cancel_at"):
        raise errors.invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.")
    if given.get("cancel_at") is not None and given["cancel_at"] <= account.now:
        raise errors.invalid("`cancel_at` must be in the future.", "cancel_at")
    if given.get("payment_behavior") == "pending_if_incomplete" and (other := sorted(given.keys() - PENDING_TAKES)):
        message = f"These parameters cannot be used with payment_behavior=pending_if_incomplete: {', '.join(other)}."
        raise errors.invalid(message, other[0])
    if method := given.get("default_payment_method"):
        found = account.objects.get("payment_method", method, "default_payment_method")
        if found["customer"] != subscription["customer"]:
            raise errors.invalid("The customer does not have this payment method.", "default_payment_method")


def cancel(account: Account, given: Thing, id: str) -> Thing:
    """At once. `prorate` gives back what is left of the period, as balance once it is invoiced."""
    subscription = account.objects.get("subscription", id)
    if subscription["ended_at"] is not None:
        raise errors.missing("subscription", id)
    if given.get("prorate"):
        all_gone = [change(each, None, 0) for each in subscription["items"]["data"]]
        account.pending_lines[id] += prorated(account, subscription, all_gone, account.now)
    _say(subscription, given)
    states.end(account, subscription, "cancellation_requested")
    if given.get("invoice_now") and (made := account.pending_lines.pop(id, [])):
        collection.collect(account, issue(account, subscription, made, "subscription_update"))
    return subscription


def resume(account: Account, _given: Thing, id: str) -> Thing:
    subscription = account.objects.get("subscription", id)
    if subscription["status"] != "paused":
        raise errors.invalid("Only paused subscriptions can be resumed.")
    with account.changing(subscription, "customer.subscription.updated"):
        subscription |= {"status": "active", "status_details": None}
    account.emit("customer.subscription.resumed", subscription)
    return subscription


ENDPOINTS = [
    Endpoint("GET", "/v1/subscriptions", list_all, SEARCH),
    Endpoint("GET", "/v1/subscriptions/{id}", retrieve),
    Endpoint("POST", "/v1/subscriptions/{id}", update, UPDATE),
    Endpoint(
        "DELETE",
        "/v1/subscriptions/{id}",
        cancel,
        {"cancellation_details": DETAILS, "invoice_now": flag, "prorate": flag},
    ),
    Endpoint(
        "POST",
        "/v1/subscriptions/{id}/resume",
        resume,
        {"payment_behavior": PAYMENT, "proration_behavior": PRORATION, "proration_date": whole},
    ),
]
