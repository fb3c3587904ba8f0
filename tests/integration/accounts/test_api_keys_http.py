"""API keys: shown once, kept as a hash, good until revoked, and never for more than their owner may."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from realstaging.stores import keys
from tests.support.fault_injection import watched
from tests.support.http_client import call
from tests.support.steps import ask
from tests.support.world import World

PATH = "/v1/account/api-keys"


def made(world: World, name: str = "a program", owner: str = "alice") -> tuple[str, str]:
    """Its id and its secret."""
    status, key = ask(world, "POST", PATH, {"name": name}, owner=owner)
    assert status == 201
    return key["id"], key["key"]


def test_a_key_is_shown_once_and_only_its_hash_is_kept(world: World) -> None:
    id, secret = made(world, "  a program ")

    assert secret not in json.dumps(world.rows(), default=str)
    [row] = [row for row in world.rows() if row["sk"] == "APIKEY"]
    assert row["pk"] == f"APIKEY#{hashlib.sha256(secret.encode()).hexdigest()}"
    listed = ask(world, "GET", PATH)[1]
    assert listed["next_cursor"] is None
    [shown] = listed["items"]
    assert (shown["id"], shown["name"], shown["last_used_at"]) == (id, "a program", None)
    assert secret.startswith(shown["prefix"])
    assert len(shown["prefix"]) < 16
    assert {"key", "hashed", "owner"}.isdisjoint(shown)
    assert len(secret) > 40


def test_a_key_opens_what_its_owner_may_see_and_its_use_is_noted(world: World) -> None:
    id, secret = made(world)
    project = ask(world, "POST", "/v1/projects", {"name": "14 Elm Street"})[1]
    ask(world, "POST", "/v1/projects", {"name": "15 Oak Street"}, owner="bob")

    status, page, _ = call(world, "GET", "/v1/projects", token=secret)

    assert (status, [item["id"] for item in page["items"]]) == (200, [project["id"]])
    [shown] = ask(world, "GET", PATH)[1]["items"]
    assert shown["id"] == id
    assert datetime.now(UTC) - datetime.fromisoformat(shown["last_used_at"]) < timedelta(hours=1)
    with watched(world.table.meta.client, "UpdateItem") as calls:
        for _ in range(3):
            call(world, "GET", "/v1/projects", token=secret)
    assert calls == [], "once in a while is enough"


@pytest.mark.parametrize("wrong", ["rsk_", "rsk_x", "rsk_" + "a" * 43, "RSK_{}", "{}a", "x{}"])
def test_what_is_nearly_a_key_opens_nothing(world: World, wrong: str) -> None:
    _, secret = made(world)

    status, problem, _ = call(world, "GET", "/v1/projects", token=wrong.format(secret))

    assert (status, problem["code"]) == (401, "unauthorized")


def test_a_revoked_key_opens_nothing_from_now_on(world: World) -> None:
    id, secret = made(world)
    kept, other = made(world)
    assert call(world, "GET", "/v1/projects", token=secret)[0] == 200

    assert ask(world, "DELETE", f"{PATH}/{id}") == (204, {})

    assert call(world, "GET", "/v1/projects", token=secret)[0] == 401
    assert call(world, "GET", "/v1/projects", token=other)[0] == 200
    assert [item["id"] for item in ask(world, "GET", PATH)[1]["items"]] == [kept]
    assert ask(world, "DELETE", f"{PATH}/{id}")[1]["code"] == "not_found"


def test_a_use_that_meets_the_revocation_does_not_bring_the_key_back(world: World) -> None:
    id, secret = made(world)
    module = world.function("account_api")
    read = module.keys.find(hashlib.sha256(secret.encode()).hexdigest())
    ask(world, "DELETE", f"{PATH}/{id}")

    module.keys.note_use(read, world.clock.at)

    assert world.table.get_item(Key=keys.api_key(read.hashed)).get("Item") is None


def test_another_owners_key_is_not_there(world: World) -> None:
    id, secret = made(world, owner="bob")

    theirs, made_up = [ask(world, "DELETE", f"{PATH}/{each}") for each in (id, "key_01M7W2Y7M00TN8T8J0FC1BVBAK")]

    assert theirs == made_up
    assert theirs[0] == 404
    assert ask(world, "GET", PATH)[1]["items"] == []
    assert call(world, "GET", "/v1/projects", token=secret)[0] == 200


def test_an_account_has_twenty_keys_and_no_more(world: World) -> None:
    ids = []
    for number in range(20):
        world.clock.forward(seconds=1)
        ids.append(made(world, str(number))[0])

    status, problem = ask(world, "POST", PATH, {"name": "one more"})

    assert (status, problem["code"]) == (409, "too_many_api_keys")
    assert [item["name"] for item in ask(world, "GET", PATH)[1]["items"]][:2] == ["19", "18"]
    ask(world, "DELETE", f"{PATH}/{ids[3]}")
    assert ask(world, "POST", PATH, {"name": "one more"})[0] == 201


def test_an_administrators_key_is_no_administrator(world: World, issuer: str) -> None:
    claims = {"sub": "root", "roles": ["admin"]}
    token = httpx.post(f"{issuer}_mint", json=claims).json()["access_token"]
    secret = call(world, "POST", PATH, token=token, body={"name": "a program"})[1]["key"]

    caller = world.function("jobs_api").gate(f"Bearer {secret}")

    assert (caller.owner, caller.role) == ("root", "user")
