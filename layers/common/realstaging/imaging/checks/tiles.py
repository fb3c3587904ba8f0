"""The map of a check: a grid over the photo, and how much of each tile is still as it was."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realstaging.imaging.checks.fields import Array, Bools
from realstaging.imaging.checks.lines import Points
from realstaging.imaging.checks.report import Tiles

_LONG, _SHORT = 12, 8
_FEWEST_POINTS = 30

# Lines that end in nothing count where they are this much of a tile: a few pixels are noise.
_LEAST_GONE, _LEAST_GONE_SHARE = 16, 0.3


@dataclass(frozen=True, slots=True)
class Grid:
    columns: int
    rows: int
    width: int
    height: int

    @classmethod
    def over(cls, size: tuple[int, int]) -> "Grid":
        width, height = size
        columns, rows = (_LONG, _SHORT) if width >= height else (_SHORT, _LONG)
        return cls(columns, rows, width, height)

    def count(self, points: Points, chosen: NDArray[np.bool_] | None = None) -> Array:
        """How many of the points lie in each tile, rows x columns."""
        at = points.y * self.rows // self.height * self.columns + points.x * self.columns // self.width
        weights = None if chosen is None else chosen.astype(np.float64)
        return np.bincount(at, weights, minlength=self.columns * self.rows).reshape(self.rows, self.columns)

    def share(self, mask: Bools) -> Array:
        """The share of each tile that the mask covers; the mask may have any size."""
        rows = np.linspace(0, mask.shape[0], self.rows + 1).astype(int)
        columns = np.linspace(0, mask.shape[1], self.columns + 1).astype(int)
        sums = np.add.reduceat(np.add.reduceat(mask.astype(np.float64), rows[:-1], 0), columns[:-1], 1)
        share: Array = sums / np.outer(np.diff(rows), np.diff(columns))
        return share


def removed_length(grid: Grid, points: Points, gone: NDArray[np.bool_], *, upper_only: bool) -> tuple[float, Array]:
    """Length of the lines that end in nothing, in long sides of the picture; and the tiles they are in."""
    there, missing = grid.count(points), grid.count(points, gone)
    bad = (missing >= _LEAST_GONE) & (missing >= _LEAST_GONE_SHARE * there)
    if upper_only:
        bad[grid.rows // 2 :] = False
    return float(missing[bad].sum() / max(grid.width, grid.height)), bad


def scored(
    grid: Grid,
    asked: list[tuple[Points, NDArray[np.bool_]]],
    *,
    repainted: Bools,
    gone: Array,
    seen: Bools,
) -> Tiles:
    """The share of the lines that are there as asked for, less the share of the tile that is another surface."""
    scores = np.full((grid.rows, grid.columns), np.nan)
    for points, chosen in asked:
        there = grid.count(points)
        share = grid.count(points, chosen) / np.maximum(there, 1)
        scores = np.fmin(scores, np.where(there >= _FEWEST_POINTS, share, np.nan))
    other = grid.share(repainted)
    scores = np.where(other > 0.05, np.fmin(scores, 1 - other), scores)
    scores = np.where(gone, np.fmin(scores, 0.3), scores)
    scores = np.where(grid.share(seen) < 0.5, np.nan, scores)
    return Tiles(
        grid.columns,
        grid.rows,
        [[None if np.isnan(score) else float(score) for score in row] for row in scores],
    )
