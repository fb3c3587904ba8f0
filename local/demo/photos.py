"""The photos to stage: checked before anything starts, each with a name of its own in the results."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from PIL import Image, UnidentifiedImageError

from local.demo.choices import guessed_room

pillow_heif.register_heif_opener()

SAMPLES = Path(__file__).parents[2] / "samples"
MOST = 50
CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
}
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values that swap width and height


class BadArgumentError(Exception):
    """The command cannot be carried out as given; the message says what to change."""


@dataclass(frozen=True)
class Photo:
    """`name` is what its results are called; no two photos share one."""

    path: Path
    name: str
    content_type: str
    room_type: str | None


def chosen(paths: Sequence[Path]) -> list[Photo]:
    """These photos, or the project's own samples. Raises BadArgumentError."""
    paths = paths or sorted(SAMPLES.glob("*.jpg"))
    if len(paths) > MOST:
        raise BadArgumentError(
            f"{len(paths)} photos are too many: one request takes {MOST}. Stage the first {MOST}, then the rest."
        )
    for path in paths:
        _check(path)
    photos: list[Photo] = []
    for path in paths:
        name = _unused(path.stem, {photo.name for photo in photos})
        photos.append(Photo(path, name, CONTENT_TYPES[path.suffix.lower()], guessed_room(path.name)))
    return photos


def _check(path: Path) -> None:
    if path.is_dir():
        raise BadArgumentError(f"{path} is a folder: name the photos in it, such as {path}/*.jpg")
    if not path.is_file():
        raise BadArgumentError(f"{path} does not exist")
    if path.suffix.lower() not in CONTENT_TYPES:
        raise BadArgumentError(f"{path} is not a JPEG, PNG, WebP or HEIC photo: its name ends in none of " + KNOWN)


KNOWN = " ".join(CONTENT_TYPES)


def _unused(stem: str, taken: set[str]) -> str:
    """`kitchen`, then `kitchen-2`: photos from two folders, or a HEIC beside its JPEG."""
    name, count = stem, 1
    while name.lower() in {each.lower() for each in taken}:  # macOS tells no case apart
        count += 1
        name = f"{stem}-{count}"
    return name


def upright_size(path: Path) -> tuple[int, int] | None:
    """Width and height as a person sees the picture; None when it does not open."""
    try:
        with Image.open(path) as picture:
            lying = picture.getexif().get(ORIENTATION) in LYING
            width, height = picture.size
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    return (height, width) if lying else (width, height)
