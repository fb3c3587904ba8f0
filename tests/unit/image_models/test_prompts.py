"""Prompts protect the building first, ask for nothing that changes it, and change with their version."""

import re

import pytest

from realstaging import config
from realstaging.image_models import prompts, registry
from realstaging.models.requests import StageSettings
from tests.unit.golden import agreed

TEXTS = prompts.texts()
STYLED = [(room, style) for room in TEXTS.rooms for style in TEXTS.styles]
WISH = "Ten guests around one long table, and a piano."

# What is part of the building, or only comes with work done to it.
# fmt: off
BUILDING = {
    "pendant", "chandelier", "sconce", "downlight", "spotlight", "ceiling", "recessed", "built-in", "fitted",
    "mounted", "hang", "hangs", "hung", "hanging", "shelf", "shelves", "shelving", "paint", "painted",
    "repaint", "wallpaper", "panelling", "cladding", "tile", "tiles", "tiled", "flooring", "parquet", "curtain",
    "curtains", "drape", "drapes", "blind", "blinds", "shutter", "shutters", "mantel", "fireplace", "stove",
    "oven", "hob", "hood", "fridge", "freezer", "refrigerator", "dishwasher", "microwave", "appliance",
    "appliances", "faucet", "tap", "taps", "sink", "basin", "bath", "bathtub", "tub", "shower", "toilet",
    "vanity", "cabinet", "cabinets", "cupboard", "cupboards", "wardrobe", "wardrobes", "closet", "countertop",
    "backsplash", "island", "radiator", "vent", "socket", "switch", "outlet", "install", "replace", "remove",
    "move", "renovate", "upgrade", "enlarge", "extend", "pergola", "awning", "pool", "fence", "hedge", "lawn",
    "flowerbed", "facade", "roof", "railing", "string-lights", "lit", "glowing", "dusk", "sunset", "mirror",
}
# fmt: on


@pytest.mark.parametrize(("room", "style"), STYLED)
def test_what_must_stay_is_said_before_any_furniture_and_placement_last(room: str, style: str) -> None:
    text = prompts.build(room, style, None).text
    data, name = TEXTS.rooms[room], TEXTS.styles[style].name

    opening = text.index(f"in {name} style")
    keep = [text.index(line) for line in TEXTS.keep[data.setting]]
    furniture = data.furnished(style, TEXTS.styles[style])
    wanted = [text.index(line) for line in (*data.brief, *furniture)]
    never = text.index(data.never)
    place = [text.index(line) for line in TEXTS.place[data.setting]]
    assert opening < min(keep)
    assert max(keep) < min(wanted)
    assert max(wanted) < min(place)
    assert not data.never or max(wanted) < never < min(place)
    assert 3 <= len(furniture) <= 8
    assert len(text) <= 2_500


@pytest.mark.parametrize(("room", "style"), STYLED)
def test_nothing_asked_for_contradicts_what_must_stay(room: str, style: str) -> None:
    data = TEXTS.rooms[room]
    furniture = data.furnished(style, TEXTS.styles[style])
    asked = " ".join((*data.brief, *furniture, TEXTS.styles[style].character)).lower()
    allowed = asked.replace("bath mat", "mat").replace("not lit", "")

    assert not set(re.findall(r"[a-z]+(?:-[a-z]+)*", allowed)) & BUILDING


@pytest.mark.parametrize("stage", config.STAGES)
def test_every_room_and_style_on_offer_has_its_texts(stage: str) -> None:
    settings = config.load(stage)
    rooms = {choice.id for choice in settings.room_types if not choice.deprecated}
    styles = {choice.id for choice in settings.styles if not choice.deprecated}

    assert rooms == set(TEXTS.rooms)
    assert styles == set(TEXTS.styles)


@pytest.mark.parametrize("stage", config.STAGES)
def test_the_first_room_and_style_of_the_list_are_those_of_a_request_that_names_none(stage: str) -> None:
    settings = config.load(stage)

    assert settings.room_types[0].id == prompts.ANY_ROOM
    assert settings.styles[0].id == prompts.DEFAULT_STYLE


def test_a_bedroom_is_about_its_bed_and_forbids_living_room_pieces() -> None:
    room = TEXTS.rooms["bedroom"]

    assert "bed is the focal point" in room.brief[0]
    assert "main wall" in room.brief[0]
    assert "Closets and the way to them stay free" in room.never
    for forbidden in ("sofas", "coffee tables", "televisions"):
        assert forbidden in room.never
    asked = str([room.furnished(*style) for style in TEXTS.styles.items()]).lower()
    assert not any(word in asked for word in ("sofa", "coffee table", "television", "sectional"))


@pytest.mark.parametrize("style", TEXTS.styles)
def test_outdoors_only_exterior_pieces_are_asked_for_and_the_grounds_are_kept(style: str) -> None:
    text = prompts.build("outdoor", style, None).text

    assert "exterior-grade" in text
    assert "No indoor furniture" in text or "indoor furniture of any kind" in text
    assert "Surroundings: same trees" in text
    assert "same daylight" in text
    assert "sockets" not in text


@pytest.mark.parametrize("room", ["kitchen", "bathroom"])
def test_kitchens_and_bathrooms_stay_sparing(room: str) -> None:
    data = TEXTS.rooms[room]

    assert data.brief[0].startswith("Stay sparing")
    assert "new " in data.never
    assert all(len(data.furnished(*style)) == 3 for style in TEXTS.styles.items())


def test_without_a_room_the_evident_use_counts_and_without_a_style_it_is_modern() -> None:
    assert "evident use" in prompts.build(None, None, None).text
    assert prompts.build(None, None, None) == prompts.build("auto", None, None)
    assert prompts.build(None, None, None) == prompts.build(None, "modern", None)
    assert prompts.build("office", None, None) == prompts.build("office", "modern", None)


def test_asked_to_choose_the_style_the_model_is_told_what_to_judge_by() -> None:
    text = prompts.build("living_room", "auto", None).text

    assert "in the most fitting style (as a stager would judge from the building's age" in text
    assert "the style is the most fitting (as" in prompts.build("living_room", "auto", WISH).text


@pytest.mark.parametrize("room", [None, *TEXTS.rooms])
@pytest.mark.parametrize("style", [None, "industrial"])
def test_a_clients_wish_stands_between_protection_and_placement(room: str | None, style: str | None) -> None:
    data = TEXTS.rooms[room or prompts.ANY_ROOM]

    text = prompts.build(room, style, f"  {WISH}\n").text

    keep, wish, place = (text.index(words) for words in (TEXTS.keep[data.setting][-1], WISH, "How to place it"))
    assert keep < wish < place
    assert data.name in text
    assert not any(line in text for line in data.brief)
    assert ("the style is industrial" in text) == (style is not None)
    assert len(text) - len(WISH) <= 2_500


@pytest.mark.parametrize("room", [None, *TEXTS.rooms])
@pytest.mark.parametrize("style", [None, *TEXTS.styles])
def test_the_longest_wish_in_any_room_and_style_is_read_to_its_end_by_every_model(
    room: str | None, style: str | None
) -> None:
    longest = StageSettings.model_fields["prompt"].metadata
    [limit] = [each.max_length for each in longest if hasattr(each, "max_length")]

    text = prompts.build(room, style, "x" * limit).text

    assert limit == 2000
    assert all(model.max_prompt is None or len(text) <= model.max_prompt for model in registry.all())


@pytest.mark.parametrize("style", [id for id, style in TEXTS.styles.items() if style.pieces])
def test_what_chairs_are_made_of_fits_one_chair_and_several(style: str) -> None:
    pieces = TEXTS.styles[style].pieces

    assert pieces
    assert not re.search(r"\b(seats|backs)\b", pieces.chairs)


def test_a_wish_with_braces_is_left_as_it_is() -> None:
    assert "{room} {0} {}" in prompts.build(None, None, "{room} {0} {}").text


@pytest.mark.parametrize("room", [None, "kitchen", "outdoor"])
@pytest.mark.parametrize("style", [None, "auto", "japandi"])
def test_who_gives_up_the_protection_says_everything_alone(room: str | None, style: str | None) -> None:
    assert prompts.build(room, style, f"  {WISH}\n", keep_structure=False) == prompts.Prompt(WISH, "as sent")


def test_without_a_wish_the_room_is_protected_whatever_is_said() -> None:
    usual = prompts.build("office", "modern", None)

    assert prompts.build("office", "modern", None, keep_structure=False) == usual


@pytest.mark.parametrize(("room", "style"), [("garage", None), (None, "baroque"), ("garage", "baroque")])
def test_an_unknown_room_or_style_is_a_key_error(room: str | None, style: str | None) -> None:
    with pytest.raises(KeyError):
        prompts.build(room, style, None)


def test_every_prompt_is_as_agreed() -> None:
    texts = {path.stem: path.read_text().removesuffix("\n") for path in agreed.FOLDER.glob("*.txt")}

    assert agreed.current() == texts, "changed? new version in config/prompts.yaml, then tests.unit.golden.agreed"


def test_a_changed_text_has_a_new_version() -> None:
    version = prompts.build(None, None, None).version

    assert agreed.recorded()[version] == agreed.digest(agreed.current())
    assert [*agreed.recorded()][-1] == version
