"""What every route has in common: who may in, what a body must be, and how a refusal looks."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.support import factories, http_client
from tests.support.events import event, request
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.routes import BODIES, UPLOAD, made_up
from tests.support.world import Context, World


def test_health_is_public(world: World) -> None:
    answer = world.run("jobs_api", event("http-get-health"))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["status"] == "ok"
    assert answer["headers"]["X-Request-Id"] == event("http-get-health")["requestContext"]["requestId"]


def test_no_route_but_the_public_ones_answers_a_stranger(world: World) -> None:
    open_to_all = set()

    for module, method, path in http_client.routes(world):
        made = request(method, made_up(path), body=BODIES.get((method, path)))
        answer = module.lambda_handler(made, Context())
        assert answer["headers"]["X-Request-Id"]
        if answer["statusCode"] != 401:
            open_to_all.add(path)
            continue
        body = json.loads(answer["body"])
        assert body["code"] == "unauthorized", path
        assert answer["headers"]["WWW-Authenticate"] == "Bearer"
        assert answer["headers"]["Content-Type"] == "application/problem+json"

    assert open_to_all <= {"/v1/health", "/v1/capabilities", "/v1/openapi.json", "/docs", "/v1/billing/plans"}
    assert world.rows() == []


BROKEN: dict[str, dict[str, Any]] = {
    "expired": {"expires_in": -60},
    "without an end": {"expires_in": None},
    "for another audience": {"claims": {"aud": "https://api.example.test"}},
    "of another issuer": {"claims": {"iss": "https://issuer.example.test/"}},
    "not valid yet": {"claims": {"nbf": 4_102_444_800}},
    "from the future": {"claims": {"iat": 4_102_444_800}},
    "an ID token": {"kind": "id"},
    "a logout token": {"typ": "logout+jwt"},
    "signed by a stranger": {"signed_by": "stranger"},
    "signed with the public key": {"alg": "HS256"},
    "not signed": {"alg": "none"},
    "of an unknown key": {"kid": "unknown"},
    "of nobody": {"claims": {"sub": None}},
    "of an empty name": {"sub": ""},
    "of an endless name": {"sub": "a" * 500},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_token_that_is_not_quite_right_opens_nothing(world: World, issuer: str, kind: str) -> None:
    minted = httpx.post(f"{issuer}_mint", json={"sub": "alice"} | BROKEN[kind]).json()["access_token"]

    status, body, _ = call(world, "GET", "/v1/projects", token=minted)

    assert (status, body["code"]) == (401, "unauthorized")
    assert world.rows() == []


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer x", "Bearer a.b.c", "Bearer " + "a" * 9000]
)
def test_what_is_no_token_opens_nothing(world: World, header: str) -> None:
    status, _, _ = call(world, "GET", "/v1/projects", owner=None, headers={"authorization": header})

    assert status == 401


def test_a_token_in_the_query_string_is_not_accepted(world: World) -> None:
    status, _, _ = call(world, "GET", "/v1/projects", owner=None, query={"access_token": world.token("alice")})

    assert status == 401


def test_the_first_request_makes_the_user_and_the_next_ones_leave_it(world: World) -> None:
    for _ in range(3):
        assert call(world, "GET", "/v1/projects")[0] == 200

    [row] = world.rows()
    assert (row["sk"], row["owner"]) == ("PROFILE", "alice")


def test_somebody_elses_things_look_exactly_like_things_that_are_not_there(world: World) -> None:
    image, [job] = factories.queued(world, owner="bob")
    theirs = {"project_id": job.project_id, "image_id": image.id, "job_id": job.id, "batch_id": job.batch_id}
    asked = 0

    for module, method, path in http_client.routes(world):
        names = [name for name in theirs if f"<{name}>" in path]
        if not names or path.startswith("/v1/admin/"):
            continue
        asked += 1
        real = path.replace(f"<{names[0]}>", theirs[names[0]])
        answers = []
        for each in (real, made_up(path)):
            made = request(method, each, token=world.token("alice"), body=BODIES.get((method, path)))
            answer = module.lambda_handler(made, Context())
            # How often one may still ask is the same for everybody's ids.
            kept = {name: value for name, value in answer["headers"].items() if not name.startswith("RateLimit-")}
            answers.append((answer["statusCode"], kept, answer["body"]))
        assert answers[0] == answers[1], path
        assert answers[0][0] == 404, (method, path, answers[0][2])
        assert json.loads(answers[0][2])["code"] == "not_found"

    assert asked >= 8
    assert world.jobs.get("bob", job.id) == job
    assert world.images.get("bob", image.id) == image


def test_nobody_uploads_into_somebody_elses_project(world: World) -> None:
    theirs = factories.project(world, "bob")

    refusals = [
        call(world, "POST", "/v1/uploads", body={"project_id": project_id, "files": [UPLOAD]})
        for project_id in (theirs.id, "prj_01M7W2Y7M00TN8T8J0FC1BVBAK")
    ]

    assert refusals[0][:2] == refusals[1][:2]
    assert refusals[0][0] == 404
    assert not [row for row in world.rows() if row["sk"].startswith(("IMAGE#", "BATCH#"))]


def test_lists_show_nothing_of_others(world: World) -> None:
    _, [job] = factories.queued(world, owner="bob")

    assert call(world, "GET", "/v1/projects")[1]["items"] == []
    assert call(world, "GET", "/v1/jobs")[1]["items"] == []
    assert call(world, "GET", "/v1/jobs", query={"batch_id": job.batch_id})[1]["items"] == []
    assert call(world, "GET", "/v1/jobs", query={"project_id": job.project_id})[1]["items"] == []


@pytest.mark.parametrize("text", ["{", "", "nonsense", '{"name": "a"', "[" * 100_000, '{"a":1}{"b":2}'])
def test_a_body_that_is_no_json_is_malformed(world: World, text: str) -> None:
    status, body, headers = call(world, "POST", "/v1/projects", body=text, headers={"content-type": "application/json"})

    assert status in ((400, 422) if not text else (400, 413))
    assert body["code"] in ("malformed_request", "validation_failed", "payload_too_large")
    assert headers["X-Request-Id"] == body["request_id"]


def test_a_deep_body_is_malformed_and_no_fault(world: World) -> None:
    status, body, _ = call(world, "POST", "/v1/projects", body="[" * 30_000)

    assert (status, body["code"]) == (400, "malformed_request")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_kind_is_not_read(world: World, kind: str) -> None:
    status, body, _ = call(world, "POST", "/v1/projects", body={"name": "a"}, headers={"content-type": kind})

    assert (status, body["code"]) == (415, "unsupported_media_type")


def test_the_kind_of_a_body_may_name_its_charset(world: World) -> None:
    kind = {"content-type": "Application/JSON; charset=utf-8"}

    assert call(world, "POST", "/v1/projects", body={"name": "a"}, headers=kind)[0] == 201


def test_a_body_that_is_too_large_is_not_read(world: World) -> None:
    status, body, _ = call(world, "POST", "/v1/projects", body={"name": "a" * 1_100_000})

    assert (status, body["code"]) == (413, "payload_too_large")


def test_a_body_sent_as_base64_is_the_same_body(world: World) -> None:
    made = request("POST", "/v1/projects", token=world.token("alice"), body={"name": "14 Elm Street"})
    made |= {"body": base64.b64encode(made["body"].encode()).decode(), "isBase64Encoded": True}

    answer = world.run("jobs_api", made)

    assert (answer["statusCode"], json.loads(answer["body"])["name"]) == (201, "14 Elm Street")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"name": "a" * 101}, ["/name"]),
        ({"name": 7}, ["/name"]),
        ({"name": "a", "owner": "bob"}, ["/owner"]),
    ],
)
def test_what_is_wrong_with_a_body_is_pointed_at(world: World, body: Any, pointers: list[str]) -> None:
    status, problem, _ = call(world, "POST", "/v1/projects", body=body)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in problem["errors"]] == pointers
    assert all(each["message"] for each in problem["errors"])


@pytest.mark.parametrize("body", [[], 7, None, "text"])
def test_a_body_that_is_no_object_is_refused(world: World, body: Any) -> None:
    status, problem, _ = call(world, "POST", "/v1/projects", body=json.dumps(body))

    assert (status, problem["code"]) == (422, "validation_failed")


def test_an_address_nobody_serves_is_not_found(world: World) -> None:
    status, body, headers = call(world, "GET", "/v1/nothing/here")

    assert (status, body["code"]) == (404, "not_found")
    assert headers["X-Request-Id"]


@pytest.mark.parametrize("id", ["job_" + "x" * 3000, "..", "job_%00", "job_'; DROP TABLE", "{}", "é"])
def test_a_strange_id_is_not_found(world: World, id: str) -> None:
    status, body, _ = call(world, "GET", f"/v1/jobs/{id}")

    assert (status, body["code"]) == (404, "not_found")


def test_a_fault_says_nothing_but_where_to_look(world: World) -> None:
    with faulty(world.table.meta.client, "Query", CrashError("the secret cause")):
        status, body, headers = call(world, "GET", "/v1/jobs")

    assert (status, body["code"], body["retryable"]) == (500, "internal_error", True)
    assert "secret cause" not in json.dumps(body)
    assert headers["X-Request-Id"] == body["request_id"]


def test_the_issuer_is_down_and_its_last_keys_still_count(world: World, issuer: str) -> None:
    assert call(world, "GET", "/v1/projects")[0] == 200
    httpx.post(f"{issuer}_script", json={"jwks": "down"})
    try:
        assert call(world, "GET", "/v1/projects")[0] == 200
        world.loaded.clear()  # a new process, which has no keys yet
        status, body, _ = call(world, "GET", "/v1/projects")
    finally:
        httpx.delete(f"{issuer}_script")

    assert (status, body["code"], body["retryable"]) == (503, "provider_unavailable", True)
