"""The photos to send: found in folders or named one by one, checked before anything starts."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from realstaging_client.client import NewFile, Settings

CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
}
KNOWN = " ".join(CONTENT_TYPES)

# What people also call rooms, in file names.
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


class BadArgumentError(Exception):
    """The command cannot be carried out as given; the message says what to change."""


@dataclass(frozen=True)
class Photo:
    """`name` is what its results are called; no two photos of a run share one."""

    path: Path
    name: str
    content_type: str
    room_type: str | None = None
    size_bytes: int = 0
    sha256: str = ""

    def file(self, *, staged: bool) -> NewFile:
        """How it is announced; its own room goes before the request's."""
        # A file's name need not be text: what is not, the server never sees.
        filename = self.path.name.encode("utf-8", "replace").decode()
        file = NewFile(filename=filename, content_type=self.content_type, size_bytes=self.size_bytes)
        if self.sha256:
            file["sha256"] = self.sha256
        if not staged:
            file["settings"] = None
        elif self.room_type:
            file["settings"] = Settings(room_type=self.room_type)
        return file


def found(paths: Sequence[Path], but: Iterable[Path] = ()) -> list[Path]:
    """The photos among these files and directly in these folders, without `but`. Raises BadArgumentError."""
    left_out = {path.resolve() for path in but}
    photos: dict[Path, None] = {}
    for path in paths:
        for photo in _in_folder(path) if path.is_dir() else [path]:
            if photo.resolve() not in left_out:
                photos[checked(photo).resolve()] = None
    if not photos:
        raise BadArgumentError(f"There are no photos here: no file's name ends in one of {KNOWN}")
    return list(photos)


def checked(path: Path) -> Path:
    if path.is_dir():
        raise BadArgumentError(f"{path} is a folder: name the photos in it, such as {path}/*.jpg")
    if not path.is_file():
        raise BadArgumentError(f"{path} does not exist")
    if path.suffix.lower() not in CONTENT_TYPES:
        raise BadArgumentError(f"{path} is not a JPEG, PNG, WebP or HEIC photo: its name ends in none of {KNOWN}")
    return path


def content_type(path: Path) -> str:
    return CONTENT_TYPES[path.suffix.lower()]


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unused(stem: str, taken: Iterable[str]) -> str:
    """`kitchen`, then `kitchen-2`: photos from two folders, or a HEIC beside its JPEG."""
    names = {name.lower() for name in taken}  # macOS and Windows tell no case apart
    name, count = stem, 1
    while name.lower() in names:
        count += 1
        name = f"{stem}-{count}"
    return name


def guessed_room(filename: str, rooms: Iterable[str]) -> str | None:
    """`Living-room 2.jpg` is a living room, `IMG_0042.jpg` could be anything."""
    rooms = set(rooms)
    words = "_".join(["", *re.findall("[a-z]+", Path(filename).stem.lower()), ""])
    known = {room: room for room in rooms} | {word: room for word, room in ALSO.items() if room in rooms}
    named = [word for word in known if f"_{word}_" in words]
    return known[max(named, key=len)] if named else None


def _in_folder(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in CONTENT_TYPES and path.is_file() and not path.name.startswith(".")
    )
