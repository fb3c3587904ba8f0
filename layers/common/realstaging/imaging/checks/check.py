"""The check of a pair: is it still the room of the photo?"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from realstaging.imaging.checks import alignment, changes, fields, lines, removal, surfaces, tiles
from realstaging.imaging.checks.alignment import Transform
from realstaging.imaging.checks.fields import Bools, Field
from realstaging.imaging.checks.lines import Points
from realstaging.imaging.checks.report import Maps, Report, Tiles
from realstaging.imaging.checks.thresholds import DEFAULTS, Thresholds
from realstaging.imaging.checks.verdict import Measures, judge
from realstaging.models.verdicts import Mode

# Furniture stands in the lower part of a room; walls, windows and the ceiling are judged by the upper one.
_UPPER = 0.55
_FEWEST_POINTS = 60
_LEAST_OPEN = 0.25
_BORDER = 3.0
_HARDLY_CHANGED = 0.85


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both pictures in the photo's frame at the working size, and their lines there."""

    original: Image.Image
    altered: Image.Image
    before: Field
    after: Field
    seen: Bools
    old: Points
    new: Points
    kept: NDArray[np.bool_]
    found: NDArray[np.bool_]


def check(original: Image.Image, altered: Image.Image, mode: Mode, thresholds: Thresholds | None = None) -> Report:
    """Two upright RGB pictures of any size, compared; without thresholds by the defaults of the mode."""
    started = time.perf_counter()
    limits = DEFAULTS[mode] if thresholds is None else thresholds
    size = fields.working_size(original)
    small = fields.resized(original, size)
    given = fields.resized(altered, size)
    aspect = (altered.width * original.height) / (altered.height * original.width)
    before = fields.field(fields.luma(small))
    transform = alignment.align(before, fields.field(fields.luma(given)), lines.straight(before), aspect)
    pair = _pair(small, alignment.warped(given, transform), before, transform)
    areas = surfaces.surfaces(pair.original, pair.altered, pair.seen, pair.new)
    repainted = areas.repainted | surfaces.recolored(areas.off, pair.old, pair.kept)
    # Clearing away uncovers what stood behind, so there every lost line counts, but only above eye level.
    clears = mode == "declutter"
    change = changes.changed(pair.original, pair.altered, pair.seen)
    gone = ~pair.kept if clears else removal.vanished(pair.old, pair.kept, pair.after, areas.off, change.level)
    grid = tiles.Grid.over(size)
    length, gone_tiles = tiles.removed_length(grid, pair.old, gone, upper_only=clears)
    measures = _measured(
        pair,
        transform,
        aspect=aspect,
        removed=length,
        repainted=repainted,
        change=change,
        mode=mode,
        limits=limits,
    )
    verdict, score, reasons = judge(measures, mode, limits)
    return Report(
        mode=mode,
        verdict=verdict,
        score=score,
        reasons=reasons,
        transform=transform,
        lines_kept=measures.lines_kept or 0.0,
        lines_added=1 - (measures.lines_found or 0.0),
        tiles=_tiles(pair, grid, mode, repainted, gone_tiles),
        thresholds=limits,
        original=original.size,
        altered=altered.size,
        took_ms=round((time.perf_counter() - started) * 1000),
        maps=Maps(
            seen=transform.seen(size, 0.0),
            compared=pair.seen,
            lost=_lost(pair, mode),
            changed=change.mask,
            repainted=repainted,
            photo=pair.original,
            altered=pair.altered,
        ),
    )


def _pair(original: Image.Image, altered: Image.Image, before: Field, transform: Transform) -> _Pair:
    after = fields.field(fields.luma(altered))
    seen = transform.seen(original.size, _BORDER)
    old, new = lines.straight(before), lines.straight(after)
    old, new = old.where(seen[old.y, old.x]), new.where(seen[new.y, new.x])
    return _Pair(original, altered, before, after, seen, old, new, lines.kept(old, after), lines.kept(new, before))


def _measured(
    pair: _Pair,
    transform: Transform,
    *,
    aspect: float,
    removed: float,
    repainted: Bools,
    change: changes.Change,
    mode: Mode,
    limits: Thresholds,
) -> Measures:
    shown = transform.seen(pair.original.size)
    kept = _share(pair.old, pair.kept, pair.after, removal.hidden(pair.old, pair.kept, change.level))
    found = _share(pair.new, pair.found, pair.before, removal.hidden(pair.new, pair.found, change.level))
    if found is None and kept is not None:
        found = 0.0  # a photo full of lines, and not one in the altered picture
    return Measures(
        lines_kept=kept,
        lines_found=found,
        removed=removed,
        surfaces=float(repainted.mean()),
        frame=float(shown.mean()),
        shift=max(abs(transform.shift_x), abs(transform.shift_y)),
        aspect=aspect,
        stretch=aspect * transform.scale_x / transform.scale_y,
        is_blank=float(fields.luma(pair.altered)[pair.seen].std() if pair.seen.any() else 0) < limits.blank,
        is_unchanged=bool(change.mask.mean() < limits.unchanged)
        and not (mode == "enhancement" and _is_toned(pair, limits)),
    )


def _is_toned(pair: _Pair, limits: Thresholds) -> bool:
    apart = np.abs(np.asarray(pair.original, np.int16) - np.asarray(pair.altered, np.int16))[pair.seen]
    return bool(apart.size and apart.mean() > limits.same_levels)


def _share(points: Points, found: NDArray[np.bool_], other: Field, hidden: NDArray[np.bool_]) -> float | None:
    """The share of lines in the upper part; where that has hardly any, of all that furniture does not hide, if
    those are enough. None if there are none."""
    upper = points.y < _UPPER * other.shape[0]
    if upper.sum() >= _FEWEST_POINTS:
        return lines.share_kept(points.where(upper), found[upper], other)
    bare = ~hidden
    if bare.sum() >= max(_FEWEST_POINTS, _LEAST_OPEN * len(points)):
        return lines.share_kept(points.where(bare), found[bare], other)
    return lines.share_kept(points, found, other) if len(points) >= _FEWEST_POINTS else None


def _lost(pair: _Pair, mode: Mode) -> Bools:
    """The pixels of the lines that count against this mode."""
    shown = np.zeros(pair.seen.shape, dtype=np.bool_)
    counts = ~pair.kept & (pair.old.y < shown.shape[0] / 2) if mode == "declutter" else ~pair.kept
    shown[pair.old.y[counts], pair.old.x[counts]] = True
    if mode != "staging":
        shown[pair.new.y[~pair.found], pair.new.x[~pair.found]] = True
    return shown


def _tiles(pair: _Pair, grid: tiles.Grid, mode: Mode, repainted: Bools, gone: NDArray[np.bool_]) -> Tiles:
    asked = []
    if mode != "declutter":
        asked.append((pair.old, pair.kept))
    if mode != "staging":
        asked.append((pair.new, pair.found))
    return tiles.scored(grid, asked, repainted=repainted, gone=gone, seen=pair.seen)
