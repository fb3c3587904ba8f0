"""Products and their prices: prices never change, lookup keys move from one to the next."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from standins.stripe import errors, objects
from standins.stripe.account import Account
from standins.stripe.objects import Thing, page
from standins.stripe.requests import DATED, Endpoint, amount, flag, merged, one_of, pairs, text, whole

CONFIG = Path(__file__).parents[2] / "config"
INTERVALS = ("day", "week", "month", "year")
PRODUCT = {"active": flag, "description": text, "metadata": pairs, "name": text}
PRICE = {"active": flag, "lookup_key": text, "metadata": pairs, "nickname": text, "transfer_lookup_key": flag}
NEW_PRICE: dict[str, Any] = {
    **PRICE,
    "currency": text,
    "product": text,
    "product_data": {"id": text, "name": text, "metadata": pairs, "active": flag},
    "recurring": {"interval": one_of(*INTERVALS), "interval_count": whole, "usage_type": one_of("licensed")},
    "unit_amount": amount,
}
SEARCH: dict[str, Any] = {
    **DATED,
    "active": flag,
    "currency": text,
    "lookup_keys": [text],
    "product": text,
    "recurring": {"interval": one_of(*INTERVALS)},
    "type": one_of("one_time", "recurring"),
}


def create_product(account: Account, given: Thing) -> Thing:
    if given.get("id") and account.objects.find("product", given["id"]):
        raise errors.invalid("Product already exists.", "id", code="resource_already_exists")
    product = account.thing(
        "product",
        "prod_",
        objects.SHORT_ID,
        active=True,
        images=[],
        marketing_features=[],
        name=given["name"],
        type="service",
        updated=account.now,
    )
    _set(product, given)
    return account.created(product)


def retrieve_product(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("product", id)


def update_product(account: Account, given: Thing, id: str) -> Thing:
    product = account.objects.get("product", id)
    with account.changing(product, "product.updated"):
        _set(product, given)
    return product


def list_products(account: Account, given: Thing) -> Thing:
    found = account.objects.of("product", **({"active": given["active"]} if "active" in given else {}))
    wanted = given.get("ids")
    return page([each for each in found if not wanted or each["id"] in wanted], given, "/v1/products")


def create_price(account: Account, given: Thing) -> Thing:
    if "unit_amount" not in given:
        raise errors.required("unit_amount")
    if bool(given.get("product")) == bool(given.get("product_data")):
        raise errors.invalid("You must specify either `product` or `product_data` when creating a price.")
    product = given.get("product")
    if product:
        account.objects.get("product", product, "product")
    recurring, cents = given.get("recurring"), given["unit_amount"]
    if recurring is not None and not recurring.get("interval"):
        raise errors.required("recurring[interval]")
    _free_key(account, given)
    price = account.thing(
        "price",
        "price_",
        active=True,
        billing_scheme="per_unit",
        currency=given["currency"].lower(),
        product=product or create_product(account, given["product_data"])["id"],
        recurring=recurring and _recurring(recurring),
        tax_behavior="unspecified",
        type="recurring" if recurring else "one_time",
        unit_amount=cents,
        unit_amount_decimal=str(cents),
    )
    _set(price, given)
    return account.created(price)


def _recurring(given: Thing) -> Thing:
    return {"interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": "licensed"} | given


def retrieve_price(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("price", id)


def update_price(account: Account, given: Thing, id: str) -> Thing:
    price = account.objects.get("price", id)
    _free_key(account, given, price)
    with account.changing(price, "price.updated"):
        _set(price, given)
    for subscription in account.objects.of("subscription"):
        for item in subscription["items"]["data"]:
            if item["price"] is price:
                item["plan"] = plan(price)
    return price


def list_prices(account: Account, given: Thing) -> Thing:
    equal = {name: given[name] for name in ("active", "currency", "product", "type") if name in given}
    keys, interval = given.get("lookup_keys"), (given.get("recurring") or {}).get("interval")
    found = [
        each
        for each in account.objects.of("price", **equal)
        if (not keys or each["lookup_key"] in keys)
        and (not interval or (each["recurring"] or {}).get("interval") == interval)
    ]
    return page(found, given, "/v1/prices")


def _free_key(account: Account, given: Thing, own: Thing | None = None) -> None:
    """A lookup key belongs to one price; `transfer_lookup_key` takes it from another."""
    key = given.get("lookup_key")
    for other in account.objects.of("price", lookup_key=key) if key else []:
        if other is own:
            continue
        if not given.get("transfer_lookup_key"):
            raise errors.invalid(f"A price (`{other['id']}`) already uses that lookup key.", "lookup_key")
        with account.changing(other, "price.updated"):
            other["lookup_key"] = None


def _set(thing: Thing, given: Thing) -> None:
    for name in ("active", "description", "id", "lookup_key", "name", "nickname"):
        if name in given and name in thing:
            thing[name] = given[name]
    thing["metadata"] = merged(thing["metadata"], given.get("metadata", {}))


def plan(price: Thing) -> Thing:
    """The legacy form of a recurring price, which items still have."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def seed(account: Account) -> None:
    """Create the plans of the settings. They existed before, so there are no webhooks."""
    url, account.deliveries.url = account.deliveries.url, None
    for id, name, cents in account.settings.plans:
        given = {"name": name, "metadata": {"plan": id}}
        price = {"currency": "usd", "unit_amount": cents, "recurring": {"interval": "month"}, "product_data": given}
        create_price(account, price | {"lookup_key": f"realstaging_{id}_monthly", "metadata": {"plan": id}})
    account.deliveries.url = url


def plans_of_config() -> tuple[tuple[str, str, int], ...]:
    """The paid plans of `config/`: id, name, cents."""
    base, own = (_plans(name) for name in ("base", "local"))
    plans = {id: base.get(id, {}) | own.get(id, {}) for id in base | own}
    cents = {id: int(Decimal(plan["price_usd"]) * 100) for id, plan in plans.items()}
    return tuple((id, plan["name"], cents[id]) for id, plan in plans.items() if cents[id])


def _plans(name: str) -> dict[str, Any]:
    settings = yaml.safe_load((CONFIG / f"{name}.yaml").read_text())
    plans: dict[str, Any] = settings.get("plans") or {}
    return plans


ENDPOINTS = [
    Endpoint("POST", "/v1/products", create_product, {**PRODUCT, "id": text}, ("name",)),
    Endpoint("GET", "/v1/products", list_products, {**DATED, "active": flag, "ids": [text]}),
    Endpoint("GET", "/v1/products/{id}", retrieve_product),
    Endpoint("POST", "/v1/products/{id}", update_product, PRODUCT),
    Endpoint("POST", "/v1/prices", create_price, NEW_PRICE, ("currency",)),
    Endpoint("GET", "/v1/prices", list_prices, SEARCH),
    Endpoint("GET", "/v1/prices/{id}", retrieve_price),
    Endpoint("POST", "/v1/prices/{id}", update_price, PRICE),
]
