"""Large even areas (walls, floor, ceiling, rugs) that are another color in the altered picture.

Lines stay where they are when a wall is painted, so color has to be looked at by itself. Light is allowed to
change: one tone curve and one white balance for the whole picture are taken out first, and warm or cool light
on a wall may go further than a color that no lamp has. A new sofa is another color too, but it brings its own
outline; a painted wall keeps the old one. So an area counts only where its outline was in the photo before, or where
the photo's own lines still run through it: furniture would hide them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from realstaging.imaging.checks.fields import Array, Bools, Field, Floats, box_mean, field, luma
from realstaging.imaging.checks.lines import Points, kept_beyond_chance

# One cell of the map is this many pixels of the working size.
CELL = 4

# Difference of neighboring cells, in levels, that still makes one area.
_EVEN = 5.0
_SMALLEST = 0.012

# Light that a room can have: much warmer or cooler, hardly greener; brighter rather than darker.
_WARM, _TINT, _DARKER, _BRIGHTER, _LAMP = 0.45, 0.19, 0.8, 1.5, 2.0

# The white balance of a whole picture changes no further than this; beyond, everything was painted.
_BALANCE_WARM, _BALANCE_TINT, _BEND = 0.6, 0.12, 0.35
_ACROSS = 7
_DARKEST, _BLACK = 0.02, 35

# What makes an area another surface: this share of it, this share of its outline; or its size alone.
_THROUGHOUT, _OLD_OUTLINE = 0.65, 0.5
_WALL, _FLOOR, _EYE_LEVEL = 0.1, 0.18, 0.6
_LEAST_OUTLINE, _FAINT = 12, 0.8

# What makes cells of another color, even or not, a recolored surface: this share of the picture, so many points of the
# photo's lines in them, and this share of those still there. Rugs and furniture stand below.
_RECOLORED, _LINES_THROUGH, _STILL_THERE, _LOWEST = 0.04, 100, 0.75, 0.55


@dataclass(frozen=True, slots=True)
class Surface:
    """An even area of the altered picture: its share of the picture, how far its color is from what light
    explains (1 is the limit), the share of it that is further, the share of its outline that the photo has too,
    and how far down the picture its middle lies."""

    label: int
    share: float
    off: float
    changed: float
    outline: float
    height: float

    @property
    def is_repainted(self) -> bool:
        """Another color throughout, inside its old outline; or too large for anything that is put in a room."""
        large = self.share >= (_WALL if self.height < _EYE_LEVEL else _FLOOR)
        return self.changed > _THROUGHOUT and (self.outline > _OLD_OUTLINE or large)


@dataclass(frozen=True, slots=True)
class Surfaces:
    """`labels` names the area of each cell, `off` how far the cell's color is from what light explains."""

    labels: NDArray[np.intp]
    off: Floats
    areas: list[Surface]

    @property
    def repainted(self) -> Bools:
        """The cells of the areas that are another color."""
        return np.isin(self.labels, [area.label for area in self.areas if area.is_repainted])


def surfaces(original: Image.Image, altered: Image.Image, seen: Bools, lines: Points) -> Surfaces:
    """Both pictures in the photo's frame at the working size; `lines` are the altered picture's own."""
    size = original.width // CELL, original.height // CELL
    before, after = _cells(original, size), _cells(altered, size)
    visible = seen[CELL // 2 :: CELL, CELL // 2 :: CELL][: size[1], : size[0]]
    off = _beyond_light(before, after, visible)
    labels = _areas(after, visible)
    counts = np.bincount(labels.ravel())
    least = max(_SMALLEST * labels.size, 4)
    soft = field(box_mean(box_mean(luma(original), 2), 2))
    found, outline = _outlines(labels, len(counts), lines, soft)
    areas = []
    for label in np.flatnonzero(counts >= least):
        inside = (labels == label) & visible
        if inside.sum() < least:
            continue
        values, rows = off[inside], np.nonzero(inside)[0]
        areas.append(
            Surface(
                label=int(label),
                share=float(inside.sum() / labels.size),
                off=float(np.median(values)),
                changed=float(np.mean(values > 1)),
                outline=float(outline[label]) if found[label] >= _LEAST_OUTLINE else 0.0,
                height=float(rows.mean() / labels.shape[0]),
            )
        )
    return Surfaces(labels, off, areas)


def recolored(off: Floats, points: Points, kept: NDArray[np.bool_]) -> Bools:
    """The connected cells of another color through which the photo's lines (`points`) still run.

    Catches what is textured or patchy, and so is no even area: concrete, wallpaper, a half-painted wall.
    """
    height, width = off.shape
    other = off > 1
    other[int(_LOWEST * height) :] = False
    labels = _connected(other[:, 1:] & other[:, :-1], other[1:] & other[:-1])
    y, x = (
        np.clip(each // CELL, 0, most - 1).astype(np.intp) for each, most in ((points.y, height), (points.x, width))
    )
    inside = other[y, x]
    there = np.bincount(labels[y, x][inside], minlength=labels.size)
    still = np.bincount(labels[y, x][inside & kept], minlength=labels.size)
    cells = np.bincount(labels[other], minlength=labels.size)
    found = (cells >= _RECOLORED * off.size) & (there >= _LINES_THROUGH) & (still >= _STILL_THERE * there)
    return other & found[labels]


def _cells(image: Image.Image, size: tuple[int, int]) -> Floats:
    return np.asarray(image.resize(size, Image.Resampling.BOX), dtype=np.float32)


def _beyond_light(before: Floats, after: Floats, visible: Bools) -> Floats:
    """Per cell, how far the color change is from one that light explains; 1 is the limit."""
    change = _log(after) - _log(before)
    warm = change[..., 0] - change[..., 2]
    tint = change[..., 1] - (change[..., 0] + change[..., 2]) / 2
    light = change.mean(axis=-1)
    usable = visible & (before.max(axis=-1) < 250) & (before.max(axis=-1) > 12)
    usable = usable if usable.sum() > 50 else visible
    warm = warm - np.clip(np.median(warm[usable]), -_BALANCE_WARM, _BALANCE_WARM)
    tint = tint - np.clip(np.median(tint[usable]), -_BALANCE_TINT, _BALANCE_TINT)
    brighter = light > 0
    light = light - _tone(before.mean(axis=-1), light, usable)
    limit = np.where(light < 0, _DARKER, _BRIGHTER)
    # A lamp makes what it shines on warmer and brighter.
    lamp = np.where((warm > 0) & (light > 0), _LAMP, 1.0)
    off = np.sqrt((warm / (_WARM * lamp)) ** 2 + (tint / _TINT) ** 2 + (light / limit) ** 2)
    clipped = (before.min(axis=-1) > 245) | (after.min(axis=-1) > 245)
    # A corner that was black says nothing about its color once there is a lamp.
    lit = (before.max(axis=-1) < _BLACK) & brighter
    return np.where(visible & ~clipped & ~lit, off, 0).astype(np.float32)


def _log(levels: Floats) -> Floats:
    """Logarithm of linear light; what is nearly black has no color to speak of."""
    return np.log((levels / 255) ** 2.2 + _DARKEST).astype(np.float32)


def _tone(gray: Floats, light: Floats, usable: Bools) -> Floats:
    """The change of brightness that goes with each level of gray: the picture's tone curve."""
    edges = np.linspace(0, 256, 9)
    middles, medians = [], []
    for low, high in pairwise(edges):
        chosen = usable & (gray >= low) & (gray < high)
        if chosen.sum() > 0.02 * gray.size:
            middles.append(float(gray[chosen].mean()))
            medians.append(float(np.median(light[chosen])))
    if not middles:
        return np.zeros_like(gray)
    whole = float(np.median(light[usable]))
    # The curve may bend so far: a white wall painted gray must not become the curve.
    bend = np.clip(np.interp(gray, middles, medians) - whole, -_BEND, _BEND)
    return (bend + whole).astype(np.float32)


def _areas(cells: Floats, visible: Bools) -> NDArray[np.intp]:
    """Connected cells of nearly one color: each gets the smallest index of its area."""
    right = (np.abs(cells[:, 1:] - cells[:, :-1]).max(axis=-1) < _EVEN) & visible[:, 1:] & visible[:, :-1]
    down = (np.abs(cells[1:] - cells[:-1]).max(axis=-1) < _EVEN) & visible[1:] & visible[:-1]
    return _connected(right, down)


def _connected(right: Bools, down: Bools) -> NDArray[np.intp]:
    """Which cells go together: `right` says of each cell whether its right neighbor does, `down` of the lower one."""
    height, width = right.shape[0], down.shape[1]
    index = np.arange(height * width).reshape(height, width)
    a = np.concatenate((index[:, 1:][right], index[1:][down]))
    b = np.concatenate((index[:, :-1][right], index[:-1][down]))
    root = index.ravel().copy()
    while True:
        root_a, root_b = root[a], root[b]
        differ = root_a != root_b
        if not differ.any():
            return root.reshape(height, width)
        a, b, root_a, root_b = a[differ], b[differ], root_a[differ], root_b[differ]
        np.minimum.at(root, np.maximum(root_a, root_b), np.minimum(root_a, root_b))
        while not np.array_equal(root, higher := root[root]):
            root = higher


def _outlines(labels: NDArray[np.intp], count: int, lines: Points, soft: Field) -> tuple[Array, Array]:
    """Per area: how many points of lines have it on one side only, and the share of them that the photo has
    too, beyond what it has by chance a little beside them (0 to 1)."""
    height, width = labels.shape
    sides = []
    for step in (-_ACROSS, _ACROSS):
        x = np.clip((lines.x + step * lines.normal_x) / CELL, 0, width - 1).astype(np.intp)
        y = np.clip((lines.y + step * lines.normal_y) / CELL, 0, height - 1).astype(np.intp)
        sides.append(labels[y, x])
    border = sides[0] != sides[1]
    both = np.concatenate((sides[0][border], sides[1][border]))
    points = lines.where(border)
    kept, chance = kept_beyond_chance(points, soft, soft.raw > _FAINT, 3)
    found = np.bincount(both, minlength=count)
    sums = [np.bincount(both, np.concatenate((each, each)), minlength=count) for each in (kept, chance)]
    share, by_chance = (each / np.maximum(found, 1) for each in sums)
    return found, np.clip((share - by_chance) / np.maximum(1 - by_chance, 0.05), 0, 1)
