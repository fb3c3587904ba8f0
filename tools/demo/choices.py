"""The room types and styles on offer, read from the product's settings; a room guessed from a file's name."""

import functools
from pathlib import Path
from typing import Any

import yaml

from realstaging_client import photos

SETTINGS = Path(__file__).parents[2] / "config" / "base.yaml"


@functools.cache
def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load(SETTINGS.read_text())
    return settings


def rooms() -> dict[str, str]:
    """Id -> name."""
    return {room["id"]: room["name"] for room in _settings()["room_types"]}


def styles() -> dict[str, str]:
    return {style["id"]: style["name"] for style in _settings()["styles"]}


def guessed_room(filename: str) -> str | None:
    return photos.guessed_room(filename, rooms())
