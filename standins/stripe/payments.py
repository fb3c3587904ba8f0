"""Money in and out: one payment intent per invoice, a charge per attempt, refunds on demand, disputes by script."""

from typing import Any

from standins.stripe import errors, objects
from standins.stripe.account import Account
from standins.stripe.clock import DAY
from standins.stripe.objects import Thing, as_list, page
from standins.stripe.requests import DATED, Endpoint, amount, merged, one_of, pairs, text

PROCESSING = "processing"
NEW_REFUND: dict[str, Any] = {
    "amount": amount,
    "charge": text,
    "metadata": pairs,
    "payment_intent": text,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
}


def payment_of(account: Account, invoice: Thing) -> Thing | None:
    """The invoice payment, which links an invoice and its payment intent."""
    found = account.objects.of("invoice_payment", invoice=invoice["id"])
    return found[0] if found else None


def attempt(account: Account, invoice: Thing, method: Thing | None, *, present: bool) -> str | None:
    """Charge an invoice; return why it failed, `processing`, or None. `present`: the customer is there."""
    link = payment_of(account, invoice) or _begin_payment(account, invoice)
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
    """Fail a delayed payment."""
    _refused(account, intent, method, "generic_decline")


def mark_paid(account: Account, link: Thing) -> None:
    """The invoice payment is paid."""
    link |= {"status": "paid", "amount_paid": link["amount_requested"]}
    link["status_transitions"] = link["status_transitions"] | {"paid_at": account.now}
    account.emit("invoice_payment.paid", link)


def _begin_payment(account: Account, invoice: Thing) -> Thing:
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
    return made | {"client_secret": f"{made['id']}_secret_{objects.new_id('')}"}


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
        payment_method_details={kind: _method_details(method), "type": kind},
        radar_options={},
        refunded=False,
        status="failed" if error else "succeeded",
    )
    return account.objects.add(charge)


def _method_details(method: Thing) -> Thing:
    """The fields of a payment method that a charge copies."""
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


def create_refund(account: Account, given: Thing) -> Thing:
    charge = find_charge(account, given)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise errors.invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    cents = given.get("amount", left)
    if not 0 < cents <= left:
        message = f"Refund amount (${cents / 100:.2f}) is greater than unrefunded amount on charge (${left / 100:.2f})"
        raise errors.invalid(message, "amount")
    refund = account.thing(
        "refund",
        "re_",
        amount=cents,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=given.get("reason"),
        status="succeeded",
    )
    del refund["livemode"]
    refund["metadata"] = merged({}, given.get("metadata", {}))
    account.created(refund)
    with account.changing(charge, "charge.refunded"):
        charge["amount_refunded"] += cents
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    return refund


def find_charge(account: Account, given: Thing) -> Thing:
    if given.get("charge"):
        return account.objects.get("charge", given["charge"], "charge")
    if not given.get("payment_intent"):
        raise errors.invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = account.objects.get("payment_intent", given["payment_intent"], "payment_intent")
    found = account.objects.find("charge", intent["latest_charge"])
    if found is None or not found["paid"]:
        raise errors.invalid("This PaymentIntent does not have a successful charge to refund.", "payment_intent")
    return found


def retrieve_refund(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("refund", id)


def list_refunds(account: Account, given: Thing) -> Thing:
    equal = {name: given[name] for name in ("charge", "payment_intent") if given.get(name)}
    return page(account.objects.of("refund", **equal), given, "/v1/refunds")


def refunds_of(account: Account, charge: Thing) -> Thing:
    return as_list(account.objects.of("refund", charge=charge["id"]), f"/v1/charges/{charge['id']}/refunds")


def retrieve_charge(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("charge", id)


def retrieve_intent(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("payment_intent", id)


def open_dispute(account: Account, charge: Thing) -> Thing:
    """The cardholder's bank withdraws the money until the dispute is closed."""
    made = account.thing(
        "dispute",
        "du_",
        amount=charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={"enhanced_evidence": {}},
        evidence_details={
            "due_by": account.now + 7 * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        is_charge_refundable=True,
        payment_intent=charge["payment_intent"],
        payment_method_details=None,
        reason="fraudulent",
        status="needs_response",
    )
    account.objects.add(made)
    charge["disputed"] = True
    account.emit("charge.dispute.created", made)
    account.emit("charge.dispute.funds_withdrawn", made)
    return made


def close_dispute(account: Account, made: Thing, *, won: bool) -> None:
    with account.changing(made, "charge.dispute.updated"):
        made["status"] = "won" if won else "lost"
    account.emit("charge.dispute.closed", made)
    if won:
        account.emit("charge.dispute.funds_reinstated", made)


ENDPOINTS = [
    Endpoint("POST", "/v1/refunds", create_refund, NEW_REFUND),
    Endpoint("GET", "/v1/refunds", list_refunds, {**DATED, "charge": text, "payment_intent": text}),
    Endpoint("GET", "/v1/refunds/{id}", retrieve_refund),
    Endpoint("GET", "/v1/charges/{id}", retrieve_charge),
    Endpoint("GET", "/v1/payment_intents/{id}", retrieve_intent),
]
