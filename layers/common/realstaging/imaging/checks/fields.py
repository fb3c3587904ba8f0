"""Pictures as arrays at the working size, and the gradient field that every comparison starts from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Array = NDArray[Any]

# Long side in pixels of every comparison: a window's frame is 3 to 6 pixels wide, noise is averaged away.
WORKING_SIDE = 768

# Pixels on either side over which the mean gradient is taken, and what is added to it: flat walls stay flat.
_AROUND, _FLOOR = 16, 4.0


@dataclass(frozen=True, slots=True)
class Field:
    """The gradient of a picture in levels per two pixels, and its strength against its surroundings.

    `x` and `y` are unit directions; `raw` is the magnitude, `strength` the magnitude divided by the mean
    around it: lighting cancels out, a line in a dark corner counts as much as one beside the window.
    """

    x: Floats
    y: Floats
    raw: Floats
    strength: Floats

    @property
    def shape(self) -> tuple[int, int]:
        return self.raw.shape[0], self.raw.shape[1]


def working_size(image: Image.Image, long_side: int = WORKING_SIDE) -> tuple[int, int]:
    """Width and height of the picture with the given long side, larger or smaller than it is."""
    factor = long_side / max(image.size)
    return max(round(image.width * factor), 8), max(round(image.height * factor), 8)


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """RGB at exactly this size, stretched if its shape differs."""
    small = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.5)
    return small if small.mode == "RGB" else small.convert("RGB")


def luma(image: Image.Image) -> Floats:
    return np.asarray(image.convert("L"), dtype=np.float32)


def box_mean(values: Floats, radius: int) -> Floats:
    """Mean over a square of 2 * radius + 1 pixels; the picture is continued by its border."""
    side = 2 * radius + 1
    for axis in (0, 1):
        values = _window_sums(_continued(values, radius, axis), side, axis)
        values /= side
    return values


def _continued(values: Floats, radius: int, axis: int) -> Floats:
    """Continued by its border at both ends of an axis; much faster than numpy.pad."""
    height, width = values.shape
    wide = radius * (axis == 1)
    padded = np.empty((height + 2 * (radius - wide), width + 2 * wide), dtype=np.float32)
    if axis == 0:
        padded[:radius], padded[radius : radius + height], padded[radius + height :] = values[0], values, values[-1]
    else:
        padded[:, :radius], padded[:, radius + width :] = values[:, :1], values[:, -1:]
        padded[:, radius : radius + width] = values
    return padded


def _window_sums(values: Floats, side: int, axis: int) -> Floats:
    """The sums of `side` neighbors: of pairs of sums of 1, 2, 4 ... neighbors, those that make up `side`."""
    length, size, at = values.shape[axis] - side + 1, 1, 0
    total: Floats | None = None
    while True:
        if side & size:
            part = _cut(values, axis, at, at + length)
            total = part.copy() if total is None else np.add(total, part, out=total)
            at += size
        if 2 * size > side:
            assert total is not None
            return total
        values, size = _cut(values, axis, 0, -size) + _cut(values, axis, size, None), 2 * size


def _cut(values: Floats, axis: int, start: int, end: int | None) -> Floats:
    return values[start:end] if axis == 0 else values[:, start:end]


def largest(values: Array) -> Array:
    """The largest of the three channels; much faster than max over the last axis."""
    return np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2])


def mean(values: Array) -> Floats:
    """The mean of the three channels."""
    sums: Floats = (values[..., 0].astype(np.float32) + values[..., 1] + values[..., 2]) / np.float32(3)
    return sums


def shrunk(values: Floats, step: int) -> Floats:
    """The mean of each block of step x step pixels; what is left over at the far border is cut off."""
    height, width = (side // step * step for side in values.shape[:2])
    rows: Floats = values[0:height:step].astype(np.float32)
    for at in range(1, step):
        rows += values[at:height:step]
    blocks: Floats = rows[:, 0:width:step].copy()
    for at in range(1, step):
        blocks += rows[:, at:width:step]
    blocks /= step * step
    return blocks


def wider(values: Array, radius: int) -> Array:
    """The largest value within a square of 2 * radius + 1 pixels around each."""
    for axis in (0, 1):
        result = values.copy()
        for step in range(1, radius + 1):
            ahead, behind = (
                (slice(step, None), slice(None, -step))
                if axis == 0
                else ((slice(None), slice(step, None)), (slice(None), slice(None, -step)))
            )
            np.maximum(result[behind], values[ahead], out=result[behind])
            np.maximum(result[ahead], values[behind], out=result[ahead])
        values = result
    return values


def field(gray: Floats) -> Field:
    """Gradient of the luma, slightly blurred first: noise and JPEG blocks are no lines."""
    soft = box_mean(gray, 1)
    x, y = np.zeros_like(soft), np.zeros_like(soft)
    x[:, 1:-1] = soft[:, 2:] - soft[:, :-2]
    y[1:-1] = soft[2:] - soft[:-2]
    raw = np.hypot(x, y)
    scale = 1 / np.maximum(raw, 1e-3)
    strength = raw / (box_mean(raw, _AROUND) + np.float32(_FLOOR))
    return Field((x * scale).astype(np.float32), (y * scale).astype(np.float32), raw, strength)
