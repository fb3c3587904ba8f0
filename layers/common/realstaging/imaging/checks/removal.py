"""Lines of the photo that end in nothing: where a window was, there is wall.

A line behind a new sofa is hidden, and that is what staging does. A line is gone for good where the altered
picture is even across it and at least one side of it is still the surface that it was: a plain sofa of the
wall's color has its own tone on both sides of what it hides.
"""

import numpy as np
from numpy.typing import NDArray

from realstaging.imaging.checks.fields import Field, Floats
from realstaging.imaging.checks.lines import TRACE, Points
from realstaging.imaging.checks.surfaces import CELL

_EVEN_ACROSS = (-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5)
_SIDE = 8
_SAME_COLOR, _SAME_LEVEL = 0.6, 12.0
_EVEN_RAW = 5.0


def vanished(points: Points, kept: NDArray[np.bool_], altered: Field, off: Floats, apart: Floats) -> NDArray[np.bool_]:
    """Per point: lost, with nothing in its place.

    `off` is how far each cell's color is from what light explains, `apart` how many levels each pixel's
    surroundings differ once the tone is matched.
    """
    height, width = altered.shape
    even = ~kept
    for step in _EVEN_ACROSS:
        x = np.clip(np.rint(points.x + step * points.normal_x).astype(np.intp), 0, width - 1)
        y = np.clip(np.rint(points.y + step * points.normal_y).astype(np.intp), 0, height - 1)
        even &= (altered.raw[y, x] < _EVEN_RAW) | (altered.strength[y, x] < 0.6 * TRACE)
    same = np.zeros(len(points), dtype=np.bool_)
    for step in (-_SIDE, _SIDE):
        x = np.clip(np.rint(points.x + step * points.normal_x).astype(np.intp), 0, width - 1)
        y = np.clip(np.rint(points.y + step * points.normal_y).astype(np.intp), 0, height - 1)
        cell = np.minimum(y // CELL, off.shape[0] - 1), np.minimum(x // CELL, off.shape[1] - 1)
        same |= (off[cell] < _SAME_COLOR) & (apart[y, x] < _SAME_LEVEL)
    return even & same


def hidden(points: Points, kept: NDArray[np.bool_], apart: Floats) -> NDArray[np.bool_]:
    """Per point: lost, with something else on both sides of where it was."""
    height, width = apart.shape
    covered = ~kept
    for step in (-_SIDE, _SIDE):
        x = np.clip(np.rint(points.x + step * points.normal_x).astype(np.intp), 0, width - 1)
        y = np.clip(np.rint(points.y + step * points.normal_y).astype(np.intp), 0, height - 1)
        covered &= apart[y, x] >= _SAME_LEVEL
    return covered
