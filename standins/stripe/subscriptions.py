"""Subscriptions as the API shows and changes them: updates, prorations, pending updates, ends."""

import copy
from typing import Any

from standins.stripe import billing, errors, invoice_lines, lifecycle, payment_methods
from standins.stripe.account import Account
from standins.stripe.billing import issue
from standins.stripe.clock import period_end
from standins.stripe.invoice_lines import Change, new_change, prorate
from standins.stripe.objects import Thing, page
from standins.stripe.requests import DATED, Endpoint, flag, merged, one_of, pairs, text, whole

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
PENDING_SECONDS = 23 * 3600


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("subscription", id)


def list_all(account: Account, given: Thing) -> Thing:
    """Without a status: those that have not ended."""
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
    _check(account, subscription, given)
    changes = requested_changes(account, subscription, given.get("items", []))
    switch(account, subscription, changes, given)
    with account.changing(subscription, "customer.subscription.updated"):
        for name in ("default_payment_method", "description", "pause_collection"):
            if name in given:
                subscription[name] = given[name] and _with_defaults(name, given[name])
        if _changes_end(subscription, given):
            lifecycle.plan_end(
                account,
                subscription,
                at_period_end=given.get("cancel_at_period_end", False),
                at=given.get("cancel_at"),
            )
        subscription["metadata"] = merged(subscription["metadata"], given.get("metadata", {}))
        _set_cancellation_details(subscription, given)
    return subscription


def _changes_end(subscription: Thing, given: Thing) -> bool:
    """Unsetting the flag does not remove an end that was set by a date."""
    flag = given.get("cancel_at_period_end")
    return "cancel_at" in given or flag is True or (flag is False and subscription["cancel_at_period_end"])


def _with_defaults(name: str, value: Any) -> Any:
    return {"resumes_at": None} | value if name == "pause_collection" else value


def _set_cancellation_details(subscription: Thing, given: Thing) -> None:
    said = given.get("cancellation_details") or {}
    subscription["cancellation_details"] = subscription["cancellation_details"] | said


def _check(account: Account, subscription: Thing, given: Thing) -> None:
    """Checks before any change. Raises StripeError."""
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
    """Now. `prorate` credits the rest of the period to the balance once it is invoiced."""
    subscription = account.objects.get("subscription", id)
    if subscription["ended_at"] is not None:
        raise errors.missing("subscription", id)
    if given.get("prorate"):
        all_gone = [new_change(each, None, 0) for each in subscription["items"]["data"]]
        account.pending_lines[id] += prorate(account, subscription, all_gone, account.now)
    _set_cancellation_details(subscription, given)
    lifecycle.end(account, subscription, "cancellation_requested")
    if given.get("invoice_now") and (made := account.pending_lines.pop(id, [])):
        billing.collect(account, issue(account, subscription, made, "subscription_update"))
    return subscription


def resume(account: Account, _given: Thing, id: str) -> Thing:
    subscription = account.objects.get("subscription", id)
    if subscription["status"] != "paused":
        raise errors.invalid("Only paused subscriptions can be resumed.")
    with account.changing(subscription, "customer.subscription.updated"):
        subscription |= {"status": "active", "status_details": None}
    account.emit("customer.subscription.resumed", subscription)
    return subscription


def requested_changes(account: Account, subscription: Thing, items: list[Thing], name: str = "items") -> list[Change]:
    """The changes in `items`. An item without an id is added: forgetting the id sells two plans at once."""
    own = {each["id"]: each for each in subscription["items"]["data"]}
    asked = []
    for position, each in enumerate(items):
        id, price, item = each.get("id"), None, None
        if id is not None:
            item = own.get(id)
            if item is None:
                raise errors.missing("subscription_item", id, f"{name}[{position}][id]")
        if each.get("price"):
            price = _usable_price(account, subscription, each["price"], f"{name}[{position}][price]")
        elif item is not None and not each.get("deleted"):
            price = item["price"]
        if item is None and price is None:
            raise errors.required(f"{name}[{position}][price]")
        same = item is not None and price is not None and item["price"]["id"] == price["id"]
        quantity = each.get("quantity", item["quantity"] if item and same else 1)
        asked.append(new_change(item, price, quantity))
    gone = {each.item_id for each in asked if each.price is None}
    if gone == own.keys() and all(each.price is None for each in asked):
        raise errors.invalid("A subscription must have at least one active item.", name)
    return asked


def _usable_price(account: Account, subscription: Thing, id: str, param: str) -> Thing:
    price = account.objects.get("price", id, param)
    if not price["active"]:
        raise errors.invalid("The price specified is inactive. This field only accepts active prices.", param)
    if price["recurring"] is None:
        message = (
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`."
        )
        raise errors.invalid(message, param)
    if price["currency"] != subscription["currency"]:
        raise errors.invalid("The price's currency is not the subscription's.", param)
    return price


def change_time(account: Account, subscription: Thing, given: Thing) -> int:
    """The time from which the change counts."""
    start, end = lifecycle.current_period(subscription)
    # If a renewal is due and not yet done, the change counts from the end of the old period.
    at = int(given.get("proration_date", min(account.now, end)))
    if not start <= at <= end:
        message = "Cannot specify `proration_date` outside of current subscription period."
        raise errors.invalid(message, "proration_date")
    return at


def bill_changes(
    account: Account, subscription: Thing, changes: list[Change], how: str, at: int
) -> tuple[list[Thing], bool]:
    """The invoice lines of the changes, and whether they are charged now."""
    moves = any(each.moves_period for each in changes)
    made = [] if how == "none" else prorate(account, subscription, changes, at)
    for each in changes:
        if each.moves_period and each.price is not None:
            after = lifecycle.new_item(subscription, each.price, each.quantity, (at, at), each.item_id)
            recurring = each.price["recurring"]
            period = {"start": at, "end": period_end(at, at, recurring["interval"], recurring["interval_count"])}
            made.append(invoice_lines.regular_line(account, subscription, after, period))
    return made, bool(made) and (moves or how == "always_invoice")


def switch(account: Account, subscription: Thing, changes: list[Change], given: Thing) -> None:
    """Apply the changes, or refuse all if they must be paid now and cannot be."""
    changes = [each for each in changes if each.is_change]
    if not changes:
        return
    how = given.get("proration_behavior", "create_prorations")
    behavior = given.get("payment_behavior", "allow_incomplete")
    at = change_time(account, subscription, given)
    made, at_once = bill_changes(account, subscription, changes, how, at)
    pays_now = at_once and _has_cost(account, subscription, made)
    decline = billing.decline_reason(account, subscription) if pays_now else None
    if decline is not None and behavior == "error_if_incomplete":
        method = payment_methods.default_method(account, subscription)
        raise errors.declined(decline, payment_method=copy.deepcopy(method))
    if decline is not None and behavior == "pending_if_incomplete":
        _apply_when_paid(account, subscription, changes, made, at)
        return
    with account.changing(subscription, "customer.subscription.updated"):
        apply_changes(subscription, changes, at)
    if at_once:
        pending = account.pending_lines.pop(subscription["id"], [])
        billing.collect(account, issue(account, subscription, [*pending, *made], "subscription_update"))
    else:
        account.pending_lines[subscription["id"]] += made


def _has_cost(account: Account, subscription: Thing, made: list[Thing]) -> bool:
    pending = account.pending_lines.get(subscription["id"], [])
    balance: int = account.objects.get("customer", subscription["customer"])["balance"]
    return balance + sum(int(line["amount"]) for line in [*pending, *made]) > 0


def _apply_when_paid(account: Account, subscription: Thing, changes: list[Change], made: list[Thing], at: int) -> None:
    """Store a pending update, applied when its invoice is paid."""
    after = copy.deepcopy(subscription)
    apply_changes(after, changes, at)
    invoice = issue(account, subscription, made, "subscription_update")
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["pending_update"] = {
            **dict.fromkeys(("billing_cycle_anchor", "trial_end", "trial_from_plan")),
            "expires_at": account.now + PENDING_SECONDS,
            "subscription_items": after["items"]["data"],
        }

    def apply() -> None:
        with account.changing(subscription, "customer.subscription.updated"):
            apply_changes(subscription, changes, at)
            subscription["pending_update"] = None
        account.emit("customer.subscription.pending_update_applied", subscription)

    account.when_paid[invoice["id"]] = apply
    billing.collect(account, invoice)


def apply_changes(subscription: Thing, changes: list[Change], at: int) -> None:
    """Change the items in place."""
    items: list[Any] = list(subscription["items"]["data"])
    start, end = lifecycle.current_period(subscription)
    for each in changes:
        period = (start, end)
        if each.moves_period and each.price is not None:
            recurring = each.price["recurring"]
            period = (at, period_end(at, at, recurring["interval"], recurring["interval_count"]))
            subscription["billing_cycle_anchor"] = at
        items = [item for item in items if item["id"] != each.item_id]
        if each.price is not None:
            made = lifecycle.new_item(subscription, each.price, each.quantity, period, each.item_id)
            items.append(made | {"created": each.item["created"] if each.item else at})
    subscription["items"] = subscription["items"] | {"data": items}
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = lifecycle.current_period(subscription)[1]


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
