"""A result in the photo's frame: the model's furniture, and everywhere else the photo's own pixels.

The model's picture is aligned back and enlarged to the photo's size. Where it differs from the photo by more
than tone it is used, brought to the tone that the photo has around it; the border is feathered where both
pictures show the same.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageChops

from realstaging.imaging.checks import changes, fields
from realstaging.imaging.checks.alignment import Transform
from realstaging.imaging.checks.fields import Bools, Floats
from realstaging.imaging.checks.report import Report

Frame = Literal["restored", "resized"]
Why = Literal["blank", "lines_lost", "reframed", "too_much_changed", "relit"]

MAX_PIXELS = 24_000_000

# Beyond these the parts would not fit together: lines that agree, share changed, share of a side that the
# model's picture does not show, and levels between the two pictures where nothing else changed.
_FEWEST_LINES, _MOST_CHANGED, _LARGEST_GAP, _MOST_RELIT = 0.6, 0.85, 0.04, 60.0

# A side that the model's picture does not quite reach is reached by stretching this many times the gap.
_STRETCHED = 6
_GROWN, _FEATHER = 1, 1

# Working pixels by which the tone is continued, so that none is missing at the photo's border.
_MARGIN = 8


# Pixels of the photo on a side of the pieces in which the model's picture is enlarged.
_TILE = 256

# Along one side: pixels of the photo from and to, and pixels of the model's picture that they show.
type _Span = tuple[int, int, float, float]


@dataclass(frozen=True, slots=True)
class Restored:
    """`restored_share` is the share of pixels that are the photo's own; `reason` is why it was only resized."""

    image: Image.Image
    frame: Frame
    restored_share: float
    reason: Why | None = None


def restore(original: Image.Image, made: Image.Image, report: Report, max_pixels: int = MAX_PIXELS) -> Restored:
    """The photo with what the model added, at the photo's size or, where that is larger, at max_pixels.

    `report` is the check of this pair, with its maps: ValueError without. Both pictures are upright RGB.
    """
    if report.maps is None:
        raise ValueError("a report that was read from JSON has no maps to restore from")
    size = _size(original, max_pixels)
    why = _unfit(report)
    if why is not None:
        return _resized(made, size, why)
    maps = report.maps
    mask = _continued(maps.changed, maps.compared)
    if mask.mean() > _MOST_CHANGED:
        return _resized(made, size, "too_much_changed")
    apart = np.asarray(maps.photo, dtype=np.float32) - np.asarray(maps.altered, dtype=np.float32)
    usable = maps.compared & ~fields.wider(mask, _GROWN)
    if usable.any() and np.percentile(np.abs(fields.box_mean(fields.mean(apart), 8)[usable]), 90) > _MOST_RELIT:
        return _resized(made, size, "relit")
    photo = original if original.size == size else original.resize(size, Image.Resampling.LANCZOS)
    toned = _toned(made, _filled(apart, usable), report.transform)
    alpha = _alpha(mask, size)
    share = alpha.histogram()[0] / (photo.width * photo.height)
    return Restored(_joined(photo, toned, report.transform, alpha), "restored", share)


def _size(original: Image.Image, max_pixels: int) -> tuple[int, int]:
    factor = min((max_pixels / (original.width * original.height)) ** 0.5, 1.0)
    return max(int(original.width * factor), 1), max(int(original.height * factor), 1)


def _unfit(report: Report) -> Why | None:
    if "blank" in report.reasons:
        return "blank"
    reverse = report.mode == "declutter"
    if max(report.lines_kept, 1 - report.lines_added if reverse else 0.0) < _FEWEST_LINES:
        return "lines_lost"
    gaps = [max(gap, 0.0) for gap in _gaps(report.transform)]
    return "reframed" if max(gaps) > _LARGEST_GAP else None


def _gaps(transform: Transform) -> list[float]:
    """Left, top, right, bottom: the share of the photo's side that the model's picture does not show."""
    gaps = []
    for scale, shift in ((transform.scale_x, transform.shift_x), (transform.scale_y, transform.shift_y)):
        start = 0.5 - 0.5 * scale + shift
        gaps += [-start / scale, (start + scale - 1) / scale]
    left, right, top, bottom = gaps
    return [left, top, right, bottom]


def _resized(made: Image.Image, size: tuple[int, int], why: Why) -> Restored:
    image = made if made.size == size else made.resize(size, Image.Resampling.LANCZOS)
    return Restored(image.convert("RGB"), "resized", 0.0, why)


def _continued(mask: Bools, seen: Bools) -> Bools:
    """The mask, continued to the photo's border where the model's picture does not reach it."""
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    at_y = np.clip(np.arange(mask.shape[0]), rows[0], rows[-1])
    at_x = np.clip(np.arange(mask.shape[1]), columns[0], columns[-1])
    continued: Bools = mask[at_y][:, at_x]
    return continued


def _filled(values: Floats, usable: Bools) -> Floats:
    """The values where they are usable, slightly smoothed, and continued smoothly everywhere else.

    Halved until hardly anything is left, then doubled again: each gap is filled from the finest size that has
    something there.
    """
    weight = usable.astype(np.float32)
    sums = changes.box_mean_of(values * weight[..., None], 2)
    weight = fields.box_mean(weight, 2)
    levels = [(sums, weight)]
    while min(weight.shape) > 2:
        sums, weight = _halved(sums), _halved(weight[..., None])[..., 0]
        levels.append((sums, weight))
    sums, weight = levels.pop()
    filled: Floats = (sums / np.maximum(weight, 1e-3)[..., None]).astype(np.float32)
    for sums, weight in reversed(levels):
        height, width = weight.shape
        wide = np.stack([_doubled(filled[..., at], (width, height)) for at in range(3)], axis=-1)
        share = np.minimum(weight * 4, 1)[..., None]
        own = sums / np.maximum(weight, 1e-3)[..., None]
        filled = (share * own + (1 - share) * wide).astype(np.float32)
    return filled


def _halved(values: Floats) -> Floats:
    height, width = values.shape[:2]
    padded = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return fields.shrunk(padded, 2)


def _doubled(values: Floats, size: tuple[int, int]) -> Floats:
    return np.asarray(Image.fromarray(np.ascontiguousarray(values)).resize(size, Image.Resampling.BILINEAR))


def _toned(made: Image.Image, tone: Floats, transform: Transform) -> Image.Image:
    """The model's picture, in its own frame and size, with the levels added that the photo's frame asks for."""
    height, width = tone.shape[:2]
    tone = np.pad(tone, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), mode="edge")
    affine = transform.inverse(made.size, (width, height), _MARGIN)
    for sign, combine in ((1, ImageChops.add), (-1, ImageChops.subtract)):
        levels = np.clip(np.rint(sign * tone), 0, 255).astype(np.uint8)
        if levels.any():
            part = Image.fromarray(levels)
            made = combine(made, part.transform(made.size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR))
    return made


def _spans(made: int, wanted: int, scale: float, shift: float) -> list[_Span]:
    """The photo's side, in parts that are enlarged by different factors."""
    start, ratio = made * (0.5 - 0.5 * scale + shift), made * scale / wanted
    end = start + ratio * wanted
    first = min(round(_STRETCHED * max(-start, 0) / ratio), wanted // 3)
    last = wanted - min(round(_STRETCHED * max(end - made, 0) / ratio), wanted // 3)
    cuts = [0, *([first] if first else []), *([last] if last < wanted else []), wanted]
    places = [min(max(start + ratio * cut, 0.0), float(made)) for cut in cuts]
    return [(cuts[at], cuts[at + 1], places[at], places[at + 1]) for at in range(len(cuts) - 1)]


def _alpha(mask: Bools, size: tuple[int, int]) -> Image.Image:
    """Where the model's picture is laid over the photo: the mask with a feathered border, at the photo's size."""
    soft = fields.wider(mask, _GROWN).astype(np.float32)
    for _ in range(2):
        soft = fields.box_mean(soft, _FEATHER)
    return Image.fromarray(np.rint(soft * 255).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)


def _joined(photo: Image.Image, made: Image.Image, transform: Transform, alpha: Image.Image) -> Image.Image:
    """The model's picture over the photo: only those parts of it are enlarged that will be seen."""
    columns = _cut(_spans(made.width, photo.width, transform.scale_x, transform.shift_x))
    rows = _cut(_spans(made.height, photo.height, transform.scale_y, transform.shift_y))
    joined = photo.copy()
    for left, right, from_x, to_x in columns:
        for top, bottom, from_y, to_y in rows:
            soft = alpha.crop((left, top, right, bottom))
            if soft.getbbox():
                part = made.resize(soft.size, Image.Resampling.BICUBIC, box=(from_x, from_y, to_x, to_y))
                joined.paste(part, (left, top), soft)
    return joined


def _cut(spans: list[_Span]) -> list[_Span]:
    """The same spans in pieces of about _TILE pixels of the photo."""
    pieces = []
    for first, last, start, end in spans:
        count = -(-(last - first) // _TILE)
        cuts = [first + (last - first) * at // count for at in range(count + 1)]
        places = [start + (end - start) * (cut - first) / (last - first) for cut in cuts]
        pieces += [(cuts[at], cuts[at + 1], places[at], places[at + 1]) for at in range(count)]
    return pieces
