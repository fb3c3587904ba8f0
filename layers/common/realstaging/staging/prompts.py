"""What a model is told: first what must not change, then the furniture, then where it may stand."""

import functools
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from realstaging import config

DEFAULT_STYLE = "modern"
ANY_ROOM = "any"

# A room has a ceiling to keep, a garden has a sky.
Setting = Literal["indoors", "outdoors"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text, and the version of the texts it was built from."""

    text: str
    version: str


class _Texts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Style(_Texts):
    name: str
    character: str


class Room(_Texts):
    """What a room is for, what never stands in it, and its furniture by style."""

    name: str
    setting: Setting
    brief: tuple[str, ...]
    never: str
    lines: dict[str, tuple[str, ...]]


class Texts(_Texts):
    """config/prompts.yaml."""

    version: str
    opening: str
    opening_custom: str
    keep: dict[Setting, tuple[str, ...]]
    place: dict[Setting, tuple[str, ...]]
    wish: str
    wish_style: str
    styles: dict[str, Style]
    rooms: dict[str, Room]


@functools.cache
def texts() -> Texts:
    return Texts.model_validate(config.document("prompts"))


def build(room_type: str | None, style: str | None, custom: str | None) -> Prompt:
    """The prompt for a room and style, or for a client's own wish; KeyError for an unknown room or style.

    Protection comes before furniture because models follow what they read first; the rules of placement
    come last because they apply to whatever was asked for.
    """
    data = texts()
    room = data.rooms[room_type or ANY_ROOM]
    keep, place = "\n".join(data.keep[room.setting]), "\n".join(data.place[room.setting])
    if custom:
        opening, wanted = _wished(data, room, style, custom)
    else:
        opening, wanted = _styled(data, room, style or DEFAULT_STYLE)
    return Prompt("\n\n".join((opening, keep, wanted, place)), data.version)


def _styled(data: Texts, room: Room, style_id: str) -> tuple[str, str]:
    style = data.styles[style_id]
    opening = data.opening.format(room=room.name, style=style.name, character=style.character)
    wanted = [*room.brief, *(f"- {line}" for line in room.lines[style_id]), room.never]
    return opening, "\n".join(filter(None, wanted))


def _wished(data: Texts, room: Room, style_id: str | None, custom: str) -> tuple[str, str]:
    """The client decides on the furniture, so the room's brief is left out; what must stay is not."""
    wanted = [data.wish, custom.strip()]
    if style_id:
        style = data.styles[style_id]
        wanted.append(data.wish_style.format(style=style.name, character=style.character))
    return data.opening_custom.format(room=room.name), "\n".join(wanted)
