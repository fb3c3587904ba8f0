"""Every route that reads a body: one that is malformed, of another kind or too large changes nothing."""

import json
from typing import Any

import pytest

from tests.support import admin, factories, http_client
from tests.support.events import request
from tests.support.fault_injection import watched
from tests.support.routes import BODIES, made_up
from tests.support.world import Context, World

KINDS: dict[str, tuple[Any, str, tuple[int, str]]] = {
    "malformed": ('{"name": ', "application/json", (400, "malformed_request")),
    "of another kind": ("name=a", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
    "of no kind": ('{"name": "a"}', "", (415, "unsupported_media_type")),
    "too large": ({"name": "a" * 1_050_000}, "application/json", (413, "payload_too_large")),
    "no object": ("[1, 2]", "application/json", (422, "validation_failed")),
    "of other types": (None, "application/json", (422, "validation_failed")),
    "of unknown fields": ({"surprise": {"a": [1]}}, "application/json", (422, "validation_failed")),
}

# Its fields are the model's own, which says itself what it does not know.
OPEN = ("of unknown fields", "/v1/admin/models/<model_id>/settings")


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_cannot_be_used_is_refused_everywhere_and_changes_nothing(world: World, kind: str) -> None:
    body, content_type, expected = KINDS[kind]
    ids = things(world)
    refused: set[tuple[int, str]] = set()
    before = None
    admin.ask(world, "GET", "/audit")  # from now on there is an administrator

    for module, method, path in list(http_client.routes(world)):
        if (method, path) not in BODIES or (kind, path) == OPEN:
            continue
        text = {name: [7] for name in BODIES[method, path]} if body is None else body
        made = request(
            method,
            path.replace("<project_id>", ids["project_id"]),
            token=token(world, path),
            body=text,
            headers={"content-type": content_type},
        )
        answer = module.lambda_handler(made, Context())
        before = before or world.rows()
        problem = json.loads(answer["body"])
        assert answer["headers"]["Content-Type"] == "application/problem+json"
        assert problem["status"] == answer["statusCode"]
        refused.add((answer["statusCode"], problem["code"]))
        assert world.rows() == before, (method, path)

    assert refused == {expected}


def token(world: World, path: str) -> str:
    """Of somebody who is let in there."""
    return admin.token(world) if path.startswith("/v1/admin/") else world.token("alice")


def things(world: World) -> dict[str, str]:
    image, [job] = factories.queued(world)
    return {"project_id": job.project_id, "image_id": image.id, "job_id": job.id, "batch_id": job.batch_id}


def test_routes_that_need_no_body_do_not_mind_one(world: World) -> None:
    ids = things(world)
    asked = 0

    for module, method, pattern in list(http_client.routes(world)):
        path = pattern
        if (method, path) in BODIES or method == "GET" or "<key_id>" in path or path == "/v1/account":
            continue
        for name, id in ids.items():
            path = path.replace(f"<{name}>", id)
        made = request(method, path, token=token(world, path), body={"surprise": 1})
        answer = module.lambda_handler(made, Context())
        assert answer["statusCode"] < 500, (method, path, answer["body"])
        asked += 1

    assert asked >= 7


@pytest.mark.parametrize("length", [64, 1100, 3000])
def test_no_id_however_long_is_a_fault(world: World, length: int) -> None:
    client = world.table.meta.client
    with watched(client, "UpdateItem") as updates, watched(client, "GetItem") as reads:
        _ask_for_long_ids(world, length)

    asked_for = [call["Key"]["sk"] for call in [*updates, *reads]]
    assert [sort for sort in asked_for if len(sort.encode()) > 1024] == [], "the table would refuse these"


def _ask_for_long_ids(world: World, length: int) -> None:
    for module, method, path in list(http_client.routes(world)):
        if "<" not in path:
            continue
        long = made_up(path).replace("01M7W2Y7M00TN8T8J0FC1BVBAK", "é" * length).replace("key_id", "k" * length)
        made = request(method, long, token=token(world, path), body=BODIES.get((method, path)))
        answer = module.lambda_handler(made, Context())
        assert answer["statusCode"] == 404, (method, path, answer["body"])
