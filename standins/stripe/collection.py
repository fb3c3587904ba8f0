"""Collects invoices, and what being paid or unpaid means for subscription and customer."""

from standins.stripe import errors, payment_methods, payments, states
from standins.stripe.account import Account
from standins.stripe.clock import DAY
from standins.stripe.invoicing import finalize, subscription_of
from standins.stripe.objects import Thing


def refusal(account: Account, subscription: Thing) -> str | None:
    """Why a charge would be declined now."""
    method = payment_methods.charged(account, subscription)
    return account.cards[method["id"]].later if method else "no_payment_method"


def collect(
    account: Account, invoice: Thing, *, method: Thing | None = None, present: bool = False, by_hand: bool = False
) -> str | None:
    """Have an invoice paid; why it was not. An attempt by hand leaves the planned ones as they are."""
    subscription = subscription_of(account, invoice)
    if invoice["status"] == "draft":
        finalize(account, invoice)
    if invoice["amount_due"] == 0:
        paid(account, invoice)
        return None
    chosen = method or payment_methods.charged(account, subscription)
    decline = payments.attempt(account, invoice, chosen, present=present)
    with account.changing(invoice, "invoice.updated"):
        invoice["attempted"] = True
        invoice["attempt_count"] += 1
        if decline == payments.PROCESSING:
            invoice["next_payment_attempt"] = None
    if decline is None:
        paid(account, invoice)
    elif decline != payments.PROCESSING:
        failed(account, invoice, decline, by_hand=by_hand)
    return decline


def paid(account: Account, invoice: Thing) -> None:
    subscription = subscription_of(account, invoice)
    with account.changing(invoice, "invoice.updated"):
        invoice |= {"status": "paid", "amount_paid": invoice["amount_due"], "amount_remaining": 0, "attempted": True}
        invoice |= {"next_payment_attempt": None, "auto_advance": False}
        invoice["status_transitions"]["paid_at"] = account.now
    link = payments.payment_of(account, invoice)
    if link is not None:
        payments.close(account, link)
    account.emit("invoice.paid", invoice)
    account.emit("invoice.payment_succeeded", invoice)
    _owes(account, subscription, owes=False)
    if subscription["latest_invoice"] == invoice["id"] and subscription["status"] in (
        "incomplete",
        "past_due",
        "unpaid",
    ):
        states.become(account, subscription, "active")
    if apply := account.when_paid.pop(invoice["id"], None):
        apply()


def failed(account: Account, invoice: Thing, decline: str, *, by_hand: bool = False) -> None:
    subscription = subscription_of(account, invoice)
    again = None if subscription["status"] == "incomplete" else _next_attempt(account, invoice)
    if not by_hand:
        with account.changing(invoice, "invoice.updated"):
            invoice |= {"next_payment_attempt": again, "auto_advance": again is not None}
    account.emit("invoice.payment_failed", invoice)
    if decline == "authentication_required":
        account.emit("invoice.payment_action_required", invoice)
    _owes(account, subscription, owes=True)
    waits = invoice["id"] in account.when_paid  # a pending update: what was paid before is still paid
    if subscription["status"] == "active" and not waits:
        states.become(account, subscription, "past_due")
    if again is None and not by_hand and subscription["status"] == "past_due":
        _give_up(account, subscription)


def _give_up(account: Account, subscription: Thing) -> None:
    match account.dunning.then:
        case "canceled":
            states.end(account, subscription, "payment_failed")
        case "unpaid":
            states.become(account, subscription, "unpaid")
        case "past_due":
            return


def _next_attempt(account: Account, invoice: Thing) -> int | None:
    days, number = account.dunning.days, invoice["attempt_count"]
    return account.now + int(days[number - 1] * DAY) if number <= len(days) else None


def _owes(account: Account, subscription: Thing, *, owes: bool) -> None:
    customer = account.objects.get("customer", subscription["customer"])
    if "deleted" not in customer:
        with account.changing(customer, "customer.updated"):
            customer["delinquent"] = owes


def settle(account: Account, invoice: Thing, *, succeeded: bool) -> None:
    """The end of a delayed payment."""
    link = payments.payment_of(account, invoice)
    if link is None:
        raise errors.invalid("Nothing is being paid on this invoice.")
    intent = account.objects.get("payment_intent", link["payment"]["payment_intent"])
    method = account.objects.get("payment_method", intent["payment_method"])
    if succeeded:
        payments.succeed(account, intent, method)
        paid(account, invoice)
    else:
        payments.refuse_late(account, intent, method)
        failed(account, invoice, "generic_decline")
