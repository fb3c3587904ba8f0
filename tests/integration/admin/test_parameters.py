"""What is set for a model: checked by its own schema, sent in two shapes, read back, and taken back to the file's."""

from typing import Any

import pytest

from realstaging.image_models import registry
from tests.support.admin import QWEN, ask, audited, live, model, versions
from tests.support.world import World


def test_parameters_are_checked_by_the_models_own_schema_and_pointed_at(world: World) -> None:
    wrong = {"go_fast": "sideways", "prompt": "mine", "nothing": 1}

    status, problem = ask(world, "PUT", model(QWEN, "/settings"), {"parameters": wrong})

    assert (status, problem["code"]) == (422, "validation_failed")
    assert {each["pointer"] for each in problem["errors"]} == {f"/parameters/{name}" for name in wrong}
    assert live(world).models == {}
    assert audited(world) == []


def test_parameters_are_replaced_as_a_whole_and_every_version_is_kept(world: World) -> None:
    for parameters in ({"go_fast": False}, {"output_quality": 80}, {}):
        status, then = ask(world, "PUT", model(QWEN, "/settings"), {"parameters": parameters, "note": "trying"})
        assert (status, then["parameters"]) == (200, parameters)

    status, page = ask(world, "GET", model(QWEN, "/history"))

    assert status == 200
    assert [(each["version"], each["parameters"]) for each in page["items"]] == [
        (3, {}),
        (2, {"output_quality": 80}),
        (1, {"go_fast": False}),
    ]
    assert {(each["by"], each["enabled"], each["note"]) for each in page["items"]} == {("root", None, "trying")}
    assert audited(world) == [("root", "model.parameters", f"models/{QWEN}")] * 3


@pytest.mark.parametrize(
    "body", [{}, {"parameters": 7}, {"parameters": {}, "more": 1}, {"parameters": {}, "expected_version": "1"}]
)
def test_a_body_of_another_shape_is_refused(world: World, body: dict[str, Any]) -> None:
    assert ask(world, "PUT", model(QWEN, "/settings"), body)[0] == 422


def test_parameters_have_a_bound(world: World) -> None:
    long = {"parameters": {}, "note": "x" * 201}
    assert ask(world, "PUT", model(QWEN, "/settings"), long)[0] == 422


def test_parameters_may_be_sent_by_themselves_and_are_read_back(world: World) -> None:
    bare = {"output_quality": 90, "expected_version": 0, "note": "sharper"}

    status, then = ask(world, "PUT", model(QWEN, "/settings"), bare)

    assert (status, then["parameters"], then["version"]) == (200, {"output_quality": 90}, 1)
    assert versions(world, f"models/{QWEN}")[0]["note"] == "sharper"
    status, found = ask(world, "GET", model(QWEN, "/settings"))
    assert (status, found) == (200, then)
    assert "output_quality" in found["parameters_schema"]["properties"]
    assert ask(world, "PUT", model(QWEN, "/settings"), bare)[1]["code"] == "version_conflict"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"output_quality": "90", "nothing": 1}, {"/output_quality", "/nothing"}),
        ({"output_quality": 90, "expected_version": "1"}, {"/expected_version"}),
        ({"parameters": {"output_quality": "90"}}, {"/parameters/output_quality"}),
        ({"parameters": {"go_fast": 1}}, {"/parameters/go_fast"}),
        ({"note": "nothing more"}, {"/parameters"}),
        ({}, {"/parameters"}),
    ],
)
def test_parameters_are_pointed_at_where_they_stand(world: World, body: dict[str, Any], pointers: set[str]) -> None:
    status, problem = ask(world, "PUT", model(QWEN, "/settings"), body)

    assert (status, {each["pointer"] for each in problem["errors"]}) == (422, pointers)
    assert live(world).models == {}


def test_no_parameters_are_none_and_version_0_is_the_files(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    versioned = world.function("admin_api").versioned
    models = versioned.settings.models.model_copy(update={"parameters": {QWEN: {"output_quality": 70}}})
    monkeypatch.setattr(versioned, "settings", versioned.settings.model_copy(update={"models": models}))

    assert ask(world, "GET", model(QWEN))[1]["parameters"] == {"output_quality": 70}
    assert ask(world, "PUT", model(QWEN, "/settings"), {"parameters": {}})[1]["parameters"] == {}
    assert ask(world, "POST", model(QWEN, "/rollback"), {"version": 0})[1]["parameters"] == {"output_quality": 70}
    assert ask(world, "POST", model(QWEN, "/rollback"), {"version": 1})[1]["parameters"] == {}
    _, page = ask(world, "GET", model(QWEN, "/history"))
    assert [each["parameters"] for each in page["items"]] == [{}, {}, {}]


def test_parameters_nested_beyond_reason_are_refused_and_no_fault(world: World) -> None:
    for depth in (50, 500, 5000):
        text = '{"parameters": {"go_fast": ' + "[" * depth + "]" * depth + "}}"
        status, _ = ask(world, "PUT", model(QWEN, "/settings"), text, headers={"content-type": "application/json"})
        assert status in (400, 422), depth


@pytest.mark.parametrize("id", [each.id for each in registry.all()])
def test_what_is_shown_as_the_defaults_may_be_sent_back(world: World, id: str) -> None:
    status, shown = ask(world, "GET", model(id))
    assert status == 200

    assert ask(world, "PUT", model(id, "/settings"), {"parameters": shown["defaults"]})[0] == 200
