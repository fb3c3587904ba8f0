"""What administrators have set, laid over the stage's file."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from realstaging import config
from realstaging.admin import settings as setting_admin
from realstaging.models.runtime_settings import ModelSettings, Overrides, Setting
from realstaging.runs import model_selection
from realstaging.runtime_settings import apply_overrides, apply_valid_overrides, check_overrides

STAGE = config.load("prod")
FIRST, SECOND, OFF = "qwen/qwen-image-edit-2511", "google/nano-banana", "openai/gpt-image-1"
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "jobs.max_attempts": st.integers(1, 10),
    "uploads.max_files": st.integers(1, 50),
    "replicate.creations_per_minute": st.none() | st.integers(1, 100_000),
    "models.default": st.sampled_from(STAGE.models.enabled),
    "models.fallbacks": st.lists(st.sampled_from(STAGE.models.enabled), unique=True),
    "plans.pro.images_per_month": st.integers(0, 1000),
    "plans.free.model": st.none() | st.sampled_from(STAGE.models.enabled),
}


def live(**settings: Any) -> Overrides:
    return Overrides(version=1, settings={key: Setting(value=value, version=1) for key, value in settings.items()})


def at(key: str, settings: config.Settings) -> Any:
    found: Any = settings.model_dump(mode="json")
    for part in key.split("."):
        found = found[part]
    return found


def test_nothing_set_changes_nothing() -> None:
    assert apply_overrides(STAGE, Overrides()) == STAGE


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_what_is_set_is_what_is_read_and_nothing_else_moves(chosen: dict[str, Any]) -> None:
    # As it comes out of the table.
    settings = apply_overrides(STAGE, Overrides.model_validate_json(live(**chosen).model_dump_json()))

    for key in setting_admin.keys(STAGE):
        assert at(key, settings) == chosen.get(key, at(key, STAGE)), key
    assert settings.models.enabled == STAGE.models.enabled
    assert settings.identity == STAGE.identity


def test_what_was_taken_back_counts_no_more() -> None:
    taken_back = Overrides(version=2, settings={"jobs.max_attempts": Setting(version=2, unset=True)})

    assert apply_overrides(STAGE, taken_back) == STAGE


def test_models_are_switched_off_and_on_in_the_order_of_the_file() -> None:
    switched = Overrides(version=1, models={SECOND: ModelSettings(enabled=False), OFF: ModelSettings(enabled=True)})

    enabled = apply_overrides(STAGE, switched).models.enabled

    assert enabled == (*(id for id in STAGE.models.enabled if id != SECOND), OFF)
    assert (
        apply_overrides(STAGE, Overrides(models={SECOND: ModelSettings(enabled=None)})).models.enabled
        == STAGE.models.enabled
    )


def test_parameters_that_are_set_take_the_place_of_the_files() -> None:
    stage = STAGE.model_copy(
        update={"models": STAGE.models.model_copy(update={"parameters": {FIRST: {"a": 1}, SECOND: {"b": 2}}})}
    )

    parameters = apply_overrides(stage, Overrides(models={FIRST: ModelSettings(parameters={"c": 3})})).models.parameters

    assert parameters == {FIRST: {"c": 3}, SECOND: {"b": 2}}
    nothing = Overrides(models={FIRST: ModelSettings(parameters={}), SECOND: ModelSettings(enabled=True)})
    assert apply_overrides(stage, nothing).models.parameters == {FIRST: {}, SECOND: {"b": 2}}


@pytest.mark.parametrize("key", ["jobs.max_attempts", "plans.gone.images_per_month", "gone.for", "models.default"])
def test_what_no_deployment_takes_is_left_out_and_the_rest_counts(key: str) -> None:
    said = live(**{key: -1 if key != "models.default" else 7, "uploads.max_files": 7})
    with pytest.raises(ValidationError):
        apply_overrides(STAGE, said)

    settings = apply_valid_overrides(STAGE, said)

    assert settings.uploads.max_files == 7
    assert settings == apply_overrides(STAGE, live(**{"uploads.max_files": 7}))


def test_the_default_is_on_offer_though_it_was_disabled_before_a_deployment_made_it_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[tuple[str, int]] = []
    monkeypatch.setattr("realstaging.runtime_settings.count", lambda name, value: counted.append((name, value)))
    switched = Overrides(version=1, models={FIRST: ModelSettings(enabled=False), SECOND: ModelSettings(enabled=False)})

    models = apply_valid_overrides(STAGE, switched).models

    assert (models.default, models.enabled) == (FIRST, tuple(id for id in STAGE.models.enabled if id != SECOND))
    assert counted == [("SettingUnfit", 1)]


def test_a_default_that_a_deployment_offers_no_more_is_left_out() -> None:
    models = apply_valid_overrides(STAGE, live(**{"models.default": OFF, "uploads.max_files": 7}))

    assert (models.models.default, models.uploads.max_files) == (FIRST, 7)
    on = live(**{"models.default": OFF}).model_copy(update={"models": {OFF: ModelSettings(enabled=True)}})
    assert apply_valid_overrides(STAGE, on).models.default == OFF


GONE = "nobody/knows-it"


@pytest.mark.parametrize(
    ("said", "ignored"),
    [
        (Overrides(models={GONE: ModelSettings(enabled=True)}), {f"models/{GONE}"}),
        (Overrides(models={GONE: ModelSettings(parameters={"a": 1})}), {f"models/{GONE}"}),
        (Overrides(models={GONE: ModelSettings(enabled=False)}), set()),
        (Overrides(models={SECOND: ModelSettings(parameters={"gone": 1})}), {f"models/{SECOND}"}),
        (
            live(**{"models.default": GONE}).model_copy(update={"models": {GONE: ModelSettings(enabled=True)}}),
            {"models.default", f"models/{GONE}"},
        ),
        (live(**{"models.fallbacks": [GONE, SECOND]}), {"models.fallbacks"}),
        (live(**{"models.fallbacks": GONE}), {"models.fallbacks"}),
        (live(**{"plans.free.model": GONE}), {"plans.free.model"}),
        (live(**{"plans.gone.model": SECOND}), {"plans.gone.model"}),
        (live(**{"jobs.gone": 1}), {"jobs.gone"}),
        (live(**{"jobs.max_attempts.deeper": 1}), {"jobs.max_attempts.deeper"}),
    ],
)
def test_what_names_a_model_or_field_that_is_gone_is_ignored_and_told(
    said: Overrides, ignored: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, int]] = []
    monkeypatch.setattr("realstaging.runtime_settings.count", lambda name, value: counted.append((name, value)))
    other = {"settings": said.settings | {"uploads.max_files": Setting(value=7, version=1)}}
    said = said.model_copy(update=other)

    settings = apply_valid_overrides(STAGE, said)

    assert set(check_overrides(STAGE, said).ignored) == ignored
    assert counted == ([("SettingUnfit", len(ignored))] if ignored else [])
    models = settings.models
    assert (settings.uploads.max_files, models.default, models.enabled) == (7, FIRST, STAGE.models.enabled)
    assert models.parameters == STAGE.models.parameters
    assert GONE not in {*models.fallbacks, *(plan.model for plan in settings.plans.values())}
    assert model_selection.objections(settings) == []


def test_when_the_file_itself_is_wrong_it_is_said() -> None:
    broken = STAGE.model_copy(update={"jobs": STAGE.jobs.model_copy(update={"max_attempts": 0})})

    with pytest.raises(ValidationError):
        apply_valid_overrides(broken, live(**{"uploads.max_files": 7}))


@pytest.mark.parametrize("key", [*setting_admin.keys(STAGE)])
def test_every_key_that_can_be_set_leads_to_a_setting_with_a_meaning(key: str) -> None:
    section, name = setting_admin.find_field(key)

    at(key, STAGE)
    assert name in section.model_fields
    assert (section.model_fields[name].description or "").endswith(".")
