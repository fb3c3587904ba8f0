"""The photos to send: found in folders or named one by one, checked before anything starts."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from realstaging_client.client import NewFile, Settings

CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".jif": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".hif": "image/heic",
    # Not every server takes these; one that does not says so for each photo.
    ".avif": "image/avif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
KNOWN = " ".join(CONTENT_TYPES)
# Pictures that no server takes: in a folder they are left out, and named at the end.
_OTHER = """
    3fr arw bmp cr2 cr3 crw dng erf gif iiq jp2 jxl kdc mos mrw nef nrw orf pef psd raf raw rw2 rwl sr2 srf srw x3f
"""
OTHER_PICTURES = frozenset(f".{ending}" for ending in _OTHER.split())
# What a server refuses in a name: it cannot be seen.
HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

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
        filename = HIDDEN.sub("", self.path.name.encode("utf-8", "replace").decode()) or "photo"
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
    results = {path.resolve() for path in but}
    photos: dict[Path, None] = {}
    for path in paths:
        for photo in _in_folder(path, CONTENT_TYPES) if path.is_dir() else [path]:
            if photo.resolve() not in results:
                photos[checked(photo).resolve()] = None
    if not photos:
        others = ", ".join(path.name for path in left_out(paths))
        hint = f" (left out: {others})" if others else ""
        raise BadArgumentError(f"There are no photos here{hint}: no file's name ends in one of {KNOWN}")
    return list(photos)


def left_out(paths: Sequence[Path]) -> list[Path]:
    """The pictures directly in these folders that cannot be sent, such as raw files of cameras."""
    folders = [path for path in paths if path.is_dir()]
    return [path for folder in folders for path in _in_folder(folder, OTHER_PICTURES)]


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
    # macOS and Windows tell no case apart, macOS no spelling of accents either.
    names = {folded(name) for name in taken}
    name, count = stem, 1
    while folded(name) in names:
        count += 1
        name = f"{stem}-{count}"
    return name


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()


def guessed_room(filename: str, rooms: Iterable[str]) -> str | None:
    """`Living-room 2.jpg` is a living room, `IMG_0042.jpg` could be anything."""
    rooms = set(rooms)
    words = "_".join(["", *re.findall("[a-z]+", Path(filename).stem.lower()), ""])
    known = {room: room for room in rooms} | {word: room for word, room in ALSO.items() if room in rooms}
    named = [word for word in known if f"_{word}_" in words]
    return known[max(named, key=len)] if named else None


def _in_folder(folder: Path, endings: Collection[str]) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in endings and path.is_file() and not path.name.startswith(".")
    )
