"""Which photos are accepted, and the two files made of one: what the model sees and what a list shows."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from realstaging.config import Images
from realstaging.errors import ImageTooSmallError, ImageTooWideError
from realstaging.imaging import decoding, encoding, formats
from realstaging.imaging.advice import advice
from realstaging.models.images import Advice

# A master of a picture longer than this is too narrow for any model: its result would be refused.
MOST_STRETCHED = 8

_MASTER_QUALITY, _THUMBNAIL_QUALITY = 92, 80


@dataclass(frozen=True)
class Photo:
    """An accepted photo. `width` and `height` are the original's, upright; `sha256` is of its bytes.

    Its files are made when they are asked for first: each while the one before it is written.
    """

    content_type: str
    width: int
    height: int
    sha256: str
    _master: Image.Image
    _limits: Images

    @property
    def master_width(self) -> int:
        return self._master.width

    @property
    def master_height(self) -> int:
        return self._master.height

    @cached_property
    def master(self) -> bytes:
        """A JPEG as the model sees the photo."""
        return encoding.jpeg(self._master, _MASTER_QUALITY)

    @cached_property
    def thumbnail(self) -> bytes:
        """A JPEG for lists."""
        return encoding.jpeg(self._small, _THUMBNAIL_QUALITY)

    @cached_property
    def advice(self) -> list[Advice]:
        return advice(self._half, self._small)

    @cached_property
    def _half(self) -> Image.Image:
        is_large = max(self._master.size) > 2 * self._limits.thumbnail_long_side
        return self._master.reduce(2) if is_large else self._master

    @cached_property
    def _small(self) -> Image.Image:
        return decoding.fitted(self._half, self._limits.thumbnail_long_side)


def normalize(data: bytes, limits: Images) -> Photo:
    """Accept the bytes, whatever they were announced as, or raise the PhotoError that says what to change."""
    actual = formats.content_type(data)
    picture = decoding.opened(data, actual, limits)
    _check_sides(picture.width, picture.height, limits)
    master = decoding.upright(picture, limits.master_long_side)
    return Photo(actual, picture.width, picture.height, hashlib.sha256(data).hexdigest(), master, limits)


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
