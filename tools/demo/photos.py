"""The photos to stage: the client's, or the project's own samples, and their size as a person sees it."""

from collections.abc import Sequence
from pathlib import Path

import pillow_heif
from PIL import Image, UnidentifiedImageError

from realstaging_client.client import MOST_FILES
from realstaging_client.photos import BadArgumentError, Photo, checked, content_type, unused
from tools.demo.choices import guessed_room

pillow_heif.register_heif_opener()

SAMPLES = Path(__file__).parents[2] / "samples"
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values that swap width and height


def chosen(paths: Sequence[Path]) -> list[Photo]:
    """These photos, or the project's own samples. Raises BadArgumentError."""
    paths = paths or sorted(SAMPLES.glob("*.jpg"))
    if len(paths) > MOST_FILES:
        raise BadArgumentError(
            f"{len(paths)} photos are too many: one request takes {MOST_FILES}. "
            f"Stage the first {MOST_FILES}, then the rest."
        )
    photos: list[Photo] = []
    for path in dict.fromkeys(map(checked, paths)):
        name = unused(path.stem, [photo.name for photo in photos])
        photos.append(Photo(path, name, content_type(path), guessed_room(path.name)))
    return photos


def upright_size(path: Path) -> tuple[int, int] | None:
    """Width and height as a person sees the picture; None when it does not open."""
    try:
        with Image.open(path) as picture:
            lying = picture.getexif().get(ORIENTATION) in LYING
            width, height = picture.size
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    return (height, width) if lying else (width, height)
