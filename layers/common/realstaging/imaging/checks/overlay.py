"""The picture of a check: what changed, drawn over the photo, with a legend underneath."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from realstaging.imaging.checks.fields import Bools, resized, wider, working_size
from realstaging.imaging.checks.report import Maps, Report

_LONG_SIDE = 1280
_LINE_WIDTH = 2

# Each finding has a color and a pattern of its own, so that it is told apart without seeing color.
_NEW, _SURFACE, _LOST, _UNSEEN = (0, 92, 230), (235, 130, 0), (220, 0, 30), (90, 90, 90)
_LINES = {"staging": "Lines gone", "declutter": "Lines gone or new", "enhancement": "Lines gone or new"}
_LEGEND = (
    (_SURFACE, "crossed", "Surface changed"),
    (_NEW, "striped", "New or altered"),
    (_UNSEEN, "dotted", "Not shown any more"),
)


def overlay(report: Report, original: Image.Image) -> Image.Image:
    """RGB, at most 1280 pixels on the long side plus the legend; ValueError for a report without its maps."""
    if report.maps is None:
        raise ValueError("a report that was read from JSON has no maps to draw")
    width, height = working_size(original, min(_LONG_SIDE, max(original.size)))
    photo = resized(original, (width, height))
    # Paler and half gray, so that marks stand out on any room.
    pale = Image.blend(photo, photo.convert("L").convert("RGB"), 0.5).point(
        [round(90 + 0.62 * v) for v in range(256)] * 3
    )
    picture = _drawn(pale, report.maps)
    return _with_legend(picture, report)


def _drawn(picture: Image.Image, maps: Maps) -> Image.Image:
    unseen, changed, repainted = (_enlarged(each, picture.size) for each in (~maps.seen, maps.changed, maps.repainted))
    # The line itself, thick enough to be seen at a glance.
    lost = _enlarged(wider(maps.lost, 1), picture.size)
    for mask, color, pattern, light in (
        (changed & ~repainted, _NEW, "striped", 0.22),
        (repainted, _SURFACE, "crossed", 0.35),
        (unseen, _UNSEEN, "dotted", 0.45),
        (lost, _LOST, "solid", 0.85),
    ):
        if mask.any():
            picture = _painted(picture, mask, color, pattern, light)
    return picture


def _painted(picture: Image.Image, mask: Bools, color: tuple[int, int, int], pattern: str, light: float) -> Image.Image:
    """Color lightly over the whole area, strongly on its pattern and its border."""
    height, width = mask.shape
    step = max(max(height, width) // 90, 6)
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    if pattern == "striped":
        strong = (x + y) % step < max(step // 5, 1)
    elif pattern == "crossed":
        strong = ((x + y) % step < max(step // 6, 1)) | ((x - y) % step < max(step // 6, 1))
    elif pattern == "dotted":
        strong = (x % step < step // 3) & (y % step < step // 3)
    else:
        strong = np.zeros_like(mask)
    amount = mask.astype(np.uint8) * np.uint8(255 * light)
    amount[mask & strong] = round(255 * min(light + 0.4, 1.0))
    if pattern != "solid":
        amount[mask & wider(~mask, _LINE_WIDTH)] = 230
    return Image.composite(Image.new("RGB", picture.size, color), picture, Image.fromarray(amount))


def _enlarged(mask: Bools, size: tuple[int, int]) -> Bools:
    large = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(large) > 127


def _with_legend(picture: Image.Image, report: Report) -> Image.Image:
    """A strip below with the verdict and what each mark means, over as many lines as the width needs."""
    text = max(picture.width // 60, 13)
    font, line = ImageFont.load_default(text), int(text * 1.9)
    entries = [
        (None, "", f"{report.verdict.upper()}  {report.score:.2f}"),
        (_LOST, "solid", _LINES[report.mode]),
        *_LEGEND,
    ]
    widths = [int(font.getlength(words)) + (line + text if color else text) for color, _, words in entries]
    places, x, y = [], text // 2, 0
    for width in widths:
        if x + width > picture.width and x > text:
            x, y = text // 2, y + line
        places.append((x, y))
        x += width + text
    result = Image.new("RGB", (picture.width, picture.height + y + line), "white")
    result.paste(picture)
    draw = ImageDraw.Draw(result)
    for (color, pattern, words), (at_x, at_y) in zip(entries, places, strict=True):
        top = picture.height + at_y
        left = at_x
        if color:
            result.paste(_swatch(color, pattern, (line, text)), (at_x, top + (line - text) // 2))
            left += line + text // 2
        draw.text((left, top + (line - text) // 2 - 1), words, fill="black", font=font)
    return result


def _swatch(color: tuple[int, int, int], pattern: str, size: tuple[int, int]) -> Image.Image:
    mask = np.ones((size[1], size[0]), dtype=np.bool_)
    return _painted(Image.new("RGB", size, (235, 235, 235)), mask, color, pattern, 0.85 if pattern == "solid" else 0.3)
