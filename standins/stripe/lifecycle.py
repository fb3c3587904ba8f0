"""How a subscription begins, which state it is in, and how it ends."""

from typing import Any

from standins.stripe import objects
from standins.stripe.account import Account
from standins.stripe.catalog import plan
from standins.stripe.clock import period_end
from standins.stripe.objects import Thing, as_list


def create_subscription(account: Account, customer: Thing, ordered: list[tuple[Thing, int]], **fields: Any) -> Thing:
    """Incomplete until its first invoice is paid. `fields`: metadata, description, default_payment_method."""
    now, recurring = account.now, ordered[0][0]["recurring"]
    settings = ("account_tax_ids", "custom_fields", "description", "footer")
    payment = ("payment_method_options", "payment_method_types")
    subscription = account.thing(
        "subscription",
        "sub_",
        automatic_tax={"disabled_reason": None, "enabled": False, "liability": None},
        billing_cycle_anchor=now,
        billing_mode={"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": None},
        billing_schedules=[],
        cancel_at_period_end=False,
        cancellation_details={"comment": None, "feedback": None, "feedback_option": None, "reason": None},
        collection_method="charge_automatically",
        currency=ordered[0][0]["currency"],
        customer=customer["id"],
        default_tax_rates=[],
        discounts=[],
        invoice_settings={**dict.fromkeys(settings), "issuer": {"type": "self"}},
        payment_settings={**dict.fromkeys(payment), "save_default_payment_method": "off"},
        start_date=now,
        status="incomplete",
        trial_settings={"end_behavior": {"missing_payment_method": "create_invoice"}},
    )
    subscription |= fields
    end = period_end(now, now, recurring["interval"], recurring["interval_count"])
    items = [new_item(subscription, price, quantity, (now, end)) for price, quantity in ordered]
    subscription["items"] = as_list(items, f"/v1/subscription_items?subscription={subscription['id']}")
    with account.changing(customer, "customer.updated"):
        customer["currency"] = customer["currency"] or subscription["currency"]
    account.objects.add(subscription)
    account.emit("customer.subscription.created", subscription)
    return subscription


def new_item(subscription: Thing, price: Thing, quantity: int, period: tuple[int, int], id: str | None = None) -> Thing:
    return {
        "id": id or objects.new_id("si_", objects.SHORT_ID),
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": period[0],
        "current_period_end": period[1],
        "current_period_start": period[0],
        "current_trial": None,
        "discounts": [],
        "metadata": {},
        "plan": plan(price),
        "price": price,  # not a copy: items show the price as it is now
        "quantity": quantity,
        "subscription": subscription["id"],
        "tax_rates": [],
    }


def current_period(subscription: Thing) -> tuple[int, int]:
    """Start and end of the current period, which all items share."""
    first = subscription["items"]["data"][0]
    return first["current_period_start"], first["current_period_end"]


def set_status(account: Account, subscription: Thing, status: str) -> None:
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["status"] = status


def end(account: Account, subscription: Thing, reason: str, status: str = "canceled") -> None:
    """Final: nothing more is charged, and open invoices stay unpaid."""
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


def current_period_end(subscription: Thing) -> int:
    end: int = subscription["items"]["data"][0]["current_period_end"]
    return end


def plan_end(account: Account, subscription: Thing, *, at_period_end: bool, at: int | None) -> None:
    """Set when it ends: with its period (`cancel_at` shows the date too), on a date, or not at all."""
    ends = current_period_end(subscription) if at_period_end else at
    same = (subscription["cancel_at_period_end"], subscription["cancel_at"]) == (at_period_end, ends)
    if same:
        return
    reason = "cancellation_requested" if ends else None
    subscription |= {"cancel_at_period_end": at_period_end, "cancel_at": ends}
    subscription["canceled_at"] = account.now if ends else None
    subscription["cancellation_details"] = subscription["cancellation_details"] | {"reason": reason}
