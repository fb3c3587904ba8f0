"""Settings: which can be set, to what, how it is in force at once, and how it goes back."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from realstaging import config
from realstaging.admin import settings as setting_admin
from realstaging.models.runtime_settings import ModelSettings, Overrides, Setting
from realstaging.stores import keys
from realstaging.stores.runtime_settings import OverrideStore
from tests.support import factories
from tests.support.admin import BANANA, QWEN, ask, audited, live, model, setting, token, versions
from tests.support.fault_injection import conflict, faulty
from tests.support.http_client import call
from tests.support.steps import arrived, at_once, stage
from tests.support.world import World

PLUS = "qwen/qwen-image-edit-plus"
KEYS = list(setting_admin.keys(config.load("local")))


def put(world: World, key: str, value: Any, **more: Any) -> tuple[int, dict[str, Any]]:
    return ask(world, "PUT", setting(key), {"value": value} | more)


def test_everything_that_can_be_set_is_listed_and_described(world: World) -> None:
    status, page = ask(world, "GET", "/settings")

    found = {each["key"]: each for each in page["items"] if each["kind"] == "setting"}
    assert status == 200
    assert list(found) == KEYS
    for key, each in found.items():
        assert each["description"].endswith("."), key
        assert (each["set"], each["version"], each["value"]) == (False, 0, each["default"]), key
        Draft202012Validator(each["value_schema"]).validate(each["value"])
    assert found["jobs.max_attempts"]["value_schema"] == {"type": "integer", "minimum": 1, "maximum": 10}
    assert found["models.default"]["value_schema"]["enum"] == list(world.settings.models.enabled)


@pytest.mark.parametrize("key", KEYS)
def test_each_can_be_set_to_what_it_is_and_back(world: World, key: str) -> None:
    value = ask(world, "GET", setting(key))[1]["value"]

    status, then = put(world, key, value)

    assert (status, then["value"], then["set"], then["version"]) == (200, value, True, 1)
    status, back = ask(world, "POST", setting(key, "/rollback"), {"version": 0})
    assert (status, back["value"], back["set"], back["version"]) == (200, value, False, 2)


WRONG: list[tuple[str, Any, str]] = [
    ("jobs.max_attempts", 0, "/value"),
    ("jobs.max_attempts", 11, "/value"),
    ("jobs.max_attempts", "5", "/value"),
    ("jobs.max_attempts", True, "/value"),
    ("jobs.max_attempts", 2.5, "/value"),
    ("jobs.max_attempts", None, "/value"),
    ("jobs.max_hours", 0, "/value"),
    ("replicate.creations_per_minute", -1, "/value"),
    ("models.default", "nobody/nothing", "/value"),
    ("models.default", [QWEN], "/value"),
    ("models.fallbacks", QWEN, "/value"),
    ("models.fallbacks", [BANANA, "nobody/nothing"], "/value/1"),
    ("models.fallbacks", [BANANA, BANANA], "/value"),
    ("models.fallbacks", [7], "/value/0"),
    ("plans.free.images_per_month", -1, "/value"),
    ("plans.free.images_per_month", 10**30, "/value"),
    ("plans.pro.model", "nobody/nothing", "/value"),
    ("uploads.max_files", 51, "/value"),
    ("billing.past_due_days", {"days": 7}, "/value"),
]


@pytest.mark.parametrize(("key", "value", "pointer"), WRONG)
def test_what_does_not_fit_is_refused_and_pointed_at(world: World, key: str, value: Any, pointer: str) -> None:
    status, problem = put(world, key, value)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in problem["errors"]] == [pointer]
    assert live(world) == Overrides()
    assert audited(world) == []


def test_a_value_nested_beyond_reason_is_refused_and_no_fault(world: World) -> None:
    for depth in (50, 500, 5000):
        text = '{"value": ' + "[" * depth + "]" * depth + "}"
        status, _, _ = call(
            world, "PUT", "/v1/admin/settings/models.fallbacks", token=token(world), body=text,
            headers={"content-type": "application/json"},
        )  # fmt: skip
        assert status in (400, 422), depth


@pytest.mark.parametrize(
    "key", ["identity.issuer", "models.enabled", "models", "", "plans.gold.model", "plans", "x" * 500]
)
def test_what_is_not_on_the_list_cannot_be_set(world: World, key: str) -> None:
    before = world.rows()
    for method, then, body in [("GET", "", None), ("PUT", "", {"value": 1}), ("POST", "/rollback", {"version": 0})]:
        status = ask(world, method, setting(key, then), body)[0]
        # Without a key, `//rollback` is the path of a setting called `/rollback`, which takes no POST.
        assert status == (404 if key or not then else 405)
    assert [row for row in world.rows() if row["pk"] == "SETTINGS"] == [
        row for row in before if row["pk"] == "SETTINGS"
    ]


def test_null_is_a_value_where_the_setting_takes_it(world: World) -> None:
    put(world, "replicate.creations_per_minute", 30)

    status, then = put(world, "replicate.creations_per_minute", None)

    assert (status, then["value"], then["set"]) == (200, None, True)


def test_a_quota_is_in_force_for_the_next_request(world: World) -> None:
    image, _ = factories.queued(world)
    used = world.usage().used
    assert put(world, "plans.free.images_per_month", used + 1)[0] == 200

    order = {"items": [{"image_id": image.id}]}
    first, second = (call(world, "POST", "/v1/jobs", body=order) for _ in range(2))

    assert (first[0], second[0], second[1]["limit"]) == (202, 402, used + 1)
    plans = {each["id"]: each for each in call(world, "GET", "/v1/capabilities")[1]["plans"]}
    assert plans["free"]["images_per_month"] == used + 1
    assert call(world, "GET", "/v1/account/usage")[1]["limit"] == used + 1


def test_how_many_files_a_request_may_announce_is_in_force_for_the_next_one(world: World) -> None:
    project = factories.project(world)
    file = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 9}
    put(world, "uploads.max_files", 1)

    answers = [
        call(world, "POST", "/v1/uploads", body={"project_id": project.id, "files": [file] * count})[0]
        for count in (1, 2)
    ]

    assert answers == [201, 422]


def test_a_plans_own_model_is_that_of_its_next_request(world: World) -> None:
    put(world, "plans.free.model", PLUS)
    image, _ = factories.queued(world)

    _, answer, _ = call(world, "POST", "/v1/jobs", body={"items": [{"image_id": image.id}]})

    assert answer["items"][0]["job"]["model"] == PLUS


def test_versions_and_the_way_back(world: World) -> None:
    for value in (4, 5, 6):
        put(world, "jobs.max_attempts", value, note=f"to {value}")

    status, then = ask(world, "POST", setting("jobs.max_attempts", "/rollback"), {"version": 1, "expected_version": 3})

    assert (status, then["value"], then["version"]) == (200, 4, 4)
    _, page = ask(world, "GET", setting("jobs.max_attempts", "/history"), query={"limit": "3"})
    assert [(each["version"], each["value"], each["note"]) for each in page["items"]] == [
        (4, 4, None),
        (3, 6, "to 6"),
        (2, 5, "to 5"),
    ]
    _, page = ask(world, "GET", setting("jobs.max_attempts", "/history"), query={"cursor": page["next_cursor"]})
    assert ([each["version"] for each in page["items"]], page["next_cursor"]) == ([1], None)


def test_there_is_no_way_back_to_a_model_that_is_disabled_by_now(world: World) -> None:
    put(world, "models.default", BANANA)
    put(world, "models.default", PLUS)
    assert ask(world, "POST", model(BANANA, "/disable"))[0] == 200
    assert ask(world, "POST", model(QWEN, "/disable"))[0] == 200

    for version in (0, 1):
        status, problem = ask(world, "POST", setting("models.default", "/rollback"), {"version": version})
        assert (status, problem["errors"][0]["pointer"]) == (422, "/version")

    assert live(world).settings["models.default"].value == PLUS


def test_a_change_meant_for_another_version_is_refused(world: World) -> None:
    put(world, "jobs.max_attempts", 4)

    status, problem = put(world, "jobs.max_attempts", 5, expected_version=0)

    assert (status, problem["code"]) == (409, "version_conflict")
    assert put(world, "jobs.max_attempts", 5, expected_version=1)[0] == 200


def test_changes_of_different_settings_at_once_do_not_undo_each_other(world: World) -> None:
    wanted = iter([("jobs.max_attempts", 7), ("models.tries_each", 3), ("uploads.max_files", 9)])

    statuses = at_once(world, 3, lambda process: put(process, *next(wanted))[0])

    assert statuses == [200] * 3
    assert {key: each.value for key, each in live(world).settings.items()} == {
        "jobs.max_attempts": 7,
        "models.tries_each": 3,
        "uploads.max_files": 9,
    }
    assert live(world).version == 3
    assert len(audited(world)) == 3


def test_who_always_loses_the_race_is_told_and_nothing_is_written(world: World) -> None:
    lost = conflict("ConditionalCheckFailed", "None", "None")
    client = world.function("admin_api").aws.table().meta.client
    ask(world, "GET", "/models")
    with faulty(client, "TransactWriteItems", lost, at=range(1, 100)):
        status, problem = put(world, "jobs.max_attempts", 4)

    assert (status, problem["code"], problem["retryable"]) == (409, "version_conflict", True)
    assert live(world) == Overrides()
    assert versions(world, "settings/jobs.max_attempts") == []


def save(world: World, **settings: Any) -> None:
    """As an earlier deployment left it."""
    made = Overrides(version=1, settings={key: Setting(value=value, version=1) for key, value in settings.items()})
    world.table.put_item(Item={"pk": "SETTINGS", "sk": "CURRENT", "version": 1, "document": made.model_dump_json()})


def test_settings_that_a_deployment_does_not_take_any_more_stop_nobody(world: World) -> None:
    save(world, **{"plans.gold.images_per_month": 5, "jobs.max_attempts": 99, "uploads.max_files": 7, "gone.for": 1})

    status, told, _ = call(world, "GET", "/v1/capabilities")

    assert (status, told["limits"]["max_files"]) == (200, 7)
    assert ask(world, "GET", setting("jobs.max_attempts"))[1]["value"] == world.settings.jobs.max_attempts
    assert put(world, "jobs.max_attempts", 4)[1]["value"] == 4
    assert OverrideStore(world.table).current().settings["uploads.max_files"].value == 7


def test_what_is_set_is_kept_as_it_was_said(world: World) -> None:
    put(world, "models.fallbacks", [PLUS, BANANA])

    [row] = [row for row in world.rows() if row["sk"] == "CURRENT"]

    assert json.loads(row["document"])["settings"]["models.fallbacks"]["value"] == [PLUS, BANANA]
    assert row["version"] == 1


def test_what_a_deployment_does_not_take_any_more_is_shown_and_stops_nobody(world: World) -> None:
    gone = "nobody/knows-it"
    said = Overrides(
        version=1,
        settings={
            "models.default": Setting(value=gone, version=1),
            "jobs.gone": Setting(value=1, version=1),
            "uploads.max_files": Setting(value=7, version=1),
        },
        models={
            gone: ModelSettings(enabled=True, version=1),
            BANANA: ModelSettings(parameters={"gone": 1}, version=1),
        },
    )
    world.table.put_item(Item=keys.live() | {"version": 1, "document": said.model_dump_json()})

    status, page = ask(world, "GET", "/settings")

    assert status == 200
    assert [each["subject"] for each in page["ignored"]] == [
        "settings/jobs.gone",
        "settings/models.default",
        "models/google/nano-banana",
        "models/nobody/knows-it",
    ]
    assert all(each["reason"].endswith(".") for each in page["ignored"])
    assert call(world, "GET", "/v1/capabilities")[0] == 200
    project = factories.project(world)
    image, _ = arrived(world, project)
    assert call(world, "POST", "/v1/jobs", body={"items": [{"image_id": image.id}]})[0] == 202
    world.provider.script()
    stage(world)
    assert len(world.provider.runs()) == 1
    assert put(world, "models.default", BANANA)[0] == 200
    assert ask(world, "POST", model(BANANA, "/rollback"), {"version": 0})[0] == 200
    left = [each["subject"] for each in ask(world, "GET", "/settings")[1]["ignored"]]
    assert left == ["settings/jobs.gone", "models/nobody/knows-it"]
