"""Where the altered picture differs from the photo by more than tone."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from realstaging.imaging.checks.fields import Array, Bools, Floats, box_mean, largest, mean, shrunk, wider

# Levels. An area is changed where it is CLEARLY different, and around that as far as it is still different.
CLEARLY, STILL = 14.0, 6.0

# The same for places whose detail is the same: they may be lit otherwise.
LIT = 45.0
_DETAIL, _LEAST_SPREAD, _ALIKE = 6, 60.0, 0.9

# Light changes slowly over this share of the long side; what changes faster is an object or its shadow.
_TONE_REACH = 0.09
_GROWN = 24
_SPECK, _CLOSED = 0.35, 3


@dataclass(frozen=True, slots=True)
class Change:
    """`mask` is the changed area, `tone` what has to be added to the altered picture's levels elsewhere, `level`
    by how many levels the surroundings of each pixel then still differ."""

    mask: Bools
    tone: Floats
    level: Floats


def changed(original: Image.Image, altered: Image.Image, seen: Bools) -> Change:
    """Both in the photo's frame at the working size. What the altered picture does not show is not changed."""
    before, after = np.asarray(original, dtype=np.float32), np.asarray(altered, dtype=np.float32)
    tone = _tone(before, after, seen)
    even, photo = np.clip(after + tone, 0, 255).astype(np.uint8), np.asarray(original)
    apart = np.maximum(_outside(even, photo), _outside(photo, even))
    apart = box_mean(apart, 1) * seen
    # Detail that was smoothed away or made up is no change while its mean is the same; an even difference is.
    level = largest(np.abs(box_mean_of(before - after - tone, 2))) * seen
    lit = _same_structure(mean(before), mean(after))
    clearly = np.maximum(apart, level) > np.where(lit, LIT, CLEARLY)
    return Change(_without_holes(_grown(clearly, np.maximum(apart, level) > STILL)), tone, level)


def box_mean_of(values: Floats, radius: int) -> Floats:
    return np.stack([box_mean(np.ascontiguousarray(values[..., at]), radius) for at in range(3)], axis=-1)


def _tone(before: Floats, after: Floats, seen: Bools) -> Floats:
    """A tone curve per channel for the whole picture, then what changes slowly from place to place."""
    height, width = seen.shape
    step = 4
    small_before, small_after = (shrunk(each, step) for each in (before, after))
    small_seen = seen[: height // step * step : step, : width // step * step : step]
    curve = np.stack(
        [
            _curve(small_before[..., at][small_seen], small_after[..., at][small_seen], after[..., at])
            for at in range(3)
        ],
        axis=-1,
    )
    rest = small_before - small_after - shrunk(curve, step)
    radius = max(round(_TONE_REACH * max(height, width) / step / 2), 2)
    slow = np.zeros_like(rest)
    for spread in (24.0, 12.0, 8.0):
        weight = (largest(np.abs(rest - slow)) < spread) & small_seen
        slow = _mean_where(rest, weight, radius)
    wide = [
        np.asarray(Image.fromarray(slow[..., at]).resize((width, height), Image.Resampling.BILINEAR)) for at in range(3)
    ]
    tone: Floats = (curve + np.stack(wide, axis=-1)).astype(np.float32)
    return tone


def _curve(before: Floats, after: Floats, levels: Floats) -> Floats:
    """What has to be added at each level: a parabola, fitted so that new furniture has no say in it."""
    difference = before - after
    middle = float(np.median(difference))
    factors = np.array([middle, 0.0, 0.0])
    columns = np.stack((np.ones_like(after), after / 255, (after / 255) ** 2), axis=1).astype(np.float64)
    for spread in (60.0, 40.0, 25.0, 15.0, 10.0, 10.0):
        weight = np.clip(1 - ((difference - columns @ factors) / spread) ** 2, 0, None) ** 2
        normal = columns.T @ (columns * weight[:, None]) + 1e-4 * len(after) * np.diag([0.0, 1.0, 1.0])
        factors = np.linalg.solve(normal + 1e-6 * np.eye(3), columns.T @ (difference * weight))
    share = levels / 255
    added: Floats = np.clip(factors[0] + factors[1] * share + factors[2] * share**2, middle - 45, middle + 45)
    return added.astype(np.float32)


def _mean_where(values: Floats, weight: Bools, radius: int) -> Floats:
    """The mean of the chosen cells around each cell; far from any, that of the whole picture."""
    share = weight.astype(np.float32)
    whole = values[weight].mean(axis=0) if weight.any() else np.zeros(3, dtype=np.float32)
    sums, total = (values - whole) * share[..., None], share
    for _ in range(2):
        sums, total = box_mean_of(sums, radius), box_mean(total, radius)
    return (sums / (total + 0.02)[..., None] + whole).astype(np.float32)


def _outside(values: Array, other: Array) -> Floats:
    """By how many levels each pixel lies outside of what the other picture has within a pixel of it."""
    high = wider(other, 1).astype(np.int16)
    low = 255 - wider(255 - other, 1).astype(np.int16)
    signed = values.astype(np.int16)
    apart: Floats = largest(np.maximum(np.maximum(low - signed, signed - high), 0)).astype(np.float32)
    return apart


def _same_structure(before: Floats, after: Floats) -> Bools:
    """Where the detail around a pixel is the same in other light: a window that got darker is still that window."""
    mean_before, mean_after = box_mean(before, _DETAIL), box_mean(after, _DETAIL)
    spread_before = np.maximum(box_mean(before * before, _DETAIL) - mean_before**2, 0)
    spread_after = np.maximum(box_mean(after * after, _DETAIL) - mean_after**2, 0)
    together = box_mean(before * after, _DETAIL) - mean_before * mean_after
    detailed = (spread_before > _LEAST_SPREAD) & (spread_after > _LEAST_SPREAD)
    alike: Bools = detailed & (together > _ALIKE * np.sqrt(spread_before * spread_after))
    return alike


def _without_holes(mask: Bools) -> Bools:
    """Small islands inside a changed area belong to it, and so do the bays of its border."""
    small = mask[::2, ::2]
    closed = ~wider(~wider(small, _CLOSED), _CLOSED)
    whole: Bools = mask | np.repeat(np.repeat(closed, 2, axis=0), 2, axis=1)[: mask.shape[0], : mask.shape[1]]
    return whole


def _grown(clearly: Bools, still: Bools) -> Bools:
    """Clearly changed areas, without specks, grown as far as they are still different."""
    mask = box_mean(clearly.astype(np.float32), 2) > _SPECK
    for _ in range(_GROWN // 2):
        grown = mask | (wider(mask, 2) & still)
        if np.array_equal(grown, mask):
            break
        mask = grown
    return box_mean(mask.astype(np.float32), 2) > 0.5
