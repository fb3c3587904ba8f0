"""What a look at the photo says before it is paid for: facts that often spoil a staging, never a refusal."""

import numpy
from PIL import Image, ImageFilter, ImageStat

from realstaging.models.images import Advice

# Mean of the brightness, 0 to 255.
_DARK = 45
# A sharp picture has edges somewhere: the strength that one pixel in a thousand reaches, of a Laplacian.
_BLURRED, _LOOKED_AT = 14, 0.001
# Less contrast than this is no picture to judge by its edges.
_FLAT = 6
# Share of the picture within even borders, and how even those are.
_WINDOW, _EVEN = 0.5, 10


def advice(half: Image.Image, thumbnail: Image.Image) -> list[Advice]:
    """`half` is the master at about 1,024 pixels: a blur shows there, the camera's noise does not."""
    gray = thumbnail.convert("L")
    found = []
    left, top, right, bottom = _window(gray)
    if ImageStat.Stat(gray.crop((left, top, right, bottom))).mean[0] < _DARK:
        found.append(
            Advice(code="very_dark", detail="The photo is very dark. Brighten it, or take it with more light.")
        )
    if _is_blurred(half):
        found.append(Advice(code="blurred", detail="The photo is blurred. Take it again with a steady camera."))
    if (share := (right - left) * (bottom - top) / (gray.width * gray.height)) < _WINDOW:
        text = f"The room fills {share:.0%} of the picture; the rest is an even border, as in a screenshot. Crop it."
        found.append(Advice(code="small_window", detail=text))
    return found


def _is_blurred(half: Image.Image) -> bool:
    gray = half.convert("L")
    if ImageStat.Stat(gray).stddev[0] < _FLAT:
        return False
    edges = gray.filter(ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 4, -1, 0, -1, 0), scale=1, offset=128))
    edges = edges.crop((1, 1, edges.width - 1, edges.height - 1))
    histogram, wanted, seen = edges.histogram(), _LOOKED_AT * edges.width * edges.height, 0
    for strength in range(127, 0, -1):
        seen += histogram[128 + strength] + histogram[128 - strength]
        if seen >= wanted:
            return strength < _BLURRED
    return True


def _window(gray: Image.Image) -> tuple[int, int, int, int]:
    """The picture without even bars above and below, left and right."""
    top, bottom = _bars(gray)
    left, right = _bars(gray.transpose(Image.Transpose.TRANSPOSE))
    return left, top, gray.width - right, gray.height - bottom


def _bars(gray: Image.Image) -> tuple[int, int]:
    """How many even rows of one tone are at the start and at the end; none unless both are there."""
    pixels = numpy.asarray(gray)
    low, high = pixels.min(axis=1).astype(int), pixels.max(axis=1).astype(int)
    is_even = (high - low <= _EVEN) & (abs(low - low[0]) <= _EVEN)
    if not is_even[0] or not is_even[-1] or is_even.all():
        return 0, 0
    return int(is_even.argmin()), int(is_even[::-1].argmin())
