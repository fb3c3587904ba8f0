"""Input is what it says or it is refused: UTF-8, each name once, whole numbers, names that show what they hold."""

import base64
import json
from typing import Any

import pytest

from tests.support import factories
from tests.support.events import request
from tests.support.http_client import call
from tests.support.steps import ask
from tests.support.world import World

FILE = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 9}
HIDDEN = ["\x07", "\n", "\t", "\x7f", "\x85", "\u202e", "\u2066", "\u200f", "\u061c", "\u2028"]
SHOWN = [
    "Küche",
    "Ku\u0308che",  # decomposed
    "ห้องนั่งเล่น",
    "रसोई",
    "リビングルーム",
    "מטבח",
    "غرفة\u200cالنوم",  # a non-joiner
    "👨\u200d👩\u200d👧 home \U0001f3f4\U000e0067\U000e0062\U000e007f",
    "𠮷野家",
    "a\u00adb",
]


def raw(world: World, data: bytes) -> tuple[int, dict[str, Any]]:
    made = request("POST", "/v1/projects", token=world.token("alice"), body={"name": "x"})
    made |= {"body": base64.b64encode(data).decode(), "isBase64Encoded": True}
    answer = world.run("jobs_api", made)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize(
    "data",
    [
        b'{"name": "K\xfcche"}',
        b'{"name": "\xff"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\xc0\x80"}',
        '{"name": "lost \ufffd"}'.encode(),
        '{"name": "a"}'.encode("utf-16"),
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "n\\u0061me": "b"}',
        b'{"name": NaN}x',
    ],
)
def test_a_body_that_is_not_utf8_or_says_a_thing_twice_is_malformed(world: World, data: bytes) -> None:
    status, problem = raw(world, data)

    assert (status, problem["code"]) == (400, "malformed_request")
    assert problem["detail"]


def test_a_body_that_is_no_base64_is_malformed(world: World) -> None:
    made = request("POST", "/v1/projects", token=world.token("alice"), body={"name": "x"})
    made |= {"body": "a", "isBase64Encoded": True}

    assert world.run("jobs_api", made)["statusCode"] == 400


def test_a_lone_surrogate_is_refused_and_no_fault(world: World) -> None:
    made = request("POST", "/v1/projects", token=world.token("alice"), body={"name": "x"})
    made["body"] = '{"name": "\ud800"}'

    assert world.run("jobs_api", made)["statusCode"] == 400


def test_a_key_named_twice_deep_inside_is_found(world: World) -> None:
    files = f"[{json.dumps(FILE)[:-1]}, " + '"size_bytes": 10}]'

    status, problem, _ = call(world, "POST", "/v1/uploads", body=f'{{"project_id": "prj_1", "files": {files}}}')

    assert (status, problem["code"]) == (400, "malformed_request")
    assert "size_bytes" in problem["detail"]


@pytest.mark.parametrize("where", ["prompt", "filename", "project"])
def test_nul_is_refused_wherever_it_stands(world: World, where: str) -> None:
    project = factories.project(world)
    prompt, filename = (
        "a warm room\0" if where == "prompt" else "a warm room",
        "a\0.jpg" if where == "filename" else "a",
    )
    body = {"project_id": project.id, "defaults": {"prompt": prompt}, "files": [FILE | {"filename": filename}]}

    status, problem = (
        ask(world, "POST", "/v1/projects", {"name": "a\0b"})
        if where == "project"
        else ask(world, "POST", "/v1/uploads", body)
    )

    assert (status, problem["code"]) == (422, "validation_failed")
    pointers = {"prompt": "/defaults/prompt", "filename": "/files/0/filename", "project": "/name"}
    assert [error["pointer"] for error in problem["errors"]] == [pointers[where]]


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
def test_a_name_with_what_cannot_be_seen_is_pointed_at(world: World, hidden: str) -> None:
    name = f"14 Elm{hidden}Street"
    made = ask(world, "POST", "/v1/projects", {"name": "14 Elm Street"})[1]

    asked = {
        "/name": [
            ask(world, "POST", "/v1/projects", {"name": name}),
            ask(world, "PATCH", f"/v1/projects/{made['id']}", {"name": name}),
            ask(world, "POST", "/v1/account/api-keys", {"name": name}),
        ],
        "/full_name": [ask(world, "PATCH", "/v1/account", {"full_name": name})],
        "/billing_address/city": [ask(world, "PATCH", "/v1/account", {"billing_address": {"city": name}})],
    }
    for pointer, answers in asked.items():
        for status, problem in answers:
            assert (status, [error["pointer"] for error in problem["errors"]]) == (422, [pointer])
            assert f"U+{ord(hidden):04X}" in problem["errors"][0]["message"]
    body = {"project_id": made["id"], "files": [FILE | {"filename": name}, FILE]}
    status, answer = ask(world, "POST", "/v1/uploads", body)
    assert (status, answer["succeeded"], answer["failed"]) == (207, 1, 1)
    assert answer["items"][0]["error"]["errors"][0]["pointer"] == "/files/0/filename"


@pytest.mark.parametrize("name", SHOWN)
def test_a_name_in_any_script_stays_as_it_is(world: World, name: str) -> None:
    status, made = ask(world, "POST", "/v1/projects", {"name": name})
    assert (status, made["name"]) == (201, name)

    body = {"project_id": made["id"], "files": [FILE | {"filename": f"{name}.jpg"}]}
    status, answer = ask(world, "POST", "/v1/uploads", body)

    assert (status, answer["items"][0]["image"]["filename"]) == (201, f"{name}.jpg")


@pytest.mark.parametrize("size", [True, "1000", "1_0", 9.5, None])
def test_a_size_is_a_whole_number(world: World, size: Any) -> None:
    project = factories.project(world)

    status, answer = ask(
        world, "POST", "/v1/uploads", {"project_id": project.id, "files": [FILE | {"size_bytes": size}]}
    )

    assert status == 422
    assert answer["items"][0]["error"]["errors"][0]["pointer"] == "/files/0/size_bytes"


@pytest.mark.parametrize("wrong", [{"seed": True}, {"seed": "7"}, {"variations": "2"}, {"variations": True}])
def test_settings_take_whole_numbers_only(world: World, wrong: dict[str, Any]) -> None:
    project = factories.project(world)

    status, problem = ask(world, "POST", "/v1/uploads", {"project_id": project.id, "defaults": wrong, "files": [FILE]})

    assert (status, problem["code"]) == (422, "validation_failed")
    assert problem["errors"][0]["pointer"] == f"/defaults/{next(iter(wrong))}"


@pytest.mark.parametrize("limit", ["1_0", " 5", "+5", "5.0", "0x5", "٥", "", "true", "1" * 40])
def test_a_limit_is_digits(world: World, limit: str) -> None:
    for path in ("/v1/projects", "/v1/account/ledger"):
        status, problem, _ = call(world, "GET", path, query={"limit": limit})
        assert (status, problem["errors"][0]["pointer"]) == (422, "/limit")
    assert call(world, "GET", "/v1/projects", query={"limit": "5"})[0] == 200


@pytest.mark.parametrize("flag", ["yes", 1, "true"])
def test_a_choice_of_yes_and_no_is_true_or_false(world: World, flag: Any) -> None:
    status, problem = ask(world, "PATCH", "/v1/account", {"preferences": {"marketing_emails": flag}})

    assert (status, problem["errors"][0]["pointer"]) == (422, "/preferences/marketing_emails")
