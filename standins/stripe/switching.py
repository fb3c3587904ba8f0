"""Changes a subscription's items: who pays what for the rest of the period, and when."""

import copy
from typing import Any

from standins.stripe import collection, errors, lines, payment_methods, starting
from standins.stripe.account import Account
from standins.stripe.clock import period_end
from standins.stripe.invoicing import issue
from standins.stripe.objects import Thing
from standins.stripe.proration import Change, change, prorated

PENDING_SECONDS = 23 * 3600


def wanted(account: Account, subscription: Thing, items: list[Thing], name: str = "items") -> list[Change]:
    """What `items` asks for. One without an id is added: who forgets the id sells two plans at once."""
    own = {each["id"]: each for each in subscription["items"]["data"]}
    asked = []
    for position, each in enumerate(items):
        id, price, item = each.get("id"), None, None
        if id is not None:
            item = own.get(id)
            if item is None:
                raise errors.missing("subscription_item", id, f"{name}[{position}][id]")
        if each.get("price"):
            price = _usable(account, subscription, each["price"], f"{name}[{position}][price]")
        elif item is not None and not each.get("deleted"):
            price = item["price"]
        if item is None and price is None:
            raise errors.required(f"{name}[{position}][price]")
        same = item is not None and price is not None and item["price"]["id"] == price["id"]
        quantity = each.get("quantity", item["quantity"] if item and same else 1)
        asked.append(change(item, price, quantity))
    gone = {each.item_id for each in asked if each.price is None}
    if gone == own.keys() and all(each.price is None for each in asked):
        raise errors.invalid("A subscription must have at least one active item.", name)
    return asked


def _usable(account: Account, subscription: Thing, id: str, param: str) -> Thing:
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


def moment(account: Account, subscription: Thing, given: Thing) -> int:
    """When the change counts from."""
    start, end = starting.current(subscription)
    # A renewal may be due and not yet done: the old period is then at its very end.
    at = int(given.get("proration_date", min(account.now, end)))
    if not start <= at <= end:
        message = "Cannot specify `proration_date` outside of current subscription period."
        raise errors.invalid(message, "proration_date")
    return at


def bill(account: Account, subscription: Thing, changes: list[Change], how: str, at: int) -> tuple[list[Thing], bool]:
    """The lines a change brings, and whether they are to be paid at once."""
    moves = any(each.moves_period for each in changes)
    made = [] if how == "none" else prorated(account, subscription, changes, at)
    for each in changes:
        if each.moves_period and each.price is not None:
            after = starting.item(subscription, each.price, each.quantity, (at, at), each.item_id)
            recurring = each.price["recurring"]
            period = {"start": at, "end": period_end(at, at, recurring["interval"], recurring["interval_count"])}
            made.append(lines.regular(account, subscription, after, period))
    return made, bool(made) and (moves or how == "always_invoice")


def switch(account: Account, subscription: Thing, changes: list[Change], given: Thing) -> None:
    """Do it, or refuse it whole when it must be paid and cannot be."""
    changes = [each for each in changes if each.is_one]
    if not changes:
        return
    how = given.get("proration_behavior", "create_prorations")
    behavior = given.get("payment_behavior", "allow_incomplete")
    at = moment(account, subscription, given)
    made, at_once = bill(account, subscription, changes, how, at)
    decline = collection.refusal(account, subscription) if at_once and _costs(account, subscription, made) else None
    if decline is not None and behavior == "error_if_incomplete":
        raise errors.declined(decline, payment_method=copy.deepcopy(payment_methods.charged(account, subscription)))
    if decline is not None and behavior == "pending_if_incomplete":
        _later(account, subscription, changes, made, at)
        return
    with account.changing(subscription, "customer.subscription.updated"):
        put(subscription, changes, at)
    if at_once:
        pending = account.pending_lines.pop(subscription["id"], [])
        collection.collect(account, issue(account, subscription, [*pending, *made], "subscription_update"))
    else:
        account.pending_lines[subscription["id"]] += made


def _costs(account: Account, subscription: Thing, made: list[Thing]) -> bool:
    pending = account.pending_lines.get(subscription["id"], [])
    balance: int = account.objects.get("customer", subscription["customer"])["balance"]
    return balance + sum(int(line["amount"]) for line in [*pending, *made]) > 0


def _later(account: Account, subscription: Thing, changes: list[Change], made: list[Thing], at: int) -> None:
    """The change waits for its invoice to be paid; until then everything is as it was."""
    after = copy.deepcopy(subscription)
    put(after, changes, at)
    invoice = issue(account, subscription, made, "subscription_update")
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["pending_update"] = {
            **dict.fromkeys(("billing_cycle_anchor", "trial_end", "trial_from_plan")),
            "expires_at": account.now + PENDING_SECONDS,
            "subscription_items": after["items"]["data"],
        }

    def apply() -> None:
        with account.changing(subscription, "customer.subscription.updated"):
            put(subscription, changes, at)
            subscription["pending_update"] = None
        account.emit("customer.subscription.pending_update_applied", subscription)

    account.when_paid[invoice["id"]] = apply
    collection.collect(account, invoice)


def put(subscription: Thing, changes: list[Change], at: int) -> None:
    """The items as they are after the changes."""
    items: list[Any] = list(subscription["items"]["data"])
    start, end = starting.current(subscription)
    for each in changes:
        period = (start, end)
        if each.moves_period and each.price is not None:
            recurring = each.price["recurring"]
            period = (at, period_end(at, at, recurring["interval"], recurring["interval_count"]))
            subscription["billing_cycle_anchor"] = at
        items = [item for item in items if item["id"] != each.item_id]
        if each.price is not None:
            made = starting.item(subscription, each.price, each.quantity, period, each.item_id)
            items.append(made | {"created": each.item["created"] if each.item else at})
    subscription["items"] = subscription["items"] | {"data": items}
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = starting.current(subscription)[1]
