"""Straight lines of a picture, and whether another picture has them at the same place and direction."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realstaging.imaging.checks.fields import Bools, Field, Floats

# A line of the photo stands out; for the same line in the other picture a trace is enough.
STRONG, TRACE = 1.5, 0.75
_LEAST_RAW, _LEAST_RAW_TRACE = 6.0, 2.5

# Pixels along the line that are looked at on either side, and the share of them that must go on.
_REACH, _GOES_ON = (-12, -10, -8, -6, -4, -2, 2, 4, 6, 8, 10, 12), 9
_SAME_DIRECTION = float(np.cos(np.radians(15)))

# Pixels across the line within which it is the same line.
TOLERANCE = 2

# Where lines are looked for that cannot be the same: what is found there is chance.
_BESIDE = (-16, -11, 11, 16)


@dataclass(frozen=True, slots=True)
class Points:
    """Pixels on straight lines: columns `x`, rows `y`, and the unit normal of the line."""

    x: NDArray[np.intp]
    y: NDArray[np.intp]
    normal_x: Floats
    normal_y: Floats

    def __len__(self) -> int:
        return len(self.x)

    def where(self, chosen: NDArray[np.bool_] | slice) -> "Points":
        return Points(self.x[chosen], self.y[chosen], self.normal_x[chosen], self.normal_y[chosen])


def straight(field: Field, strong: float = STRONG) -> Points:
    """The thinned pixels of lines that go on straight for at least 24 pixels."""
    y, x = np.nonzero(_thin(field) & (field.strength > strong) & (field.raw > _LEAST_RAW))
    points = Points(x, y, field.x[y, x], field.y[y, x])
    weak = (field.strength > 0.6 * strong) & (field.raw > 0.5 * _LEAST_RAW)
    goes_on = np.zeros(len(points), dtype=np.int8)
    for step in _REACH:
        goes_on += _present(points, field, weak, -step * points.normal_y, step * points.normal_x, across=(-1, 0, 1))
    return points.where(goes_on >= _GOES_ON)


def kept(points: Points, other: Field) -> NDArray[np.bool_]:
    """Per point: does the other picture have an edge of this direction within TOLERANCE pixels?"""
    return _present(points, other, _traces(other), across=_across(TOLERANCE))


def share_kept(points: Points, found: NDArray[np.bool_], other: Field) -> float:
    """The share of the points found in the other picture, beyond what is found by chance: 1 all, 0 as in any room."""
    if not len(points):
        return 1.0
    _, chance = kept_beyond_chance(points, other, _traces(other), TOLERANCE)
    by_chance = float(chance.mean())
    return float(np.clip((found.mean() - by_chance) / max(1 - by_chance, 0.05), 0, 1))


def kept_beyond_chance(points: Points, other: Field, usable: Bools, tolerance: int) -> tuple[NDArray[np.bool_], Floats]:
    """Per point: found in the other picture; and how often the same is found a little beside it."""
    beside = np.zeros(len(points), dtype=np.float32)
    for step in _BESIDE:
        moved = (step * points.normal_x, step * points.normal_y)
        beside += _present(points, other, usable, *moved, across=_across(tolerance))
    return _present(points, other, usable, across=_across(tolerance)), (beside / len(_BESIDE)).astype(np.float32)


def _traces(field: Field) -> Bools:
    return (field.strength > TRACE) & (field.raw > _LEAST_RAW_TRACE)


def _across(tolerance: int) -> tuple[int, ...]:
    return tuple(range(-tolerance, tolerance + 1))


def _present(
    points: Points,
    field: Field,
    usable: Bools,
    moved_x: Floats | float = 0.0,
    moved_y: Floats | float = 0.0,
    *,
    across: tuple[int, ...],
) -> NDArray[np.bool_]:
    """Per point, moved: is there a usable pixel of its direction at one of these steps across the line?"""
    height, width = field.shape
    found = np.zeros(len(points), dtype=np.bool_)
    at_x, at_y = points.x + moved_x, points.y + moved_y
    for step in across:
        x = np.rint(at_x + step * points.normal_x).astype(np.intp)
        y = np.rint(at_y + step * points.normal_y).astype(np.intp)
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        [left] = np.nonzero(inside & ~found)
        places = y[left] * width + x[left]
        is_usable = usable.take(places)
        left, places = left[is_usable], places[is_usable]
        along = field.x.take(places) * points.normal_x[left] + field.y.take(places) * points.normal_y[left]
        found[left] = np.abs(along) > _SAME_DIRECTION
    return found


def _thin(field: Field) -> Bools:
    """Pixels that are the largest across their edge, by the nearer of the two axes."""
    raw = field.raw
    flat = np.zeros_like(raw, dtype=np.bool_)
    steep = np.abs(field.x) >= np.abs(field.y)
    by_x, by_y = flat.copy(), flat.copy()
    by_x[:, 1:-1] = (raw[:, 1:-1] >= raw[:, :-2]) & (raw[:, 1:-1] > raw[:, 2:])
    by_y[1:-1] = (raw[1:-1] >= raw[:-2]) & (raw[1:-1] > raw[2:])
    thin = np.where(steep, by_x, by_y)
    thin[:3], thin[-3:], thin[:, :3], thin[:, -3:] = False, False, False, False
    return thin
