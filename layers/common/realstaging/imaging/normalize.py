"""Which photos are accepted, and the two files made of one: what the model sees and what a list shows."""

import hashlib
from dataclasses import dataclass

from realstaging.config import Images
from realstaging.errors import ImageTooSmallError, ImageTooWideError
from realstaging.imaging import decoding, encoding, formats
from realstaging.imaging.advice import advice
from realstaging.models.images import Advice

# A master of a picture longer than this is too narrow for any model: its result would be refused.
MOST_STRETCHED = 8

_MASTER_QUALITY, _THUMBNAIL_QUALITY = 92, 80


@dataclass(frozen=True, slots=True)
class Photo:
    """An accepted photo. `width` and `height` are the original's, upright; `sha256` is of its bytes."""

    content_type: str
    width: int
    height: int
    sha256: str
    master: bytes
    master_width: int
    master_height: int
    thumbnail: bytes
    advice: list[Advice]


def normalize(data: bytes, limits: Images) -> Photo:
    """Accept the bytes, whatever they were announced as, or raise the PhotoError that says what to change."""
    actual = formats.content_type(data)
    picture = decoding.opened(data, actual, limits)
    _check_sides(picture.width, picture.height, limits)
    master = decoding.upright(picture, limits.master_long_side)
    half = master.reduce(2) if max(master.size) > 2 * limits.thumbnail_long_side else master
    thumbnail = decoding.fitted(half, limits.thumbnail_long_side)
    return Photo(
        content_type=actual,
        width=picture.width,
        height=picture.height,
        sha256=hashlib.sha256(data).hexdigest(),
        master=encoding.jpeg(master, _MASTER_QUALITY),
        master_width=master.width,
        master_height=master.height,
        thumbnail=encoding.jpeg(thumbnail, _THUMBNAIL_QUALITY),
        advice=advice(half, thumbnail),
    )


def _check_sides(width: int, height: int, limits: Images) -> None:
    short, long = sorted((width, height))
    if short < limits.min_side:
        raise ImageTooSmallError(
            f"The picture is {width} x {height} pixels; each side must have at least {limits.min_side}. "
            "Send the photo as it came from the camera, not a preview or a screenshot."
        )
    if long > MOST_STRETCHED * short:
        raise ImageTooWideError(
            f"The picture is {width} x {height} pixels: one side is over {MOST_STRETCHED} times as long as the other. "
            "Crop it to one room and send it again."
        )
