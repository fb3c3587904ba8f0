"""What an API key may do: what its scopes say, and never what only a person decides."""

import re
from typing import Any

import pytest

from realstaging.accounts.api_keys import MAX_KEYS
from realstaging.api.scopes import required_scope
from realstaging.stores import keys
from tests.support import http_client as web
from tests.support.http_client import call
from tests.support.routes import BODIES, made_up
from tests.support.steps import ask, at_once
from tests.support.world import World

PATH = "/v1/account/api-keys"


def key_with(world: World, *scopes: str, owner: str = "alice") -> str:
    body = {"name": "a program"} | ({"scopes": list(scopes)} if scopes else {})
    status, made = ask(world, "POST", PATH, body, owner=owner)
    assert status == 201
    return str(made["key"])


def test_a_key_reads_and_stages_unless_it_is_asked_for_otherwise(world: World) -> None:
    created = ask(world, "POST", PATH, {"name": "usual"})[1]
    ask(world, "POST", PATH, {"name": "narrow", "scopes": ["read"]})

    assert created["scopes"] == ["read", "stage"]
    shown = {item["name"]: item["scopes"] for item in ask(world, "GET", PATH)[1]["items"]}
    assert shown == {"usual": ["read", "stage"], "narrow": ["read"]}


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "read"], "read", ["read", None], [1], None])
def test_scopes_are_some_of_the_three_each_once(world: World, scopes: Any) -> None:
    status, problem = ask(world, "POST", PATH, {"name": "a program", "scopes": scopes})

    assert (status, problem["code"]) == (422, "validation_failed")
    assert all(error["pointer"].startswith("/scopes") for error in problem["errors"])


def test_a_leaked_key_makes_no_keys_and_revokes_none(world: World) -> None:
    mine = ask(world, "POST", PATH, {"name": "the owner's"})[1]["id"]
    leaked = key_with(world, "read", "stage", "account")

    for method, path in (("POST", PATH), ("DELETE", f"{PATH}/{mine}")):
        status, problem, _ = call(world, method, path, token=leaked, body={"name": "b"} if method == "POST" else None)
        assert (status, problem["code"]) == (403, "forbidden"), (method, path)
        assert "access token" in problem["detail"]

    assert {item["name"] for item in ask(world, "GET", PATH)[1]["items"]} == {"the owner's", "a program"}


def test_a_refused_key_is_told_which_scope_it_lacks(world: World) -> None:
    reads = key_with(world, "read")

    status, problem, headers = call(world, "POST", "/v1/projects", token=reads, body={"name": "14 Elm Street"})

    assert (status, problem["code"]) == (403, "forbidden")
    assert "`stage`" in problem["detail"]
    assert 'scope="stage"' in headers["WWW-Authenticate"]
    assert call(world, "GET", "/v1/projects", token=reads)[0] == 200


def test_scopes_do_not_imply_each_other(world: World) -> None:
    stages, account = key_with(world, "stage"), key_with(world, "account")

    assert call(world, "POST", "/v1/projects", token=stages, body={"name": "14 Elm Street"})[0] == 201
    assert call(world, "GET", "/v1/projects", token=stages)[0] == 403
    assert call(world, "PATCH", "/v1/account", token=account, body={"full_name": "Alice"})[0] == 200
    assert call(world, "GET", "/v1/account", token=account)[0] == 403
    assert call(world, "PATCH", "/v1/account", token=stages, body={"full_name": "Eve"})[0] == 403


def test_a_key_made_before_there_were_scopes_reads_and_stages(world: World) -> None:
    secret = key_with(world)
    [row] = [row for row in world.rows() if row["sk"] == "APIKEY"]
    world.table.update_item(Key={"pk": row["pk"], "sk": "APIKEY"}, UpdateExpression="REMOVE scopes")

    assert call(world, "GET", "/v1/projects", token=secret)[0] == 200
    assert call(world, "POST", "/v1/projects", token=secret, body={"name": "a"})[0] == 201
    assert call(world, "PATCH", "/v1/account", token=secret, body={"full_name": "Eve"})[0] == 403
    assert ask(world, "GET", PATH)[1]["items"][0]["scopes"] == ["read", "stage"]


NO_KEY = {
    "POST /v1/account/api-keys",
    "DELETE /v1/account/api-keys/<key_id>",
    "DELETE /v1/account",
    "POST /v1/billing/checkout",
    "POST /v1/billing/portal",
    "PATCH /v1/billing/subscription",
    "POST /v1/billing/subscription/cancel",
    "POST /v1/billing/subscription/resume",
}
ACCOUNT = {"PATCH /v1/account"}
LOOKS = {"POST /v1/account/socket-tickets", "POST /v1/billing/subscription/preview"}


def test_every_route_that_changes_something_has_its_scope(world: World) -> None:
    found: dict[str | None, set[str]] = {None: set(), "account": set(), "read": set(), "stage": set()}
    for _, method, path in web.routes(world):
        if not path.startswith("/v1/admin/") and path != "/docs":
            found[required_scope(method, made_up(path))].add(f"{method} {path}")

    assert found[None] == NO_KEY
    assert found["account"] == ACCOUNT
    assert {route for route in found["read"] if not route.startswith("GET")} == LOOKS
    assert not [route for route in found["stage"] if re.search("/v1/(account|billing)", route)]


def test_no_key_whatever_its_scopes_does_what_only_a_person_may(world: World) -> None:
    secret = key_with(world, "read", "stage", "account")

    for route in sorted(NO_KEY):
        method, path = route.split()
        status, problem, _ = call(world, method, made_up(path), token=secret, body=BODIES.get((method, path)))
        assert (status, problem["code"]) == (403, "forbidden"), route
    assert ask(world, "GET", "/v1/account")[0] == 200


def test_an_address_under_the_account_that_nobody_thought_of_is_closed_to_keys(world: World) -> None:
    secret = key_with(world, "read", "stage", "account")

    assert call(world, "POST", "/v1/billing/unheard-of", token=secret)[0] == 403
    assert call(world, "PUT", "/v1/account/unheard-of", token=secret)[0] == 403


def test_keys_made_at_once_do_not_pass_the_limit(world: World) -> None:
    for number in range(MAX_KEYS - 1):
        ask(world, "POST", PATH, {"name": str(number)})

    answers = at_once(world, 4, lambda process: ask(process, "POST", PATH, {"name": "at once"}))

    assert sorted(status for status, _ in answers) == [201, 409, 409, 409]
    assert len(ask(world, "GET", PATH)[1]["items"]) == MAX_KEYS


def test_keys_made_before_they_were_counted_count(world: World) -> None:
    for number in range(MAX_KEYS - 1):
        ask(world, "POST", PATH, {"name": str(number)})
    world.table.delete_item(Key=keys.api_key_list("alice"))

    assert ask(world, "POST", PATH, {"name": "the twentieth"})[0] == 201
    assert ask(world, "POST", PATH, {"name": "one more"})[0] == 409


def test_the_last_key_revoked_leaves_room_for_twenty(world: World) -> None:
    id = ask(world, "POST", PATH, {"name": "first"})[1]["id"]
    assert ask(world, "DELETE", f"{PATH}/{id}")[0] == 204

    statuses = [ask(world, "POST", PATH, {"name": str(number)})[0] for number in range(MAX_KEYS + 1)]

    assert statuses == [201] * MAX_KEYS + [409]
