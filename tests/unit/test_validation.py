"""Complaints say where (RFC 6901) and what to do instead."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from realstaging import config
from realstaging.models.requests import StageSettings, UploadFile
from realstaging.validation import complaints, pointer, unknown_choices

SETTINGS = config.load("local")


def _followed(document: Any, pointer: str) -> Any:
    """RFC 6901, section 4, the plain way."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ((), ""),
        (("files", 0, "size_bytes"), "/files/0/size_bytes"),
        (("a/b",), "/a~1b"),
        (("m~n",), "/m~0n"),
        (("~1",), "/~01"),
        (("",), "/"),
    ],
)
def test_a_pointer_is_written_as_the_rfc_wants(location: tuple[str | int, ...], expected: str) -> None:
    assert pointer(location) == expected


@given(st.lists(st.text("ab~/01", max_size=4), min_size=1, max_size=4))
def test_following_a_pointer_leads_back_to_the_place(names: list[str]) -> None:
    document: Any = "here"
    for name in reversed(names):
        document = {name: document}

    assert _followed(document, pointer(names)) == "here"


def test_complaints_keep_what_they_are_under_and_what_pydantic_found() -> None:
    with pytest.raises(ValidationError) as refused:
        UploadFile.model_validate({"filename": "", "content_type": "text/html", "size_bytes": 0, "extra": 1})

    found = complaints(refused.value.errors(), "/files/3")

    assert [each["pointer"] for each in found] == [
        "/files/3/filename",
        "/files/3/content_type",
        "/files/3/size_bytes",
        "/files/3/extra",
    ]
    assert all(each["message"] for each in found)


def test_what_is_on_offer_is_not_complained_about() -> None:
    for room in SETTINGS.room_types:
        for style in SETTINGS.styles:
            assert unknown_choices(StageSettings(room_type=room.id, style=style.id), SETTINGS, "") == []
    assert unknown_choices(StageSettings(model=SETTINGS.models.default), SETTINGS, "") == []
    assert unknown_choices(StageSettings(), SETTINGS, "") == []


@pytest.mark.parametrize(
    ("wanted", "where", "alternative"),
    [
        (StageSettings(room_type="dungeon"), "/x/room_type", "living_room"),
        (StageSettings(style="brutalist"), "/x/style", "scandinavian"),
        (StageSettings(styles=["modern", "brutalist"]), "/x/styles/1", "scandinavian"),
        (StageSettings(model="nobody/nothing"), "/x/model", "qwen/qwen-image-edit-2511"),
    ],
)
def test_an_unknown_choice_is_named_with_the_alternatives(wanted: StageSettings, where: str, alternative: str) -> None:
    (complaint,) = unknown_choices(wanted, SETTINGS, "/x")

    assert complaint["pointer"] == where
    assert alternative in complaint["message"]


def test_a_model_that_is_not_enabled_is_not_on_offer() -> None:
    closed = SETTINGS.model_copy(update={"models": config.Models(default="a/b", enabled=("a/b",))})

    assert unknown_choices(StageSettings(model="qwen/qwen-image-edit-2511"), closed, "") != []


def test_style_and_styles_together_are_refused() -> None:
    (complaint,) = unknown_choices(StageSettings(style="modern", styles=["modern"]), SETTINGS, "")

    assert complaint["pointer"] == "/styles"


def test_every_unknown_choice_is_listed_at_once() -> None:
    wanted = StageSettings(room_type="dungeon", styles=["a", "b"], model="c")

    assert [each["pointer"] for each in unknown_choices(wanted, SETTINGS, "")] == [
        "/room_type",
        "/styles/0",
        "/styles/1",
        "/model",
    ]


def test_a_long_value_is_not_repeated_whole() -> None:
    (complaint,) = unknown_choices(StageSettings(room_type="x" * 5_000), SETTINGS, "")

    assert len(complaint["message"]) < 400
