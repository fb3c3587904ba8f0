"""Settings are merged, checked and frozen; what is wrong is named, and packaging changes nothing."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from realstaging import config
from realstaging.image_models import registry
from realstaging.imaging.check_thresholds import thresholds_of
from realstaging.imaging.checks.thresholds import DEFAULTS
from realstaging.models.verdicts import Mode

TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def test_what_a_stage_says_is_laid_over_the_base_key_by_key() -> None:
    base = {"limits": {"files": 50, "types": ["a", "b"]}, "name": "x"}

    assert config.merged(base, {"limits": {"types": ["c"]}}) == {"limits": {"files": 50, "types": ["c"]}, "name": "x"}


@given(TREES)
def test_laying_nothing_over_settings_changes_nothing(tree: Any) -> None:
    assert config.merged(tree, tree) == tree
    if isinstance(tree, dict):
        assert config.merged(tree, {}) == tree


@given(TREES, TREES)
def test_merging_changes_neither_side_and_the_upper_side_wins(base: Any, over: Any) -> None:
    before = json.dumps([base, over])
    result = config.merged(base, over)

    assert json.dumps([base, over]) == before
    assert config.merged(result, over) == result


@pytest.mark.parametrize("stage", config.STAGES)
def test_every_stage_loads_and_knows_its_own_name(stage: str) -> None:
    assert config.load(stage).stage == stage


@pytest.mark.parametrize("stage", config.STAGES)
def test_in_every_stage_what_belongs_together_fits_together(stage: str) -> None:
    settings = config.load(stage)
    styles, rooms = [style.id for style in settings.styles], [room.id for room in settings.room_types]

    assert len(set(styles)) == len(styles)
    assert len(set(rooms)) == len(rooms)
    assert all(choice.maps_to in (*styles, None) for choice in settings.styles)
    assert settings.models.default in settings.models.enabled
    assert "free" in settings.plans
    # The form must still be good when somebody looks whether the file came all the same.
    assert settings.uploads.url_seconds <= settings.uploads.check_after_seconds
    assert settings.replicate.api_token.startswith("ssm:")
    assert settings.replicate.webhook_secret.startswith("ssm:")


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_only_the_local_stage_fetches_results_from_this_machine(stage: str) -> None:
    settings = config.load(stage).replicate

    assert "127.0.0.1" not in settings.delivery_hosts
    assert settings.base_url.startswith("https://")


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        config.load("production")


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"uploadz": {}}, "uploadz"),
        ({"uploads": {"max_filez": 1}}, "uploads.max_filez"),
        ({"uploads": {"max_files": 51}}, "uploads.max_files"),
        ({"identity": {"leeway_seconds": -1}}, "identity.leeway_seconds"),
        ({"replicate": {"inputs": "carrier pigeon"}}, "replicate.inputs"),
        ({"plans": {"free": {"images_per_month": -1}}}, "plans.free.images_per_month"),
    ],
)
def test_a_wrong_key_or_value_is_refused_and_named(overrides: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError) as refused:
        config.load("local", json.dumps(overrides))

    assert named in [".".join(map(str, error["loc"])) for error in refused.value.errors()]


def test_a_missing_key_is_refused_and_named() -> None:
    data = config.read("local")
    del data["uploads"]["max_bytes"]

    with pytest.raises(ValidationError, match=r"uploads\.max_bytes"):
        config.Settings.model_validate(data)


def test_a_deployments_overrides_come_last_and_leave_their_neighbours() -> None:
    usual = config.load("local")
    settings = config.load("local", '{"identity": {"issuer": "https://tenant.example/"}}')

    assert settings.identity == usual.identity.model_copy(update={"issuer": "https://tenant.example/"})
    assert settings.uploads == usual.uploads


@pytest.mark.parametrize("nothing", ["", "{}"])
def test_empty_overrides_override_nothing(nothing: str) -> None:
    assert config.load("dev", nothing) == config.load("dev")


def test_overrides_that_are_not_json_stop_the_start() -> None:
    with pytest.raises(json.JSONDecodeError):
        config.load("local", "{issuer: x}")


def test_settings_cannot_be_changed_once_loaded() -> None:
    with pytest.raises(ValidationError):
        config.load("local").uploads.max_files = 1  # type: ignore[misc]


def test_the_process_gets_its_stage_and_overrides_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "staging")
    monkeypatch.setenv("SETTINGS_OVERRIDES", '{"sockets": {"max_per_owner": 3}}')
    # Uncached, so that no other test meets these settings.
    settings = config.settings.__wrapped__()

    assert (settings.stage, settings.sockets.max_per_owner) == ("staging", 3)


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_stops_the_start_and_names_itself(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TABLE_NAME")
    if value is not None:
        monkeypatch.setenv("TABLE_NAME", value)

    with pytest.raises(RuntimeError, match="TABLE_NAME"):
        config.required("TABLE_NAME")


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layer") / "packaged"
    config.package(folder)
    return folder


@pytest.mark.parametrize("stage", config.STAGES)
def test_packaged_settings_are_the_same_as_the_sources(
    stage: str, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_sources = config.load(stage)
    monkeypatch.setattr(config, "PACKAGED", packaged)
    monkeypatch.setattr(config, "SOURCES", packaged / "not there")

    assert config.load(stage) == from_sources


def test_packaged_documents_are_the_same_as_the_sources(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from_sources = config.document("prompts")
    monkeypatch.setattr(config, "PACKAGED", packaged)
    monkeypatch.setattr(config, "SOURCES", packaged / "not there")

    assert config.document("prompts") == from_sources


def test_packaging_writes_every_stage_and_document_and_nothing_else(packaged: Path) -> None:
    documents = {source.stem for source in config.SOURCES.glob("*.yaml")} - {"base"}

    assert {file.name for file in packaged.iterdir()} == {f"{name}.json" for name in documents}


CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a default that is not on offer": ({"models": {"default": "nobody/nothing"}}, "models.default"),
    "a fallback that is not on offer": ({"models": {"fallbacks": ["nobody/nothing"]}}, "models.fallbacks.0"),
    "a plan's model that is not on offer": ({"plans": {"pro": {"model": "nobody/nothing"}}}, "plans.pro.model"),
    "photos that webhooks would repeat": ({"replicate": {"inputs": "inline"}}, "inline"),
}


@pytest.mark.parametrize(("overrides", "words"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_settings_that_contradict_each_other_do_not_load(overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        config.load("prod", json.dumps(overrides))


def test_without_a_free_plan_nothing_starts() -> None:
    settings = config.read("prod")
    del settings["plans"]["free"]

    with pytest.raises(ValidationError, match=r"plans\.free"):
        config.Settings.model_validate(settings)


@pytest.mark.parametrize("stage", ["local", "dev", "staging", "prod"])
def test_the_thresholds_of_every_stage_are_those_of_the_method(stage: str) -> None:
    checks = config.load(stage).checks
    modes: tuple[Mode, ...] = get_args(Mode)

    assert {*checks.thresholds, *(mode for each in checks.models.values() for mode in each)} <= set(modes)
    assert [model for model in checks.models if not registry.known(model)] == []
    for mode in modes:
        for model in (None, *checks.models):
            assert thresholds_of(checks, mode, model)


def test_what_a_model_must_keep_is_laid_over_what_its_mode_must() -> None:
    checks = config.Checks(
        default="reroll",
        thresholds={"staging": {"blank": 4.0, "unchanged": 0.01}},
        models={"one": {"staging": {"blank": 3.0}}},
    )

    assert thresholds_of(checks, "staging", "one").blank == 3.0
    assert thresholds_of(checks, "staging", "one").unchanged == 0.01
    assert thresholds_of(checks, "staging", "another").blank == 4.0
    assert thresholds_of(checks, "enhancement", "one") == DEFAULTS["enhancement"]
    with pytest.raises(KeyError, match="no such threshold: blanc"):
        thresholds_of(config.Checks(default="reroll", thresholds={"staging": {"blanc": 4.0}}), "staging")
