"""What a look at the photo says before it is paid for: facts that often spoil a staging, never a refusal.

How many of 39 real and drawn rooms were told, sharp ones with a white, empty room and a dim cellar among them; blur in
pixels of a 12-megapixel photo, made at the size that is looked at:

| Change | Told |
|---|---|
| none; a little noise; one or two stops darker | 0; 0; 1 (the cellar, dark) |
| three, four stops darker | 39, 39 dark |
| blurred by 4, 6, 8, 12 pixels | 17, 36, 38, 39 blurred |
| blurred by 6 pixels, then a little noise (1 level, 3 levels) | 36, 20 blurred |
| shaken by 16, 32, 64 pixels along one side | 0, 12, 9 blurred |
"""

import numpy
from PIL import Image, ImageChops, ImageStat

from realstaging.models.images import Advice

# Mean of the brightness, and what all but a hundredth of the picture stays below: 0 to 255. A dim room has lamps or
# windows; an underexposed photo has nothing bright in it.
_DARK, _NOTHING_BRIGHT = 45, 100
# Edges of a sharp picture are about as strong when it is made four times smaller; those of a blurred one are much
# stronger then, those of a very blurred one when it is smaller still. The strength is what two pixels in a thousand
# reach. Shaken: in one direction only.
_SMALLER, _LOOKED_AT = (4, 16), 0.002
_BLURRED, _SHAKEN = 0.25, 0.2
# Weaker edges than this are no picture to judge by its edges.
_FAINT = 8
_ACROSS, _ALONG = (1, 0), (0, 1)
# Share of the picture within even borders, and how even those are.
_WINDOW, _EVEN = 0.5, 10


def advice(half: Image.Image, thumbnail: Image.Image) -> list[Advice]:
    """`half` is the master at about 1,024 pixels: a blur shows there, the camera's noise does not."""
    gray = thumbnail.convert("L")
    found = []
    left, top, right, bottom = _window(gray)
    if _is_dark(gray.crop((left, top, right, bottom))):
        found.append(
            Advice(code="very_dark", detail="The photo is very dark. Brighten it, or take it with more light.")
        )
    if _is_blurred(half):
        found.append(Advice(code="blurred", detail="The photo is blurred. Take it again with a steady camera."))
    if (share := (right - left) * (bottom - top) / (gray.width * gray.height)) < _WINDOW:
        text = f"The room fills {share:.0%} of the picture; the rest is an even border, as in a screenshot. Crop it."
        found.append(Advice(code="small_window", detail=text))
    return found


def _is_dark(gray: Image.Image) -> bool:
    histogram, pixels = gray.histogram(), gray.width * gray.height
    return ImageStat.Stat(gray).mean[0] < _DARK or sum(histogram[_NOTHING_BRIGHT:]) < 0.01 * pixels


def _is_blurred(half: Image.Image) -> bool:
    """By edges across and along, each against the same in a smaller picture: exposure and contrast do not count."""
    gray = half.convert("L")
    for smaller in _SMALLER:
        small = gray.reduce(smaller)
        if min(small.size) < 3:
            break
        pairs = [(_strength(gray, step), _strength(small, step)) for step in (_ACROSS, _ALONG)]
        if found := [fine / coarse for fine, coarse in pairs if coarse >= _FAINT]:
            return max(found) < _BLURRED or min(found) < _SHAKEN
    return False


def _strength(gray: Image.Image, step: tuple[int, int]) -> int:
    """How far one pixel in five hundred, at least, is from the mean of its two neighbors."""
    (x, y), (width, height) = step, gray.size
    before = gray.crop((0, 0, width - 2 * x, height - 2 * y))
    pixels = gray.crop((x, y, width - x, height - y))
    behind = gray.crop((2 * x, 2 * y, width, height))
    # Five times as fast as a filter of nine numbers.
    histogram = ImageChops.difference(pixels, ImageChops.add(before, behind, scale=2)).histogram()
    wanted, seen = _LOOKED_AT * pixels.width * pixels.height, 0
    for strength in range(255, 0, -1):
        seen += histogram[strength]
        if seen >= wanted:
            return strength
    return 0


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
