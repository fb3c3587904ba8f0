"""The library grows by data: a style is added in two files, one is retired in one, and mistakes are named."""

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from realstaging import config
from realstaging.api.capabilities import capabilities
from realstaging.image_models import prompts
from realstaging.models.choices import current
from realstaging.models.requests import StageSettings
from realstaging.validation import refusals
from tests.support import rows

Data = dict[str, Any]
BRUTALIST: Data = {
    "name": "brutalist",
    "character": "raw concrete grey, heavy blocks, no ornament",
    "pieces": {kind: f"like a {kind} monolith" for kind in prompts.Pieces.model_fields},
}


class Library:
    """A copy of config/ that tests may change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Data:
        data: Data = yaml.safe_load((self._folder / f"{name}.yaml").read_text())
        return data

    def write(self, name: str, data: Data) -> None:
        (self._folder / f"{name}.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
        prompts.texts.cache_clear()

    def offer(self, choice: Data, kind: str = "styles") -> None:
        base = self.read("base")
        base[kind] = [each for each in base[kind] if each["id"] != choice["id"]] + [choice]
        self.write("base", base)

    def describe(self, id: str, style: Data) -> None:
        texts = self.read("prompts")
        texts["styles"][id] = style
        self.write("prompts", texts)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    folder = tmp_path / "config"
    shutil.copytree(config.SOURCES, folder)
    monkeypatch.setattr(config, "SOURCES", folder)
    prompts.texts.cache_clear()
    yield Library(folder)
    prompts.texts.cache_clear()


def test_a_style_added_in_two_files_is_offered_accepted_and_described_in_every_room(library: Library) -> None:
    library.offer({"id": "brutalist", "name": "Brutalist"})
    library.describe("brutalist", BRUTALIST)

    settings = config.load("local")
    assert capabilities(settings).styles[-1].model_dump() == {
        "id": "brutalist",
        "name": "Brutalist",
        "deprecated": False,
        "maps_to": None,
    }
    for room in settings.room_types:
        assert refusals(StageSettings(room_type=room.id, style="brutalist"), settings, "") == []
        prompt = prompts.ordered(rows.job(room_type=room.id, style="brutalist"), settings)
        assert "in brutalist style (raw concrete grey, heavy blocks, no ornament)" in prompt.text
        assert "monolith" in prompt.text
        assert "{" not in prompt.text


def test_a_style_of_pieces_may_still_be_written_out_for_one_room(library: Library) -> None:
    library.describe("brutalist", BRUTALIST)
    texts = library.read("prompts")
    texts["rooms"]["kitchen"]["lines"]["brutalist"] = ["One concrete stool."]
    library.write("prompts", texts)

    assert "- One concrete stool.\n" in prompts.build("kitchen", "brutalist", None).text
    assert "monolith" not in prompts.build("kitchen", "brutalist", None).text
    assert "like a bed monolith" in prompts.build("bedroom", "brutalist", None).text


WRONG: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "neither pieces nor lines": (("styles", "brutalist"), {"name": "b", "character": "c"}, "without pieces: brutalist"),
    "a piece missing": (("styles", "japandi", "pieces", "rug"), None, "styles.japandi.pieces.rug"),
    "a piece nobody knows": (("styles", "japandi", "pieces", "sofa"), "big", "styles.japandi.pieces.sofa"),
    "lines for a style nobody knows": (("rooms", "office", "lines", "baroque"), ["Gold."], "unknown styles: baroque"),
    "furniture nobody has": (("rooms", "office", "furniture"), ["A desk {top}."], "no style has these pieces: top"),
    "furniture without a name": (("rooms", "office", "furniture"), ["A desk {}."], "no style has these pieces"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_mistake_in_the_texts_is_refused_and_named(library: Library, kind: str) -> None:
    path, value, named = WRONG[kind]
    data = copy.deepcopy(library.read("prompts"))
    place = data
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    library.write("prompts", data)

    with pytest.raises(ValidationError) as refused:
        prompts.texts()

    found = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in refused.value.errors()]
    assert any(named in each for each in found)


@pytest.mark.parametrize(
    ("kind", "retired", "target"), [("styles", "hamptons", "coastal"), ("room_types", "study", "office")]
)
def test_a_retired_value_is_marked_still_accepted_and_treated_as_its_target(
    library: Library, kind: str, retired: str, target: str
) -> None:
    library.offer({"id": retired, "name": "Old", "deprecated": True, "maps_to": target}, kind)

    settings = config.load("local")
    name = {"styles": "style", "room_types": "room_type"}[kind]
    offered = {option.id: option for option in getattr(capabilities(settings), kind)}
    assert (offered[retired].deprecated, offered[retired].maps_to) == (True, target)
    assert refusals(StageSettings.model_validate({name: retired}), settings, "") == []
    for wish in (None, "A reading corner, please."):
        told = prompts.ordered(rows.job(prompt=wish, **{name: retired}), settings)
        assert told == prompts.ordered(rows.job(prompt=wish, **{name: target}), settings)


def test_a_style_that_had_texts_of_its_own_follows_its_target_once_it_is_retired(library: Library) -> None:
    library.offer({"id": "rustic", "name": "Rustic", "deprecated": True, "maps_to": "farmhouse"})

    settings = config.load("local")
    assert prompts.ordered(rows.job(style="rustic"), settings) == prompts.build("bedroom", "farmhouse", None)
    assert current(settings.styles, "rustic") == "farmhouse"


REFUSED: dict[str, tuple[list[Data], str]] = {
    "no target": ([{"id": "old", "name": "Old", "deprecated": True}], "old is deprecated"),
    "an unknown target": (
        [{"id": "old", "name": "Old", "deprecated": True, "maps_to": "baroque"}],
        "old is deprecated",
    ),
    "itself": ([{"id": "old", "name": "Old", "deprecated": True, "maps_to": "old"}], "old is deprecated"),
    "a chain": (
        [
            {"id": "older", "name": "Older", "deprecated": True, "maps_to": "old"},
            {"id": "old", "name": "Old", "deprecated": True, "maps_to": "modern"},
        ],
        "older is deprecated",
    ),
    "an offered one that maps": ([{"id": "new", "name": "New", "maps_to": "modern"}], "new is offered"),
    "one id twice": ([{"id": "modern", "name": "Modern"}] * 2, "more than once: modern"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("where", ["styles", "room_types"])
def test_values_that_lead_nowhere_stop_the_load_and_are_named(library: Library, where: str, kind: str) -> None:
    wrong, named = REFUSED[kind]
    base = library.read("base")
    base[where] = [*wrong, {"id": "plain", "name": "Plain"}] + [{"id": "modern", "name": "M"}] * (kind == "a chain")
    library.write("base", base)

    with pytest.raises(ValidationError, match=named) as refused:
        config.load("prod")

    assert [error["loc"] for error in refused.value.errors()] == [(where,)]


def test_what_is_not_retired_is_itself() -> None:
    settings = config.load("local")

    assert [current(settings.styles, choice.id) for choice in settings.styles] == [each.id for each in settings.styles]
    assert current(settings.styles, None) is None
