"""A new subscription: what Checkout makes of what was ordered."""

from typing import Any

from standins.stripe import ids
from standins.stripe.account import Account
from standins.stripe.catalog import plan
from standins.stripe.clock import period_end
from standins.stripe.objects import Thing, listed


def subscribe(account: Account, customer: Thing, ordered: list[tuple[Thing, int]], **fields: Any) -> Thing:
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
    items = [item(subscription, price, quantity, (now, end)) for price, quantity in ordered]
    subscription["items"] = listed(items, f"/v1/subscription_items?subscription={subscription['id']}")
    with account.changing(customer, "customer.updated"):
        customer["currency"] = customer["currency"] or subscription["currency"]
    account.objects.add(subscription)
    account.emit("customer.subscription.created", subscription)
    return subscription


def item(subscription: Thing, price: Thing, quantity: int, period: tuple[int, int], id: str | None = None) -> Thing:
    return {
        "id": id or ids.new("si_", ids.SHORT),
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
        "price": price,  # the very one: it is shown as it is then, not as it was
        "quantity": quantity,
        "subscription": subscription["id"],
        "tax_rates": [],
    }


def current(subscription: Thing) -> tuple[int, int]:
    """The period that is paid for now; all items of ours share it."""
    first = subscription["items"]["data"][0]
    return first["current_period_start"], first["current_period_end"]
