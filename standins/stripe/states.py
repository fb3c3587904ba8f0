"""Which state a subscription is in, and how one ends."""

from standins.stripe.account import Account
from standins.stripe.objects import Thing


def become(account: Account, subscription: Thing, status: str) -> None:
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["status"] = status


def end(account: Account, subscription: Thing, reason: str, status: str = "canceled") -> None:
    """For good: nothing is charged any more, what is unpaid stays so."""
    subscription |= {"status": status, "ended_at": account.now, "cancel_at_period_end": False, "pending_update": None}
    subscription["canceled_at"] = subscription["canceled_at"] or account.now
    details = subscription["cancellation_details"]
    subscription["cancellation_details"] = details | {"reason": details["reason"] or reason}
    account.emit("customer.subscription.deleted", subscription)
    for invoice in account.objects.of("invoice", customer=subscription["customer"]):
        ours = invoice["parent"]["subscription_details"]["subscription"] == subscription["id"]
        if ours and invoice["status"] in ("draft", "open"):
            with account.changing(invoice, "invoice.updated"):
                invoice |= {"auto_advance": False, "next_payment_attempt": None, "automatically_finalizes_at": None}


def period_end(subscription: Thing) -> int:
    end: int = subscription["items"]["data"][0]["current_period_end"]
    return end


def plan_end(account: Account, subscription: Thing, *, at_period_end: bool, at: int | None) -> None:
    """When it shall end, if at all: with its period, which shows as a date too, or on a date."""
    ends = period_end(subscription) if at_period_end else at
    same = (subscription["cancel_at_period_end"], subscription["cancel_at"]) == (at_period_end, ends)
    if same:
        return
    reason = "cancellation_requested" if ends else None
    subscription |= {"cancel_at_period_end": at_period_end, "cancel_at": ends}
    subscription["canceled_at"] = account.now if ends else None
    subscription["cancellation_details"] = subscription["cancellation_details"] | {"reason": reason}
