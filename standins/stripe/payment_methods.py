"""Payment methods: a card, or a bank account whose payments take days."""

from typing import Any

from standins.stripe import errors
from standins.stripe.account import Account
from standins.stripe.cards import DELAYED, Card, card
from standins.stripe.endpoints import PAGED, Endpoint
from standins.stripe.objects import Thing, page
from standins.stripe.parameters import merged, one_of, pairs, text, whole

KIND = one_of("card", "us_bank_account")
BILLING = {"email": text, "name": text, "phone": text}
CREATE: dict[str, Any] = {
    "type": KIND,
    "card": {"number": text, "exp_month": whole, "exp_year": whole, "cvc": text},
    "billing_details": BILLING,
    "metadata": pairs,
}


def new(account: Account, chosen: Card, billing: Thing | None = None) -> Thing:
    """One that belongs to nobody yet."""
    method = account.thing(
        "payment_method",
        "pm_",
        allow_redisplay="unspecified",
        billing_details={"address": None, "email": None, "name": None, "phone": None, "tax_id": None} | (billing or {}),
    )
    kind = "us_bank_account" if chosen is DELAYED else "card"
    method |= {"type": kind, kind: _bank(chosen) if chosen is DELAYED else _card(chosen)}
    account.cards[method["id"]] = chosen
    return account.objects.add(method)


def _card(chosen: Card) -> Thing:
    return {
        "brand": chosen.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": chosen.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"stand-in{chosen.number[-8:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": chosen.number[-4:],
        "networks": {"available": [chosen.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _bank(chosen: Card) -> Thing:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": "stand-in-bank",
        "last4": chosen.number[-4:],
        "networks": None,
        "routing_number": "110000000",
        "status_details": None,
    }


def own(account: Account, method: Thing, customer: Thing) -> Thing:
    """Attach, whatever the card will do later."""
    method["customer"] = customer["id"]
    account.emit("payment_method.attached", method)
    return method


def prefer(account: Account, customer: Thing, method: Thing) -> None:
    """What is charged from now on, by the customer and its subscriptions."""
    with account.changing(customer, "customer.updated"):
        customer["invoice_settings"] = customer["invoice_settings"] | {"default_payment_method": method["id"]}
    for subscription in account.objects.of("subscription", customer=customer["id"], ended_at=None):
        with account.changing(subscription, "customer.subscription.updated"):
            subscription["default_payment_method"] = method["id"]


def charged(account: Account, subscription: Thing) -> Thing | None:
    """The method that pays a subscription's invoices."""
    customer = account.objects.get("customer", subscription["customer"])
    own = customer.get("invoice_settings", {}).get("default_payment_method")  # a deleted customer has no settings
    chosen = subscription["default_payment_method"] or own
    return account.objects.find("payment_method", chosen)


def create(account: Account, given: Thing) -> Thing:
    if given["type"] == "us_bank_account":
        method = new(account, DELAYED, given.get("billing_details"))
    else:
        number = (given.get("card") or {}).get("number")
        if not number:
            raise errors.required("card[number]")
        method = new(account, card(number), given.get("billing_details"))
    method["metadata"] = merged({}, given.get("metadata", {}))
    return method


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("payment_method", id)


def attach(account: Account, given: Thing, id: str) -> Thing:
    """`pm_card_visa` and its like are turned into one of the customer's own."""
    customer = account.objects.get("customer", given["customer"], "customer")
    method = new(account, card(id)) if id.startswith("pm_card_") else account.objects.get("payment_method", id)
    if (decline := account.cards[method["id"]].present) is not None:
        raise errors.declined(decline)
    if method["customer"] not in (None, customer["id"]):
        raise errors.invalid("This PaymentMethod is already attached to another customer.", "id")
    return own(account, method, customer)


def detach(account: Account, _given: Thing, id: str) -> Thing:
    method = account.objects.get("payment_method", id)
    customer = account.objects.find("customer", method["customer"])
    if customer is None:
        raise errors.invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    for subscription in account.objects.of("subscription", default_payment_method=id):
        with account.changing(subscription, "customer.subscription.updated"):
            subscription["default_payment_method"] = None
    if "deleted" not in customer and customer["invoice_settings"]["default_payment_method"] == id:
        with account.changing(customer, "customer.updated"):
            customer["invoice_settings"] = customer["invoice_settings"] | {"default_payment_method": None}
    with account.changing(method, "payment_method.detached"):
        method["customer"] = None
    return method


def list_all(account: Account, given: Thing) -> Thing:
    if not given.get("customer"):
        return page([], given, "/v1/payment_methods")
    return _of(account, given, given["customer"], "customer", "/v1/payment_methods")


def list_of_customer(account: Account, given: Thing, id: str) -> Thing:
    return _of(account, given, id, "id", f"/v1/customers/{id}/payment_methods")


def _of(account: Account, given: Thing, customer: str, param: str, url: str) -> Thing:
    account.objects.get("customer", customer, param)
    kind = {"type": given["type"]} if "type" in given else {}
    return page(account.objects.of("payment_method", customer=customer, **kind), given, url)


ENDPOINTS = [
    Endpoint("POST", "/v1/payment_methods", create, CREATE, ("type",)),
    Endpoint("GET", "/v1/payment_methods", list_all, {**PAGED, "customer": text, "type": KIND}),
    Endpoint("GET", "/v1/payment_methods/{id}", retrieve),
    Endpoint("POST", "/v1/payment_methods/{id}/attach", attach, {"customer": text}, ("customer",)),
    Endpoint("POST", "/v1/payment_methods/{id}/detach", detach),
    Endpoint("GET", "/v1/customers/{id}/payment_methods", list_of_customer, {**PAGED, "type": KIND}),
]
