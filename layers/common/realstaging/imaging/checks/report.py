"""What a check found, as values and as the JSON of the API."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from realstaging.imaging.checks.alignment import Transform
from realstaging.imaging.checks.fields import Bools
from realstaging.imaging.checks.thresholds import Thresholds
from realstaging.models.verdicts import Mode, Reason, Verdict

ALGORITHM = "structure/1"


@dataclass(frozen=True, slots=True)
class Tiles:
    """A grid over the photo; a tile's score is the worst thing found in it, None where there is nothing to judge."""

    columns: int
    rows: int
    scores: list[list[float | None]]


@dataclass(frozen=True, slots=True)
class Maps:
    """Where something was found, at the working size (lines) or in its cells (areas): what the overlay shows.

    `photo` and `altered` are both pictures in the photo's frame at the working size, `compared` the pixels that
    were looked at: with these the restored frame goes on.
    """

    seen: Bools
    compared: Bools
    lost: Bools
    changed: Bools
    repainted: Bools
    photo: Image.Image
    altered: Image.Image


@dataclass(frozen=True, slots=True)
class Report:
    """A pass may name `stretched` or `reframed`: that was aligned back, and nothing was lost by it."""

    mode: Mode
    verdict: Verdict
    score: float
    reasons: list[Reason]
    transform: Transform
    lines_kept: float
    lines_added: float
    tiles: Tiles
    thresholds: Thresholds
    original: tuple[int, int]
    altered: tuple[int, int]
    took_ms: int = 0
    algorithm: str = ALGORITHM
    maps: Maps | None = field(default=None, repr=False, compare=False)

    def to_json(self, original_sha256: str | None = None, altered_sha256: str | None = None) -> dict[str, Any]:
        """The report of the API. Only the caller knows the files, so it hands in their hashes."""
        transform = self.transform
        return {
            "algorithm": self.algorithm,
            "mode": self.mode,
            "verdict": self.verdict,
            "score": _rounded(self.score, 3),
            "reasons": list(self.reasons),
            "transform": {
                "scale_x": _rounded(transform.scale_x, 5),
                "scale_y": _rounded(transform.scale_y, 5),
                "shift_x": _rounded(transform.shift_x, 5),
                "shift_y": _rounded(transform.shift_y, 5),
                "peak": _rounded(transform.peak, 3),
            },
            "lines": {"kept": _rounded(self.lines_kept, 3), "added": _rounded(self.lines_added, 3)},
            "tiles": {
                "columns": self.tiles.columns,
                "rows": self.tiles.rows,
                "scores": [
                    [None if score is None else _rounded(score, 2) for score in row] for row in self.tiles.scores
                ],
            },
            "thresholds": self.thresholds.to_json(),
            "original": _picture(self.original, original_sha256),
            "altered": _picture(self.altered, altered_sha256),
            "took_ms": self.took_ms,
        }


def _picture(size: tuple[int, int], sha256: str | None) -> dict[str, Any]:
    return {"width": size[0], "height": size[1], "sha256": sha256}


def _rounded(value: float, digits: int) -> float:
    return round(float(np.clip(value, -1e6, 1e6)), digits) + 0.0
