"""What falls due: renewals, payment attempts, ends, expiries; done in order of time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from standins.stripe import billing, checkout, invoice_lines, lifecycle
from standins.stripe.account import Account
from standins.stripe.billing import finalize, issue, subscription_of, void
from standins.stripe.clock import period_end
from standins.stripe.objects import Thing

FIRST_PAYMENT_SECONDS = 23 * 3600


@dataclass(frozen=True)
class Due:
    at: int
    what: Callable[[Account, Thing], None]
    thing: Thing


def next_due(account: Account, until: int) -> Due | None:
    due = [each for each in _all_due(account) if each.at <= until]
    return min(due, key=lambda each: each.at, default=None)


def step(account: Account, until: int) -> bool:
    """Do the next due step, at its own time. False if nothing is due by `until`."""
    due = next_due(account, until)
    if due is None:
        return False
    with account.clock.one_reading():
        account.clock.move_to(due.at)
        due.what(account, due.thing)
    return True


def _all_due(account: Account) -> Iterator[Due]:
    for session in account.objects.of("checkout.session", status="open"):
        yield Due(session["expires_at"], checkout.expire_session, session)
    for subscription in account.objects.of("subscription", ended_at=None):
        yield from _due_of(subscription)
    for invoice in account.objects.of("invoice"):
        if invoice["status"] == "draft" and invoice["automatically_finalizes_at"] and invoice["auto_advance"]:
            yield Due(invoice["automatically_finalizes_at"], _finalize, invoice)
        if invoice["status"] == "open" and invoice["next_payment_attempt"]:
            yield Due(invoice["next_payment_attempt"], _collect, invoice)


def _due_of(subscription: Thing) -> Iterator[Due]:
    if subscription["status"] == "incomplete":
        yield Due(subscription["created"] + FIRST_PAYMENT_SECONDS, _expire_incomplete, subscription)
        return
    if subscription["pending_update"]:
        yield Due(subscription["pending_update"]["expires_at"], _expire_update, subscription)
    ends, renews = subscription["cancel_at"], lifecycle.current_period(subscription)[1]
    if ends is not None and ends <= renews:
        yield Due(ends, _end, subscription)
    elif subscription["status"] != "paused":
        yield Due(renews, renew, subscription)


def renew(account: Account, subscription: Thing) -> None:
    """Begin the next period; its invoice stays a draft for an hour."""
    start, end = lifecycle.current_period(subscription)
    with account.changing(subscription, "customer.subscription.updated"):
        for item in subscription["items"]["data"]:
            recurring = item["price"]["recurring"]
            anchor = subscription["billing_cycle_anchor"]
            item["current_period_start"] = end
            item["current_period_end"] = period_end(anchor, end, recurring["interval"], recurring["interval_count"])
    pending = account.pending_lines.pop(subscription["id"], [])
    made = [*pending, *next_lines(account, subscription)]
    invoice = issue(account, subscription, made, "subscription_cycle", {"start": start, "end": end})
    if subscription["status"] == "unpaid" or subscription["pause_collection"]:
        with account.changing(invoice, "invoice.updated"):
            invoice |= {"auto_advance": False, "automatically_finalizes_at": None}


def next_lines(account: Account, subscription: Thing) -> list[Thing]:
    """The lines of the current period of each item."""
    return [
        invoice_lines.regular_line(
            account,
            subscription,
            item,
            {"start": item["current_period_start"], "end": item["current_period_end"]},
        )
        for item in subscription["items"]["data"]
    ]


def _finalize(account: Account, invoice: Thing) -> None:
    finalize(account, invoice)
    billing.collect(account, invoice)


def _collect(account: Account, invoice: Thing) -> None:
    billing.collect(account, invoice)


def _end(account: Account, subscription: Thing) -> None:
    lifecycle.end(account, subscription, "cancellation_requested")


def _expire_incomplete(account: Account, subscription: Thing) -> None:
    """The first invoice was not paid in time: incomplete_expired."""
    with account.changing(subscription, "customer.subscription.updated"):
        subscription |= {"status": "incomplete_expired", "ended_at": account.now}
    for invoice in account.objects.of("invoice", id=subscription["latest_invoice"], status="open"):
        void(account, invoice)


def _expire_update(account: Account, subscription: Thing) -> None:
    """Drop a pending update that was not paid in time."""
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["pending_update"] = None
    account.emit("customer.subscription.pending_update_expired", subscription)
    for invoice_id in list(account.when_paid):
        invoice = account.objects.get("invoice", invoice_id)
        if subscription_of(account, invoice) is subscription:
            del account.when_paid[invoice_id]
            void(account, invoice)
