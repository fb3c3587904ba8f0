"""Room types and styles: what is offered, and what became of those that are not any more."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Choice(BaseModel):
    """One room type or style on offer; a retired one stays valid and maps to another."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str = Field(description="What requests and rows say; never removed or reused once it was offered.")
    name: str = Field(description="What people read.")
    deprecated: bool = Field(default=False, description="Not offered any more, still accepted.")
    maps_to: str | None = Field(
        default=None, description="The id that a deprecated one is treated as; one that is offered."
    )


def _checked(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    ids = [choice.id for choice in choices]
    if twice := {id for id in ids if ids.count(id) > 1}:
        raise ValueError(f"more than once: {', '.join(sorted(twice))}")
    offered = {choice.id for choice in choices if not choice.deprecated}
    for choice in choices:
        # One step leads to something that is offered: no chains, so no circles.
        if choice.deprecated and choice.maps_to not in offered:
            raise ValueError(f"{choice.id} is deprecated: maps_to must name one that is offered")
        if not choice.deprecated and choice.maps_to is not None:
            raise ValueError(f"{choice.id} is offered: only a deprecated one has maps_to")
    return choices


Choices = Annotated[tuple[Choice, ...], AfterValidator(_checked)]


def current(choices: Iterable[Choice], id: str | None) -> str | None:
    """What an id is treated as by now; itself, unless it is deprecated."""
    return next((choice.maps_to for choice in choices if choice.id == id and choice.deprecated), id)
