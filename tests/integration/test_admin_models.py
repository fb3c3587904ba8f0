"""Models: what is offered, with which parameters, who is everybody's; every change a version, every race one winner."""

from datetime import timedelta
from typing import Any

import pytest

from realstaging.image_models import registry
from realstaging.models.verdicts import Verdict
from realstaging.stores.checks import CheckStore
from tests.support import factories
from tests.support.admin import BANANA, GPT, QWEN, ask, audited, live, model, setting, versions
from tests.support.http_client import call
from tests.support.steps import at_once
from tests.support.world import World


def switch(world: World, model_id: str, how: str, **body: Any) -> tuple[int, dict[str, Any]]:
    return ask(world, "POST", model(model_id, f"/{how}"), body or None)


def offered(world: World) -> dict[str, bool]:
    """The models that everybody may name, and which one is the default."""
    return {each["id"]: each["default"] for each in call(world, "GET", "/v1/capabilities")[1]["models"]}


def test_all_registered_models_are_listed_with_what_an_administrator_must_know(world: World) -> None:
    status, page = ask(world, "GET", "/models")

    assert (status, page["next_cursor"]) == (200, None)
    found = {each["id"]: each for each in page["items"]}
    assert list(found) == [each.id for each in registry.all()]
    assert [id for id, each in found.items() if each["default"]] == [QWEN]
    assert {id for id, each in found.items() if each["enabled"]} == set(world.settings.models.enabled)
    assert (found[QWEN]["objection"], found[QWEN]["version"], found[QWEN]["parameters"]) == (None, 0, {})
    assert found[QWEN]["price"]["run_usd"] == "0.03"
    assert "openai_api_key" in found[GPT]["objection"]
    assert found[GPT]["secret"] == f"secrets.models/{GPT}/openai_api_key"


@pytest.mark.parametrize("id", [each.id for each in registry.all()])
def test_each_model_says_what_may_be_set_and_takes_what_is_sent_anyway(world: World, id: str) -> None:
    _, found = ask(world, "GET", model(id))
    schema = found["parameters_schema"]["properties"]
    assert not {"prompt", "openai_api_key", registry.get(id).image_field} & schema.keys()

    sent = {name: value for name, value in found["defaults"].items() if name in schema}
    status, then = ask(world, "PUT", model(id, "/settings"), {"parameters": sent})

    assert (status, then["parameters"], then["version"]) == (200, sent, 1)


def test_history_comes_in_pages(world: World) -> None:
    for quality in (1, 2, 3, 4, 5):
        ask(world, "PUT", model(QWEN, "/settings"), {"parameters": {"output_quality": quality}})

    seen, cursor = [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        _, page = ask(world, "GET", model(QWEN, "/history"), query=query)
        seen += [each["version"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [5, 4, 3, 2, 1]
    assert ask(world, "GET", model(QWEN, "/history"), query={"cursor": "bm90IG91cnM"})[0] == 422


def test_a_rollback_is_a_new_version_with_the_old_content(world: World) -> None:
    ask(world, "PUT", model(BANANA, "/settings"), {"parameters": {"output_format": "jpg"}})
    switch(world, BANANA, "disable")

    status, then = ask(world, "POST", model(BANANA, "/rollback"), {"version": 1})

    assert (status, then["version"], then["enabled"], then["parameters"]) == (200, 3, True, {"output_format": "jpg"})
    assert [each["content"]["enabled"] for each in versions(world, f"models/{BANANA}")] == [None, False, None]
    assert ask(world, "POST", model(BANANA, "/rollback"), {"version": 0})[1]["parameters"] == {}


@pytest.mark.parametrize("version", [2, 99_999_999])
def test_there_is_no_way_back_to_a_version_that_never_was(world: World, version: int) -> None:
    ask(world, "PUT", model(QWEN, "/settings"), {"parameters": {}})

    status, problem = ask(world, "POST", model(QWEN, "/rollback"), {"version": version})

    assert (status, problem["errors"][0]["pointer"]) == (422, "/version")


def test_a_disabled_model_is_no_longer_offered_and_refused_when_named(world: World) -> None:
    assert BANANA in offered(world)

    status, then = switch(world, BANANA, "disable")

    assert (status, then["enabled"]) == (200, False)
    assert BANANA not in offered(world)
    image, _ = factories.queued(world)
    order = {"items": [{"image_id": image.id, "settings": {"model": BANANA}}]}
    status, answer, _ = call(world, "POST", "/v1/jobs", body=order)
    assert (status, answer["items"][0]["error"]["errors"][0]["pointer"]) == (422, "/items/0/settings/model")
    assert switch(world, BANANA, "enable")[0] == 200
    assert call(world, "POST", "/v1/jobs", body=order)[0] == 202


def test_switching_what_is_switched_already_changes_nothing(world: World) -> None:
    assert switch(world, BANANA, "enable")[1]["version"] == 0
    switch(world, BANANA, "disable")
    assert switch(world, BANANA, "disable")[1]["version"] == 1
    assert switch(world, QWEN, "make-default")[0] == 200
    assert audited(world) == [("root", "model.disable", f"models/{BANANA}")]


def test_the_default_cannot_be_disabled(world: World) -> None:
    status, problem = switch(world, QWEN, "disable")

    assert (status, problem["code"]) == (409, "model_is_default")
    assert offered(world)[QWEN]


def test_another_model_becomes_the_default_for_the_next_request_that_names_none(world: World) -> None:
    status, then = switch(world, BANANA, "make-default", note="better this month")

    assert (status, then["default"]) == (200, True)
    assert offered(world)[BANANA]
    image, _ = factories.queued(world)
    _, answer, _ = call(world, "POST", "/v1/jobs", body={"items": [{"image_id": image.id}]})
    assert answer["items"][0]["job"]["model"] == BANANA
    assert switch(world, QWEN, "disable")[0] == 200
    assert switch(world, BANANA, "disable")[1]["code"] == "model_is_default"
    assert ask(world, "GET", setting("models.default"))[1]["version"] == 1


def test_a_disabled_model_cannot_become_the_default(world: World) -> None:
    switch(world, BANANA, "disable")

    status, problem = switch(world, BANANA, "make-default")

    assert (status, problem["code"]) == (409, "model_disabled")
    status, problem = ask(world, "PUT", setting("models.default"), {"value": BANANA})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/value")


def test_a_rollback_cannot_do_what_a_switch_could_not(world: World) -> None:
    switch(world, QWEN, "disable")
    switch(world, BANANA, "disable")
    switch(world, BANANA, "enable")
    switch(world, BANANA, "make-default")

    status, problem = ask(world, "POST", model(BANANA, "/rollback"), {"version": 1})

    assert (status, problem["code"]) == (409, "model_is_default")


def test_a_model_without_its_secret_cannot_be_enabled_and_with_it_can(world: World) -> None:
    status, problem = switch(world, GPT, "enable")
    assert (status, problem["code"]) == (409, "model_not_enableable")
    assert "openai_api_key" in problem["detail"]

    secret = ask(world, "GET", model(GPT))[1]["secret"]
    assert ask(world, "PUT", setting(secret), {"value": "sk-of-openai-1234"})[0] == 200

    status, then = switch(world, GPT, "enable")
    assert (status, then["enabled"], then["objection"]) == (200, True, None)
    assert GPT in offered(world)


def test_a_model_that_cannot_stage_cannot_be_enabled(world: World) -> None:
    status, problem = switch(world, "bytedance/seedream-3", "enable")

    assert (status, problem["code"]) == (409, "model_not_enableable")


@pytest.mark.parametrize("id", ["nobody/nothing", "nothing", "google", "%", "x" * 3000])
def test_a_model_that_is_not_registered_is_not_found(world: World, id: str) -> None:
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("GET", "/history", None),
        ("PUT", "/settings", {"parameters": {}}),
        ("POST", "/enable", None),
        ("POST", "/rollback", {"version": 0}),
    ]
    for method, then, body in calls:
        assert ask(world, method, model(id, then), body)[0] == 404, (method, then)


def test_a_change_that_was_meant_for_another_version_is_refused(world: World) -> None:
    ask(world, "PUT", model(QWEN, "/settings"), {"parameters": {"go_fast": False}})

    bodies: dict[str, dict[str, Any]] = {
        "/settings": {"parameters": {}},
        "/rollback": {"version": 0},
        "/enable": {},
    }
    for path, body in bodies.items():
        method = "PUT" if path == "/settings" else "POST"
        status, problem = ask(world, method, model(QWEN, path), body | {"expected_version": 0})
        assert (status, problem["code"]) == (409, "version_conflict"), path

    assert ask(world, "PUT", model(QWEN, "/settings"), {"parameters": {}, "expected_version": 1})[0] == 200


def test_ten_changes_at_once_are_each_made_whole_or_not_at_all(world: World) -> None:
    def change(process: World) -> int:
        number = id(process) % 90 + 1
        return ask(process, "PUT", model(QWEN, "/settings"), {"parameters": {"output_quality": number}})[0]

    statuses = at_once(world, 10, change)

    kept = versions(world, f"models/{QWEN}")
    assert set(statuses) <= {200, 409}
    assert [each["version"] for each in kept] == list(range(1, statuses.count(200) + 1))
    assert live(world).models[QWEN].parameters == kept[-1]["content"]["parameters"]
    assert len(audited(world)) == len(kept)


def test_of_ten_changes_meant_for_the_same_version_one_is_made(world: World) -> None:
    body = {"parameters": {"go_fast": False}, "expected_version": 0}

    statuses = at_once(world, 10, lambda process: ask(process, "PUT", model(QWEN, "/settings"), body)[0])

    assert sorted(statuses) == [200, *[409] * 9]
    assert live(world).models[QWEN].version == 1


def test_disabled_and_made_the_default_at_once_it_is_never_both(world: World) -> None:
    ways = iter(["disable", "make-default"] * 3)

    at_once(world, 6, lambda process: switch(process, BANANA, next(ways))[0])

    assert [default for default in offered(world).values() if default] == [True]


def test_what_becomes_the_default_is_meant_for_a_version_of_that_setting(world: World) -> None:
    switch(world, BANANA, "make-default")
    ask(world, "PUT", model(QWEN, "/settings"), {"parameters": {}})

    status, problem = switch(world, QWEN, "make-default", expected_version=0)

    assert (status, problem["code"]) == (409, "version_conflict")
    assert switch(world, QWEN, "make-default", expected_version=1)[1]["default"] is True


def test_a_default_that_was_disabled_before_it_was_one_can_be_worked_with(world: World) -> None:
    factories.set_now(world, models={QWEN: {"enabled": False, "version": 1}})
    assert offered(world)[QWEN]

    assert ask(world, "PUT", model(QWEN, "/settings"), {"parameters": {"go_fast": False}})[0] == 200
    assert ask(world, "PUT", setting("jobs.max_attempts"), {"value": 4})[0] == 200
    assert switch(world, QWEN, "disable")[1]["code"] == "model_is_default"
    assert switch(world, QWEN, "enable")[1]["version"] == 3
    switch(world, BANANA, "make-default")
    assert offered(world)[QWEN] is False, "on offer for good"


def test_the_list_tells_which_model_keeps_rooms_over_thirty_days(world: World) -> None:
    counted = CheckStore(world.table)
    now = world.clock.at
    verdicts: list[Verdict] = ["pass", "pass", "review", "fail"]
    for verdict in verdicts:
        counted.count(QWEN, verdict, now - timedelta(days=29))
    counted.count(BANANA, "fail", now)
    counted.count(GPT, "fail", now - timedelta(days=32))

    _, page = ask(world, "GET", "/models")

    found = {each["id"]: each["checks"] for each in page["items"]}
    assert found[QWEN] == {"passed": 2, "review": 1, "failed": 1}
    assert found[BANANA] == {"passed": 0, "review": 0, "failed": 1}
    assert found[GPT] == {"passed": 0, "review": 0, "failed": 0}
