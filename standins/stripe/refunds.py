"""Money that goes back: refunds on demand, disputes by script."""

from typing import Any

from standins.stripe import errors
from standins.stripe.account import Account
from standins.stripe.clock import DAY
from standins.stripe.endpoints import DATED, Endpoint
from standins.stripe.objects import Thing, listed, page
from standins.stripe.parameters import amount, merged, one_of, pairs, text

CREATE: dict[str, Any] = {
    "amount": amount,
    "charge": text,
    "metadata": pairs,
    "payment_intent": text,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
}


def create(account: Account, given: Thing) -> Thing:
    charge = charge_of(account, given)
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


def charge_of(account: Account, given: Thing) -> Thing:
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


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("refund", id)


def list_all(account: Account, given: Thing) -> Thing:
    equal = {name: given[name] for name in ("charge", "payment_intent") if given.get(name)}
    return page(account.objects.of("refund", **equal), given, "/v1/refunds")


def of_charge(account: Account, charge: Thing) -> Thing:
    return listed(account.objects.of("refund", charge=charge["id"]), f"/v1/charges/{charge['id']}/refunds")


def retrieve_charge(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("charge", id)


def retrieve_intent(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("payment_intent", id)


def dispute(account: Account, charge: Thing) -> Thing:
    """The cardholder's bank takes the money back, for now."""
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


def close(account: Account, made: Thing, *, won: bool) -> None:
    with account.changing(made, "charge.dispute.updated"):
        made["status"] = "won" if won else "lost"
    account.emit("charge.dispute.closed", made)
    if won:
        account.emit("charge.dispute.funds_reinstated", made)


ENDPOINTS = [
    Endpoint("POST", "/v1/refunds", create, CREATE),
    Endpoint("GET", "/v1/refunds", list_all, {**DATED, "charge": text, "payment_intent": text}),
    Endpoint("GET", "/v1/refunds/{id}", retrieve),
    Endpoint("GET", "/v1/charges/{id}", retrieve_charge),
    Endpoint("GET", "/v1/payment_intents/{id}", retrieve_intent),
]
