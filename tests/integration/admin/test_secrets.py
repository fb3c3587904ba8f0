"""Secrets: written, never shown, wherever one looks."""

import json
import logging
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from realstaging import aws
from realstaging.image_models import registry
from realstaging.observability import log
from tests.support.admin import GPT, ask, audited, live, model, setting
from tests.support.fault_injection import CrashError, faulty, refusal
from tests.support.world import World

VALUE = "r8_Very-Secret_0123456789"
KEYS = {
    "secrets.replicate_api_token": "/realstaging/local/replicate_api_token",
    "secrets.replicate_webhook_secret": "/realstaging/local/replicate_webhook_secret",
    "secrets.stripe_secret_key": "/realstaging/local/stripe_secret_key",
    "secrets.stripe_webhook_secret": "/realstaging/local/stripe_webhook_secret",
    f"secrets.models/{GPT}/openai_api_key": f"/realstaging/local/models/{GPT}/openai_api_key",
}
TOKEN = "secrets.replicate_api_token"


@pytest.fixture
def logged() -> Iterator[StringIO]:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log.registered_formatter)
    logging.getLogger(log.name).addHandler(handler)
    yield stream
    logging.getLogger(log.name).removeHandler(handler)


def put(world: World, key: str, value: Any = VALUE, **more: Any) -> tuple[int, dict[str, Any]]:
    return ask(world, "PUT", setting(key), {"value": value} | more)


def kept(name: str) -> str:
    return str(aws.ssm().get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


@pytest.mark.parametrize("key", KEYS)
def test_a_secret_is_written_where_the_functions_read_it(world: World, key: str) -> None:
    status, then = put(world, key)

    assert (status, then["set"], then["version"], then["updated_by"]) == (200, True, 1, "root")
    assert kept(KEYS[key]) == VALUE
    assert aws.ssm().get_parameter(Name=KEYS[key])["Parameter"]["Type"] == "SecureString"


def test_every_secret_that_a_model_needs_can_be_written(world: World) -> None:
    _, page = ask(world, "GET", "/settings")

    listed = {each["key"] for each in page["items"] if each["kind"] == "secret"}
    assert listed >= KEYS.keys()
    assert len(listed) == 4 + len([each for each in registry.all() if each.needs_secret])


def test_what_was_put_in_place_by_hand_is_there_too(world: World) -> None:
    _, there = ask(world, "GET", setting(TOKEN))
    _, missing = ask(world, "GET", setting(f"secrets.models/{GPT}/openai_api_key"))

    assert (there["set"], there["version"], there["updated_at"], there["updated_by"]) == (True, 0, None, None)
    assert missing["set"] is False


def test_a_secret_is_shown_nowhere(world: World, logged: StringIO) -> None:
    told = [put(world, TOKEN, note="rotated"), put(world, TOKEN, VALUE + "\n", expected_version=1)]
    told += [put(world, key) for key in KEYS]
    told += [
        ask(world, "GET", path)
        for path in ("/settings", setting(TOKEN), setting(TOKEN, "/history"), "/audit", "/models", model(GPT))
    ]
    told.append(put(world, TOKEN, VALUE + "\x00"))
    told.append(put(world, TOKEN, [VALUE]))
    told.append(ask(world, "PUT", setting(TOKEN), {"value": VALUE, VALUE: 1}))
    told.append(put(world, "secrets.unknown"))
    told.append(put(world, "jobs.max_attempts"))
    told.append(put(world, "models.default"))

    assert VALUE not in json.dumps(world.rows(), default=str)
    assert VALUE not in logged.getvalue()
    assert [each for each in told if VALUE in json.dumps(each[1]) and each[1].get("code") != "validation_failed"] == []
    pointers = [error["pointer"] for _, each in told for error in each.get("errors", [])]
    assert [pointer for pointer in pointers if VALUE in pointer] == [f"/{VALUE}"]  # a field's name is no secret


def test_who_wrote_it_when_is_kept(world: World) -> None:
    put(world, TOKEN, note="rotated")
    ask(world, "PUT", setting(TOKEN), {"value": "another-secret"}, by="ruth")

    _, page = ask(world, "GET", setting(TOKEN, "/history"))

    assert [(each["version"], each["by"], each["value"], each["set"], each["note"]) for each in page["items"]] == [
        (2, "ruth", None, False, None),
        (1, "root", None, False, "rotated"),
    ]
    assert audited(world) == [("root", "secret.set", f"settings/{TOKEN}"), ("ruth", "secret.set", f"settings/{TOKEN}")]
    _, page = ask(world, "GET", "/audit", query={"subject": f"settings/{TOKEN}"})
    assert {(each["before"], each["after"]) for each in page["items"]} == {(None, None)}


def test_there_is_no_way_back_to_an_earlier_value(world: World) -> None:
    put(world, TOKEN)

    status, problem = ask(world, "POST", setting(TOKEN, "/rollback"), {"version": 1})

    assert (status, problem["code"]) == (409, "secret_not_kept")


@pytest.mark.parametrize("value", ["", "short", "x" * 2049, "tab\tinside-it", "ünprintable", None, 12345678, {"a": 1}])
def test_what_can_be_no_secret_is_refused(world: World, value: Any) -> None:
    before = kept(KEYS[TOKEN])

    status, problem = put(world, TOKEN, value)

    assert (status, problem["errors"][0]["pointer"]) == (422, "/value")
    assert kept(KEYS[TOKEN]) == before
    assert live(world).secrets == {}


@pytest.mark.parametrize(
    "key", ["secrets.", "secrets.unknown", "secrets.models/qwen/qwen-image-edit/key", "secrets.models/x"]
)
def test_only_known_secrets_can_be_written(world: World, key: str) -> None:
    for method, then, body in [
        ("GET", "", None),
        ("PUT", "", {"value": VALUE}),
        ("GET", "/history", None),
        ("POST", "/rollback", {"version": 1}),
    ]:
        assert ask(world, method, setting(key, then), body)[0] == 404


def test_a_write_meant_for_another_version_is_refused(world: World) -> None:
    put(world, TOKEN)

    status, problem = put(world, TOKEN, "another-secret", expected_version=0)

    assert (status, problem["code"]) == (409, "version_conflict")
    assert kept(KEYS[TOKEN]) == VALUE


def test_a_secret_that_could_not_be_stored_is_said_to_be_and_found_in_the_log_of_deeds(
    world: World, logged: StringIO
) -> None:
    refusal = {"Error": {"Code": "ValidationException", "Message": f"Value '{VALUE}' at 'value' is not good"}}
    with faulty(aws.ssm(), "PutParameter", refusal):
        status, problem = put(world, TOKEN)

    assert (status, problem["code"], problem["retryable"]) == (503, "provider_unavailable", True)
    assert VALUE not in logged.getvalue() + json.dumps(problem) + json.dumps(world.rows(), default=str)
    assert [action for _, action, _ in audited(world)] == ["secret.not_stored", "secret.set"]
    assert put(world, TOKEN)[0] == 200


def test_a_fault_on_the_way_shows_it_neither(world: World, logged: StringIO) -> None:
    ask(world, "GET", "/models")
    with faulty(world.function("admin_api").aws.table().meta.client, "GetItem", CrashError("the table is away")):
        status, _ = put(world, TOKEN)

    assert status == 500
    assert "the table is away" in logged.getvalue()
    assert VALUE not in re.sub(r"\s", "", logged.getvalue())


def test_of_two_who_write_it_at_once_the_first_is_told_to_send_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = world.function("admin_api").secret_writer
    stored = store.put
    second: list[tuple[int, dict[str, Any]]] = []

    def slow(reference: str, value: str) -> None:
        if not second:
            second.append((0, {}))
            second.append(ask(world, "PUT", setting(TOKEN), {"value": "of-the-second"}, by="ruth"))
        stored(reference, value)

    monkeypatch.setattr(store, "put", slow)
    status, problem = put(world, TOKEN)

    assert (status, problem["code"], problem["retryable"]) == (409, "version_conflict", True)
    assert (second[1][0], second[1][1]["version"]) == (200, 2)
    assert ("root", "secret.overtaken", f"settings/{TOKEN}") in audited(world)
    assert (put(world, TOKEN)[1]["version"], kept(KEYS[TOKEN])) == (3, VALUE)


@pytest.mark.parametrize("wrong", [refusal("ThrottlingException"), EndpointConnectionError(endpoint_url="https://ssm")])
def test_whether_it_is_there_cannot_be_told_while_the_store_is_away(world: World, wrong: Any) -> None:
    for path in ("/models", "/settings", setting(TOKEN), model(GPT)):
        with faulty(aws.ssm(), "ListTagsForResource", wrong):
            status, problem = ask(world, "GET", path)
        assert (status, problem["code"]) == (503, "provider_unavailable"), path
    with faulty(aws.ssm(), "ListTagsForResource", wrong):
        assert put(world, TOKEN)[0] == 200, "it is there: it was just stored"
