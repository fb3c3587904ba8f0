"""Payment methods: the test cards and what each does, and a bank account with delayed payments."""

from dataclasses import dataclass
from typing import Any

from standins.stripe import errors
from standins.stripe.account import Account
from standins.stripe.objects import Thing, page
from standins.stripe.requests import PAGED, Endpoint, merged, one_of, pairs, text, whole


@dataclass(frozen=True)
class Card:
    number: str
    brand: str
    present: str | None = None  # decline code while the customer is present
    later: str | None = None  # decline code of later charges


DELAYED = Card("000123456789", "us_bank_account")
CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", "visa"),
        Card("5555555555554444", "mastercard"),
        Card("378282246310005", "amex"),
        Card("4000000000000341", "visa", later="generic_decline"),
        Card("4000000000009995", "visa", "insufficient_funds", "insufficient_funds"),
        Card("4000000000000069", "visa", "expired_card", "expired_card"),
        Card("4000000000000002", "visa", "generic_decline", "generic_decline"),
        Card("4000002500003155", "visa", later="authentication_required"),
    )
}
TEST_METHODS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_authenticationRequired": "4000002500003155",
}


def find_card(number: str) -> Card:
    """By number (blanks allowed), by the name of a test payment method, or `delayed`."""
    bare = "".join(number.split())
    if bare == "delayed":
        return DELAYED
    found = CARDS.get(TEST_METHODS.get(bare, bare))
    if found is None:
        raise errors.declined("incorrect_number", param="number")
    return found


KIND = one_of("card", "us_bank_account")
BILLING = {"email": text, "name": text, "phone": text}
CREATE: dict[str, Any] = {
    "type": KIND,
    "card": {"number": text, "exp_month": whole, "exp_year": whole, "cvc": text},
    "billing_details": BILLING,
    "metadata": pairs,
}


def new(account: Account, chosen: Card, billing: Thing | None = None) -> Thing:
    """A payment method without a customer."""
    method = account.thing(
        "payment_method",
        "pm_",
        allow_redisplay="unspecified",
        billing_details={"address": None, "email": None, "name": None, "phone": None, "tax_id": None} | (billing or {}),
    )
    kind = "us_bank_account" if chosen is DELAYED else "card"
    method |= {"type": kind, kind: _bank_fields(chosen) if chosen is DELAYED else _card_fields(chosen)}
    account.cards[method["id"]] = chosen
    return account.objects.add(method)


def _card_fields(chosen: Card) -> Thing:
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


def _bank_fields(chosen: Card) -> Thing:
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


def attach_to(account: Account, method: Thing, customer: Thing) -> Thing:
    """Attach without a check of the card."""
    method["customer"] = customer["id"]
    account.emit("payment_method.attached", method)
    return method


def make_default(account: Account, customer: Thing, method: Thing) -> None:
    """Make it the default of the customer and its subscriptions."""
    with account.changing(customer, "customer.updated"):
        customer["invoice_settings"] = customer["invoice_settings"] | {"default_payment_method": method["id"]}
    for subscription in account.objects.of("subscription", customer=customer["id"], ended_at=None):
        with account.changing(subscription, "customer.subscription.updated"):
            subscription["default_payment_method"] = method["id"]


def default_method(account: Account, subscription: Thing) -> Thing | None:
    """The method that pays a subscription's invoices, or None."""
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
        method = new(account, find_card(number), given.get("billing_details"))
    method["metadata"] = merged({}, given.get("metadata", {}))
    return method


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("payment_method", id)


def attach(account: Account, given: Thing, id: str) -> Thing:
    """`pm_card_visa` and the like become a new method of the customer."""
    customer = account.objects.get("customer", given["customer"], "customer")
    method = new(account, find_card(id)) if id.startswith("pm_card_") else account.objects.get("payment_method", id)
    if (decline := account.cards[method["id"]].present) is not None:
        raise errors.declined(decline)
    if method["customer"] not in (None, customer["id"]):
        raise errors.invalid("This PaymentMethod is already attached to another customer.", "id")
    return attach_to(account, method, customer)


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
