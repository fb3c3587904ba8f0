"""The API's view of events: listed, and one by one."""

from typing import Any

from standins.stripe.account import Account
from standins.stripe.endpoints import DATED, Endpoint
from standins.stripe.objects import Thing, page
from standins.stripe.parameters import flag, text

SEARCH: dict[str, Any] = {**DATED, "delivery_success": flag, "type": text, "types": [text]}


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("event", id)


def list_all(account: Account, given: Thing) -> Thing:
    found = account.objects.of("event")
    wanted = [*given.get("types", []), *([given["type"]] if given.get("type") else [])]
    if wanted:
        prefixes = tuple(each.removesuffix("*") for each in wanted if each.endswith("*"))
        found = [each for each in found if each["type"] in wanted or each["type"].startswith(prefixes)]
    if "delivery_success" in given:
        found = [each for each in found if (each["pending_webhooks"] == 0) == given["delivery_success"]]
    return page(found, given, "/v1/events")


ENDPOINTS = [
    Endpoint("GET", "/v1/events", list_all, SEARCH),
    Endpoint("GET", "/v1/events/{id}", retrieve),
]
