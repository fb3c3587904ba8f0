"""The room types and styles on offer, read from the product's settings; a room guessed from a file's name."""

import functools
import re
from pathlib import Path
from typing import Any

import yaml

SETTINGS = Path(__file__).parents[2] / "config" / "base.yaml"

# What people also call them, in file names.
ALSO = {
    "living": "living_room",
    "livingroom": "living_room",
    "lounge": "living_room",
    "master_bedroom": "bedroom",
    "bath": "bathroom",
    "dining": "dining_room",
    "diningroom": "dining_room",
    "study": "office",
    "hall": "entryway",
    "hallway": "entryway",
    "entrance": "entryway",
    "balcony": "outdoor",
    "garden": "outdoor",
    "patio": "outdoor",
    "terrace": "outdoor",
}


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
    """`Living-room 2.jpg` is a living room, `IMG_0042.jpg` could be anything."""
    words = "_".join(["", *re.findall("[a-z]+", Path(filename).stem.lower()), ""])
    known = {room: room for room in rooms()} | {word: room for word, room in ALSO.items() if room in rooms()}
    found = [word for word in known if f"_{word}_" in words]
    return known[max(found, key=len)] if found else None
