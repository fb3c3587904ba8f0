"""Money that moves, or does not: one payment intent per invoice, a charge per attempt."""

from standins.stripe import errors, ids
from standins.stripe.account import Account
from standins.stripe.objects import Thing

PROCESSING = "processing"


def payment_of(account: Account, invoice: Thing) -> Thing | None:
    """The link between an invoice and its payment intent."""
    found = account.objects.of("invoice_payment", invoice=invoice["id"])
    return found[0] if found else None


def attempt(account: Account, invoice: Thing, method: Thing | None, *, present: bool) -> str | None:
    """Charge what an invoice asks for; why it did not work. `present`: its owner is there."""
    link = payment_of(account, invoice) or _begin(account, invoice)
    intent = account.objects.get("payment_intent", link["payment"]["payment_intent"])
    intent["payment_method"] = method["id"] if method else None
    if method is None:
        return _refused(account, intent, None, "no_payment_method")
    if method["type"] == "us_bank_account":
        intent |= {"status": "processing", "payment_method_types": ["us_bank_account"]}
        account.emit("payment_intent.processing", intent)
        return PROCESSING
    card = account.cards[method["id"]]
    decline = card.present if present else card.later
    if decline is not None:
        return _refused(account, intent, method, decline)
    succeed(account, intent, method)
    return None


def succeed(account: Account, intent: Thing, method: Thing) -> None:
    charge = _charge(account, intent, method, None)
    intent |= {"status": "succeeded", "latest_charge": charge["id"], "amount_received": intent["amount"]}
    intent["last_payment_error"] = None
    account.emit("charge.succeeded", charge)
    account.emit("payment_intent.succeeded", intent)


def refuse_late(account: Account, intent: Thing, method: Thing) -> None:
    """A delayed payment that comes back."""
    _refused(account, intent, method, "generic_decline")


def close(account: Account, link: Thing) -> None:
    """The payment has paid its invoice."""
    link |= {"status": "paid", "amount_paid": link["amount_requested"]}
    link["status_transitions"] = link["status_transitions"] | {"paid_at": account.now}
    account.emit("invoice_payment.paid", link)


def _begin(account: Account, invoice: Thing) -> Thing:
    intent = account.created(_intent(account, invoice))
    link = account.thing(
        "invoice_payment",
        "inpay_",
        amount_paid=None,
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"payment_intent": intent["id"], "type": "payment_intent"},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )
    del link["metadata"]
    return account.objects.add(link)


def _intent(account: Account, invoice: Thing) -> Thing:
    made = account.thing(
        "payment_intent",
        "pi_",
        amount=invoice["amount_due"],
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        capture_method="automatic",
        confirmation_method="automatic",
        currency=invoice["currency"],
        customer=invoice["customer"],
        description=_reason(invoice),
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        setup_future_usage="off_session" if invoice["billing_reason"] == "subscription_create" else None,
        status="requires_payment_method",
    )
    return made | {"client_secret": f"{made['id']}_secret_{ids.new('')}"}


def _reason(invoice: Thing) -> str:
    first = invoice["billing_reason"] == "subscription_create"
    return "Subscription creation" if first else "Subscription update"


def _refused(account: Account, intent: Thing, method: Thing | None, decline: str) -> str:
    error = errors.declined(decline, payment_method=method).body["error"]
    if method is not None:
        charge = _charge(account, intent, method, error)
        intent["latest_charge"] = error["charge"] = charge["id"]
        account.emit("charge.failed", charge)
    needs_owner = decline == "authentication_required"
    intent |= {"status": "requires_action" if needs_owner else "requires_payment_method", "last_payment_error": error}
    account.emit("payment_intent.payment_failed", intent)
    return decline


def _charge(account: Account, intent: Thing, method: Thing, error: Thing | None) -> Thing:
    kind, amount = method["type"], intent["amount"]
    charge = account.thing(
        "charge",
        "ch_",
        amount=amount,
        amount_captured=0 if error else amount,
        amount_refunded=0,
        billing_details=method["billing_details"],
        captured=error is None,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=error and error["code"],
        failure_message=error and error["message"],
        fraud_details={},
        outcome=_outcome(error),
        paid=error is None,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={kind: _used(method), "type": kind},
        radar_options={},
        refunded=False,
        status="failed" if error else "succeeded",
    )
    return account.objects.add(charge)


def _used(method: Thing) -> Thing:
    """What a charge remembers of its card."""
    kept = ("bank_name", "brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    return {name: value for name, value in method[method["type"]].items() if name in kept}


def _outcome(error: Thing | None) -> Thing:
    refused = error is not None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if refused else "approved_by_network",
        "reason": error["decline_code"] if error else None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank did not return any further details." if refused else "Payment complete.",
        "type": "issuer_declined" if refused else "authorized",
    }
