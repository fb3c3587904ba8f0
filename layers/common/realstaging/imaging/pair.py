"""A picture of a pair that is to be compared, from its file's bytes."""

from PIL import Image

from realstaging.config import Images
from realstaging.errors import ImageTooSmallError
from realstaging.imaging import decoding, formats

# The check looks at far fewer; more would only cost memory.
MAX_PIXELS = 24_000_000
# Below, there are no lines to compare.
NARROWEST = 64


def read(data: bytes, limits: Images) -> Image.Image:
    """Upright sRGB, at most MAX_PIXELS. Raises PhotoError."""
    picture = decoding.opened(data, formats.content_type(data), limits)
    if min(picture.width, picture.height) < NARROWEST:
        raise ImageTooSmallError(
            f"The picture is {picture.width} x {picture.height} pixels; each side must have at least {NARROWEST}."
        )
    factor = (MAX_PIXELS / (picture.width * picture.height)) ** 0.5
    return decoding.upright(picture, None if factor >= 1 else int(max(picture.width, picture.height) * factor))
