"""What a model is told: first what must not change, then the furniture, then where it may stand."""

import functools
import string
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from realstaging import config
from realstaging.config import Settings
from realstaging.models.choices import current
from realstaging.models.jobs import JobView
from realstaging.models.verdicts import Mode

DEFAULT_STYLE = "modern"
ANY_ROOM = "auto"
# The version of a prompt that none of our texts is in.
AS_SENT = "as sent"

# A room has a ceiling to keep, a garden has a sky.
Setting = Literal["indoors", "outdoors"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text, and the version of the texts it was built from."""

    text: str
    version: str


class _Texts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Pieces(_Texts):
    """A style by kinds of furniture: words that follow what a room names, such as "of oak with brass pulls"."""

    seating: str
    chairs: str
    table: str
    bed: str
    storage: str
    rug: str
    textiles: str
    light: str
    art: str
    decor: str
    outdoors: str
    planting: str


class Style(_Texts):
    """Described once by its pieces, or written out in the lines of every room."""

    name: str
    character: str
    pieces: Pieces | None = None


class Room(_Texts):
    """What a room is for, what never stands in it, what it is furnished with, and lines of its own for some styles."""

    name: str
    setting: Setting
    brief: tuple[str, ...]
    never: str
    furniture: tuple[str, ...]
    lines: dict[str, tuple[str, ...]]

    @field_validator("furniture")
    @classmethod
    def _names_known_pieces(cls, furniture: tuple[str, ...]) -> tuple[str, ...]:
        named = {name for line in furniture for _, name, _, _ in string.Formatter().parse(line) if name is not None}
        if unknown := named - Pieces.model_fields.keys():
            raise ValueError(f"no style has these pieces: {', '.join(sorted(unknown))}")
        return furniture

    def furnished(self, style_id: str, style: Style) -> tuple[str, ...]:
        """The furniture in a style. The room's own lines win; where it has none, the style has pieces."""
        if style.pieces is None or style_id in self.lines:
            return self.lines[style_id]
        pieces = dict(style.pieces)
        return tuple(line.format_map(pieces) for line in self.furniture)


class ModeTexts(_Texts):
    """All that is said in a mode that furnishes nothing."""

    opening: str
    lines: tuple[str, ...]


class Texts(_Texts):
    """config/prompts.yaml."""

    version: str
    opening: str
    opening_custom: str
    keep: dict[Setting, tuple[str, ...]]
    place: dict[Setting, tuple[str, ...]]
    modes: dict[Literal["declutter", "enhancement"], ModeTexts]
    wish: str
    wish_style: str
    styles: dict[str, Style]
    rooms: dict[str, Room]

    @model_validator(mode="after")
    def _every_room_knows_every_style(self) -> Self:
        written_out = {id for id, style in self.styles.items() if style.pieces is None}
        for id, room in self.rooms.items():
            if missing := written_out - room.lines.keys():
                raise ValueError(f"{id} has no lines for styles without pieces: {', '.join(sorted(missing))}")
            if unknown := room.lines.keys() - self.styles.keys():
                raise ValueError(f"{id} has lines for unknown styles: {', '.join(sorted(unknown))}")
        return self


@functools.cache
def texts() -> Texts:
    return Texts.model_validate(config.document("prompts"))


def ordered(job: JobView, settings: Settings) -> Prompt:
    """The prompt of a job, whatever became of its room type and style since."""
    room_type, style = current(settings.room_types, job.room_type), current(settings.styles, job.style)
    return build(room_type, style, job.prompt, keep_structure=job.keep_structure, mode=job.mode)


def build(
    room_type: str | None,
    style: str | None,
    custom: str | None,
    *,
    keep_structure: bool = True,
    mode: Mode = "staging",
) -> Prompt:
    """The prompt for a room and style, or for a client's own wish; KeyError for an unknown room or style.

    Protection comes before furniture because models follow what they read first; the rules of placement
    come last because they apply to whatever was asked for. Who gives up the protection says everything alone.
    """
    if custom and not keep_structure:
        return Prompt(custom.strip(), AS_SENT)
    data = texts()
    room = data.rooms[room_type or ANY_ROOM]
    if mode != "staging":
        texts_of = data.modes[mode]
        wish = [f"{data.wish}\n{custom.strip()}"] if custom else []
        parts = [texts_of.opening.format(room=room.name), "\n".join(texts_of.lines), *wish]
        return Prompt("\n\n".join(parts), data.version)
    keep, place = "\n".join(data.keep[room.setting]), "\n".join(data.place[room.setting])
    if custom:
        opening, wanted = _wished(data, room, style, custom)
    else:
        opening, wanted = _styled(data, room, style or DEFAULT_STYLE)
    return Prompt("\n\n".join((opening, keep, wanted, place)), data.version)


def _styled(data: Texts, room: Room, style_id: str) -> tuple[str, str]:
    style = data.styles[style_id]
    opening = data.opening.format(room=room.name, style=style.name, character=style.character)
    wanted = [*room.brief, *(f"- {line}" for line in room.furnished(style_id, style)), room.never]
    return opening, "\n".join(filter(None, wanted))


def _wished(data: Texts, room: Room, style_id: str | None, custom: str) -> tuple[str, str]:
    """The client decides on the furniture, so the room's brief is left out; what must stay is not."""
    wanted = [data.wish, custom.strip()]
    if style_id:
        style = data.styles[style_id]
        wanted.append(data.wish_style.format(style=style.name, character=style.character))
    return data.opening_custom.format(room=room.name), "\n".join(wanted)
