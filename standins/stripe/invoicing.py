"""An invoice from draft to final: its lines, its sums, its number."""

from standins.stripe.account import Account
from standins.stripe.clock import HOUR
from standins.stripe.objects import Thing, listed

DRAFT_SECONDS = HOUR


def draft(account: Account, subscription: Thing, lines: list[Thing], reason: str, period: Thing | None = None) -> Thing:
    """The next invoice of a subscription. `period` is the one that is over, not the one that is billed."""
    customer = account.objects.get("customer", subscription["customer"])
    invoice = _empty(account, subscription, customer, reason)
    period = period or {"start": account.now, "end": account.now}
    invoice |= {"period_start": period["start"], "period_end": period["end"]}
    for line in lines:
        line["invoice"] = invoice["id"]
    invoice["lines"] = listed(lines, f"/v1/invoices/{invoice['id']}/lines")
    add_up(invoice, customer)
    return invoice


def issue(account: Account, subscription: Thing, lines: list[Thing], reason: str, period: Thing | None = None) -> Thing:
    """A draft that is kept, told of, and the subscription's latest."""
    invoice = account.created(draft(account, subscription, lines, reason, period))
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["latest_invoice"] = invoice["id"]
    return invoice


def add_up(invoice: Thing, customer: Thing) -> None:
    """What is owed after the customer's balance, which is negative when we owe."""
    total = sum(line["amount"] for line in invoice["lines"]["data"])
    owed = total + customer["balance"]
    invoice |= dict.fromkeys(("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), total)
    invoice |= dict.fromkeys(("amount_due", "amount_remaining"), max(0, owed))
    invoice |= {"starting_balance": customer["balance"], "ending_balance": min(0, owed)}


def finalize(account: Account, invoice: Thing) -> None:
    """From now on only its payment can change."""
    customer = account.objects.get("customer", invoice["customer"])
    add_up(invoice, customer)
    page = f"{account.base_url}/i/{invoice['id']}"
    invoice |= {
        "status": "open",
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}",
        "automatically_finalizes_at": None,
        "effective_at": account.now,
        "hosted_invoice_url": page,
        "invoice_pdf": f"{page}/pdf",
    }
    invoice["status_transitions"]["finalized_at"] = account.now
    with account.changing(customer, "customer.updated"):
        customer["next_invoice_sequence"] += 1
        customer["balance"] = invoice["ending_balance"]
    account.emit("invoice.finalized", invoice)


def void(account: Account, invoice: Thing) -> None:
    with account.changing(invoice, "invoice.updated"):
        invoice |= {"status": "void", "next_payment_attempt": None, "auto_advance": False}
        invoice["status_transitions"]["voided_at"] = account.now
    account.emit("invoice.voided", invoice)


def subscription_of(account: Account, invoice: Thing) -> Thing:
    return account.objects.get("subscription", invoice["parent"]["subscription_details"]["subscription"])


def _empty(account: Account, subscription: Thing, customer: Thing, reason: str) -> Thing:
    zeros = ("amount_overpaid", "amount_paid", "amount_paid_off_stripe", "amount_shipping", "attempt_count",
             "post_payment_credit_notes_amount", "pre_payment_credit_notes_amount")  # fmt: skip
    lists = ("default_tax_rates", "discounts", "total_discount_amounts", "total_pretax_credit_amounts", "total_taxes")
    copied = ("address", "email", "name", "phone", "shipping", "tax_exempt")
    return account.thing(
        "invoice",
        "in_",
        **dict.fromkeys(zeros, 0),
        **{name: [] for name in lists},
        **{f"customer_{name}": customer[name] for name in copied},
        account_country="US",
        account_name="Stripe stand-in",
        attempted=False,
        auto_advance=True,
        automatic_tax={**dict.fromkeys(("disabled_reason", "liability", "provider", "status")), "enabled": False},
        automatically_finalizes_at=account.now + DRAFT_SECONDS,
        billing_reason=reason,
        collection_method="charge_automatically",
        currency=subscription["currency"],
        customer=customer["id"],
        issuer={"type": "self"},
        parent={
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
                "subscription_proration_date": None,
            },
            "type": "subscription_details",
        },
        payment_settings={"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        status="draft",
        status_transitions=dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
    )
