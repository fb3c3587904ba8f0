"""An invoice from draft to paid: sums, number, collection, and what follows for subscription and customer."""

from standins.stripe import errors, lifecycle, payment_methods, payments
from standins.stripe.account import Account
from standins.stripe.clock import DAY, HOUR
from standins.stripe.objects import Thing, as_list

DRAFT_SECONDS = HOUR


def draft(account: Account, subscription: Thing, lines: list[Thing], reason: str, period: Thing | None = None) -> Thing:
    """The next invoice of a subscription. `period`: the one that ended, not the one that is billed."""
    customer = account.objects.get("customer", subscription["customer"])
    invoice = _empty_invoice(account, subscription, customer, reason)
    period = period or {"start": account.now, "end": account.now}
    invoice |= {"period_start": period["start"], "period_end": period["end"]}
    for line in lines:
        line["invoice"] = invoice["id"]
    invoice["lines"] = as_list(lines, f"/v1/invoices/{invoice['id']}/lines")
    add_up(invoice, customer)
    return invoice


def issue(account: Account, subscription: Thing, lines: list[Thing], reason: str, period: Thing | None = None) -> Thing:
    """A stored draft with its event, set as the subscription's latest invoice."""
    invoice = account.created(draft(account, subscription, lines, reason, period))
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["latest_invoice"] = invoice["id"]
    return invoice


def add_up(invoice: Thing, customer: Thing) -> None:
    """Sums after the customer's balance, which is negative if the customer has credit."""
    total = sum(line["amount"] for line in invoice["lines"]["data"])
    owed = total + customer["balance"]
    invoice |= dict.fromkeys(("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), total)
    invoice |= dict.fromkeys(("amount_due", "amount_remaining"), max(0, owed))
    invoice |= {"starting_balance": customer["balance"], "ending_balance": min(0, owed)}


def finalize(account: Account, invoice: Thing) -> None:
    """Number the invoice and open it; only its payment can change after this."""
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


def _empty_invoice(account: Account, subscription: Thing, customer: Thing, reason: str) -> Thing:
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


def decline_reason(account: Account, subscription: Thing) -> str | None:
    """Why a charge would be declined now, or None."""
    method = payment_methods.default_method(account, subscription)
    return account.cards[method["id"]].later if method else "no_payment_method"


def collect(
    account: Account, invoice: Thing, *, method: Thing | None = None, present: bool = False, by_hand: bool = False
) -> str | None:
    """Charge an invoice; return why it was not paid, or None. An attempt by hand leaves the schedule as it is."""
    subscription = subscription_of(account, invoice)
    if invoice["status"] == "draft":
        finalize(account, invoice)
    if invoice["amount_due"] == 0:
        mark_paid(account, invoice)
        return None
    chosen = method or payment_methods.default_method(account, subscription)
    decline = payments.attempt(account, invoice, chosen, present=present)
    with account.changing(invoice, "invoice.updated"):
        invoice["attempted"] = True
        invoice["attempt_count"] += 1
        if decline == payments.PROCESSING:
            invoice["next_payment_attempt"] = None
    if decline is None:
        mark_paid(account, invoice)
    elif decline != payments.PROCESSING:
        mark_failed(account, invoice, decline, by_hand=by_hand)
    return decline


def mark_paid(account: Account, invoice: Thing) -> None:
    subscription = subscription_of(account, invoice)
    with account.changing(invoice, "invoice.updated"):
        invoice |= {"status": "paid", "amount_paid": invoice["amount_due"], "amount_remaining": 0, "attempted": True}
        invoice |= {"next_payment_attempt": None, "auto_advance": False}
        invoice["status_transitions"]["paid_at"] = account.now
    link = payments.payment_of(account, invoice)
    if link is not None:
        payments.mark_paid(account, link)
    account.emit("invoice.paid", invoice)
    account.emit("invoice.payment_succeeded", invoice)
    _set_delinquent(account, subscription, owes=False)
    if subscription["latest_invoice"] == invoice["id"] and subscription["status"] in (
        "incomplete",
        "past_due",
        "unpaid",
    ):
        lifecycle.set_status(account, subscription, "active")
    if apply := account.when_paid.pop(invoice["id"], None):
        apply()


def mark_failed(account: Account, invoice: Thing, decline: str, *, by_hand: bool = False) -> None:
    subscription = subscription_of(account, invoice)
    again = None if subscription["status"] == "incomplete" else _next_attempt(account, invoice)
    if not by_hand:
        with account.changing(invoice, "invoice.updated"):
            invoice |= {"next_payment_attempt": again, "auto_advance": again is not None}
    account.emit("invoice.payment_failed", invoice)
    if decline == "authentication_required":
        account.emit("invoice.payment_action_required", invoice)
    _set_delinquent(account, subscription, owes=True)
    waits = invoice["id"] in account.when_paid  # a pending update: the current period is still paid
    if subscription["status"] == "active" and not waits:
        lifecycle.set_status(account, subscription, "past_due")
    if again is None and not by_hand and subscription["status"] == "past_due":
        _give_up(account, subscription)


def _give_up(account: Account, subscription: Thing) -> None:
    match account.dunning.then:
        case "canceled":
            lifecycle.end(account, subscription, "payment_failed")
        case "unpaid":
            lifecycle.set_status(account, subscription, "unpaid")
        case "past_due":
            return


def _next_attempt(account: Account, invoice: Thing) -> int | None:
    days, number = account.dunning.days, invoice["attempt_count"]
    return account.now + int(days[number - 1] * DAY) if number <= len(days) else None


def _set_delinquent(account: Account, subscription: Thing, *, owes: bool) -> None:
    customer = account.objects.get("customer", subscription["customer"])
    if "deleted" not in customer:
        with account.changing(customer, "customer.updated"):
            customer["delinquent"] = owes


def settle(account: Account, invoice: Thing, *, succeeded: bool) -> None:
    """End a delayed payment."""
    link = payments.payment_of(account, invoice)
    if link is None:
        raise errors.invalid("Nothing is being paid on this invoice.")
    intent = account.objects.get("payment_intent", link["payment"]["payment_intent"])
    method = account.objects.get("payment_method", intent["payment_method"])
    if succeeded:
        payments.succeed(account, intent, method)
        mark_paid(account, invoice)
    else:
        payments.refuse_late(account, intent, method)
        mark_failed(account, invoice, "generic_decline")
