"""The API reference: it is what the code says, holds together, names every refusal, and is served to everybody."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from realstaging import __version__
from realstaging.api import openapi
from tests.support import http_client
from tests.support.events import request
from tests.support.http_client import call
from tests.support.world import Context, World
from tools.reference.problems import BY_CODE, catalogue, failure_codes
from tools.reference.routes import ROOT

WHOLE: dict[str, Any] = json.loads(openapi.document())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in WHOLE["paths"].items()
    for method, operation in methods.items()
}


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    found: Any = value
    while "$ref" in found:
        place = WHOLE
        for name in found["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        found = place
    return dict(found)


def answers(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, answer in operation["responses"].items():
        yield status, resolved(answer)


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything with a schema and examples, and where it stands."""
    for route, operation in OPERATIONS.items():
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{route} {kind}", content
        for status, answer in answers(operation):
            for kind, content in answer.get("content", {}).items():
                yield f"{route} {status} {kind}", content


def test_the_committed_files_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.reference", "--check"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": "layers/common"},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr


def test_every_example_is_valid_and_every_content_has_one() -> None:
    for where, content in contents():
        examples = [resolved(each)["value"] for each in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        assert examples or where.startswith(("GET /v1/openapi.json", "GET /docs")), where
        check = Draft202012Validator({**content["schema"], "components": WHOLE["components"]})
        for each in examples:
            assert [error.message for error in check.iter_errors(each)] == [], where


def test_every_code_of_the_catalogue_is_in_the_document() -> None:
    schemas = WHOLE["components"]["schemas"]
    listed = schemas["Problem"]["properties"]["code"]["enum"] + schemas["Failure"]["properties"]["code"]["enum"]

    assert sorted(listed) == sorted(error.code for error in catalogue())
    assert schemas["Failure"]["properties"]["code"]["enum"] == failure_codes()


def test_every_code_a_request_can_be_refused_with_stands_at_some_route() -> None:
    at_routes = {
        name
        for operation in OPERATIONS.values()
        for _, answer in answers(operation)
        for name in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }

    # One is said on a socket, the other where a path has no such route.
    assert at_routes | {"too_many_sockets", "method_not_allowed"} == set(BY_CODE)
    assert "method_not_allowed" in WHOLE["info"]["description"]
    assert "too_many_sockets" in WHOLE["x-websocket"]["description"]


def test_every_operation_names_who_may_what_it_answers_and_how_it_refuses() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in WHOLE["tags"]}
    for route, operation in OPERATIONS.items():
        found = dict(answers(operation))
        public = operation.get("security") == []
        assert operation["summary"], route
        assert set(operation["tags"]) <= tags, route
        assert [status for status in found if status < "300"], route
        assert "500" in found, route
        assert public == ("401" not in found) or "webhooks" in route, route
        assert ("304" in found) == route.startswith("GET "), route
        assert all("X-Request-Id" in answer["headers"] for answer in found.values()), route


def test_the_document_is_about_this_version_and_nothing_of_the_frameworks_is_in_it() -> None:
    text = json.dumps(WHOLE)

    assert WHOLE["openapi"] == "3.1.0"
    assert WHOLE["info"]["version"] == __version__
    assert "HTTPValidationError" not in text
    assert "ResponseValidationError" not in text
    assert WHOLE["components"]["schemas"]["UploadRequest"]["properties"]["files"]["items"]["$ref"].endswith(
        "UploadFile"
    )


def test_the_document_is_served_to_everybody_and_known_again(world: World) -> None:
    status, body, headers = call(world, "GET", "/v1/openapi.json", owner=None)

    assert (status, body) == (200, WHOLE)
    assert headers["Content-Type"] == "application/json"
    again = call(world, "GET", "/v1/openapi.json", owner=None, headers={"if-none-match": headers["ETag"]})
    assert (again[0], again[1]) == (304, {})


def served(world: World, **headers: str) -> dict[str, Any]:
    made = request("GET", "/docs", headers=headers)
    answer: dict[str, Any] = world.function("jobs_api").lambda_handler(made, Context())
    return answer


def test_the_page_is_served_to_everybody_and_known_again(world: World) -> None:
    answer = served(world)

    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert served(world, **{"if-none-match": answer["headers"]["ETag"]})["statusCode"] == 304


def test_the_page_needs_nothing_but_itself(world: World) -> None:
    answer = served(world)
    policy = answer["headers"]["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.findall(r"<script|<link|<img|\sstyle=|\son\w+=|(?:src|href)=\"(?:https?:)?//", answer["body"])


@pytest.mark.parametrize("route", OPERATIONS)
def test_the_page_shows_every_operation(route: str) -> None:
    page, _ = openapi.page()

    assert f'<article id="{OPERATIONS[route]["operationId"]}"' in page
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= set(re.findall(r'id="([^"]+)"', page))


def test_the_routes_of_the_functions_are_the_routes_of_the_document(world: World) -> None:
    known = {f"{method} {path.replace('<', '{').replace('>', '}')}" for _, method, path in http_client.routes(world)}

    assert known == {route for route in OPERATIONS if "/webhooks/" not in route}
