"""Customers: create, retrieve, update, list, delete."""

from standins.stripe import errors, lifecycle, objects
from standins.stripe.account import Account
from standins.stripe.objects import Thing, page
from standins.stripe.requests import DATED, Endpoint, merged, pairs, text

ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), text)
FIELDS = {
    "address": ADDRESS,
    "description": text,
    "email": text,
    "invoice_settings": {"default_payment_method": text},
    "metadata": pairs,
    "name": text,
    "phone": text,
}


def create(account: Account, given: Thing) -> Thing:
    customer = account.thing(
        "customer",
        "cus_",
        objects.SHORT_ID,
        balance=0,
        delinquent=False,
        invoice_prefix=objects.new_invoice_prefix(),
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        next_invoice_sequence=1,
        preferred_locales=[],
        tax_exempt="none",
    )
    _set(account, customer, given)
    return account.created(customer)


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    """A deleted customer is returned as `{id, object, deleted}`."""
    return account.objects.get("customer", id)


def update(account: Account, given: Thing, id: str) -> Thing:
    customer = get_active(account, id, "id")
    with account.changing(customer, "customer.updated"):
        _set(account, customer, given)
    return customer


def delete(account: Account, _given: Thing, id: str) -> Thing:
    customer = get_active(account, id, "id")
    for subscription in account.objects.of("subscription", customer=id):
        if subscription["ended_at"] is None:
            lifecycle.end(account, subscription, "cancellation_requested")
    account.emit("customer.deleted", customer)
    return account.objects.add({"id": id, "object": "customer", "deleted": True})


def list_all(account: Account, given: Thing) -> Thing:
    equal = {"email": given["email"]} if given.get("email") else {}
    found = [each for each in account.objects.of("customer", **equal) if "deleted" not in each]
    return page(found, given, "/v1/customers")


def get_active(account: Account, id: str, param: str = "customer") -> Thing:
    """A customer that is not deleted. Raises StripeError."""
    customer = account.objects.get("customer", id, param)
    if "deleted" in customer:
        raise errors.missing("customer", id, param)
    return customer


def _set(account: Account, customer: Thing, given: Thing) -> None:
    for name in FIELDS.keys() & given.keys() - {"metadata", "invoice_settings"}:
        customer[name] = given[name]
    if given.get("invoice_settings"):
        method = given["invoice_settings"].get("default_payment_method")
        if method is not None:
            account.objects.get("payment_method", method, "invoice_settings[default_payment_method]")
        customer["invoice_settings"] = customer["invoice_settings"] | {"default_payment_method": method}
    customer["metadata"] = merged(customer["metadata"], given.get("metadata", {}))


ENDPOINTS = [
    Endpoint("POST", "/v1/customers", create, FIELDS),
    Endpoint("GET", "/v1/customers", list_all, {**DATED, "email": text}),
    Endpoint("GET", "/v1/customers/{id}", retrieve),
    Endpoint("POST", "/v1/customers/{id}", update, FIELDS),
    Endpoint("DELETE", "/v1/customers/{id}", delete),
]
