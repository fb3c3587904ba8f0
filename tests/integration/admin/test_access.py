"""Administrators alone: every route below /v1/admin, whatever it is asked."""

from typing import Any

import pytest

from tests.support import admin, http_client
from tests.support.admin import ask, token
from tests.support.events import request
from tests.support.http_client import call
from tests.support.world import Context, World

UNKNOWN = [
    ("GET", "/v1/admin/nothing"),
    ("DELETE", "/v1/admin/models/a"),
    ("POST", "/v1/admin/"),
    ("PUT", "/v1/admin/x/y"),
]


def every_route(world: World) -> list[tuple[str, str]]:
    known = [(method, path) for _, method, path in http_client.routes(world) if path.startswith("/v1/admin/")]
    assert len(known) >= 14
    return [*((method, path.replace("<", "").replace(">", "")) for method, path in known), *UNKNOWN]


def answer(world: World, method: str, path: str, token: str | None, body: Any = None) -> tuple[int, str]:
    made = world.function("admin_api").lambda_handler(request(method, path, token=token, body=body), Context())
    return made["statusCode"], made["body"]


def others(world: World) -> list[dict[str, Any]]:
    """All rows but those of people and keys that a request leaves behind."""
    return [row for row in world.rows() if row["sk"] not in ("PROFILE", "APIKEY")]


def test_without_a_token_nothing_is_told(world: World) -> None:
    for method, path in every_route(world):
        assert answer(world, method, path, None)[0] == 401, (method, path)
    assert world.rows() == []


@pytest.mark.parametrize("body", [None, {}, {"value": 1}, "{", "[]"])
def test_whoever_is_no_administrator_is_refused_before_anything_is_looked_at(world: World, body: Any) -> None:
    for method, path in every_route(world):
        status, text = answer(world, method, path, world.token("alice"), body)
        assert (status, '"code": "forbidden"' in text) == (403, True), (method, path, text)
    assert others(world) == []


def test_the_key_of_an_administrator_is_a_programs(world: World) -> None:
    status, made, _ = call(world, "POST", "/v1/account/api-keys", token=token(world), body={"name": "a program"})
    assert status == 201
    before = others(world)

    for method, path in every_route(world):
        assert answer(world, method, path, made["key"])[0] == 403, (method, path)
        assert answer(world, method, path, made["key"] + "x")[0] == 401, (method, path)

    assert others(world) == before


def test_an_administrator_is_let_in(world: World) -> None:
    assert ask(world, "GET", "/models")[0] == 200
    assert ask(world, "GET", "/settings")[0] == 200
    assert ask(world, "GET", "/audit")[0] == 200


def test_what_is_not_there_is_not_found(world: World) -> None:
    for method, path in UNKNOWN:
        status = answer(world, method, path, token(world))[0]
        # A path that there is, with another method, says so; to an administrator only.
        assert status == (405 if path == "/v1/admin/models/a" else 404), (method, path)


def role(world: World, owner: str, role: str) -> None:
    world.table.update_item(
        Key={"pk": f"USER#{owner}", "sk": "PROFILE"},
        UpdateExpression="SET #role = :role, role_set = :yes",
        ExpressionAttributeNames={"#role": "role"},
        ExpressionAttributeValues={":role": role, ":yes": True},
    )


def test_a_demotion_counts_at_once_whatever_the_token_says(world: World) -> None:
    assert ask(world, "GET", "/models")[0] == 200

    role(world, "root", "user")

    assert ask(world, "GET", "/models")[0] == 403


def test_a_promotion_counts_at_once(world: World) -> None:
    assert ask(world, "GET", "/models", by="root")[0] == 200
    assert call(world, "GET", "/v1/admin/models", owner="alice")[0] == 403

    role(world, "alice", "admin")

    assert call(world, "GET", "/v1/admin/models", owner="alice")[0] == 200


def test_who_is_being_deleted_administers_nothing(world: World) -> None:
    assert ask(world, "GET", "/models")[0] == 200
    assert call(world, "DELETE", "/v1/account", token=token(world))[0] == 204

    assert ask(world, "GET", "/models")[0] == 403


@pytest.mark.parametrize(
    "path", [admin.model(admin.BANANA), "/models/google/nano-banana", "/models/google%2fnano-banana"]
)
def test_an_id_with_a_slash_is_understood_however_the_gateway_hands_it_on(world: World, path: str) -> None:
    status, text = answer(world, "GET", f"/v1/admin{path}", token(world))
    assert (status, '"id":"google/nano-banana"' in text) == (200, True)

    assert answer(world, "POST", f"/v1/admin{path}/disable", token(world))[0] == 200
    status, text = answer(world, "GET", f"/v1/admin{path}/history", token(world))
    assert (status, '"enabled":false' in text) == (200, True)


def test_changes_are_counted_and_reads_are_not(world: World) -> None:
    world.clock.forward(seconds=60 - world.clock.at.timestamp() % 60)
    path = f"/v1/admin{admin.setting('jobs.max_attempts')}"

    _, _, read = call(world, "GET", path, token=token(world))
    _, _, first = call(world, "PUT", path, token=token(world), body={"value": 4})
    _, _, second = call(world, "POST", f"/v1/admin{admin.model(admin.BANANA, '/disable')}", token=token(world))

    assert "RateLimit-Remaining" not in read
    assert int(second["RateLimit-Remaining"]) == int(first["RateLimit-Remaining"]) - 1


def test_over_the_limit_nothing_is_changed(world: World) -> None:
    module = world.function("admin_api")
    limits = world.settings.rates.model_copy(update={"creations": 1})
    module.app.limits = limits

    answers = [ask(world, "PUT", admin.setting("jobs.max_attempts"), {"value": value})[0] for value in (4, 5)]

    assert answers == [200, 429]
    assert admin.live(world).settings["jobs.max_attempts"].value == 4
