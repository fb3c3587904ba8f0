"""What a picture check is asked to do, and what it says."""

from typing import Any, Literal

from pydantic import Field

from realstaging.models.base import Frozen
from realstaging.models.verdicts import Mode, Reason, Verdict

# What happens to a result that fails its check.
CheckPolicy = Literal["report", "reroll", "refuse"]
Size = Literal["source", "model"]
Format = Literal["jpg", "webp", "png"]


class CheckView(Frozen):
    """Whether a result still shows the photo's room, in short."""

    verdict: Verdict
    score: float = Field(ge=0, le=1, description="Below 0.5 the picture fails, from 0.7 on it passes.")
    reasons: list[Reason] = Field(description="What was found, the worst first.")
    algorithm: str = Field(description="Which version of the method found it.")


class CheckFigures(Frozen):
    """Picture checks of a model's results over the last 30 days (UTC); which model keeps rooms shows here."""

    passed: int = 0
    review: int = 0
    failed: int = 0


class Transform(Frozen):
    """How the altered picture was laid on the original. Shifts are shares of a side."""

    scale_x: float
    scale_y: float
    shift_x: float
    shift_y: float
    peak: float = Field(description="How clear the alignment was, 0 to 1.")


class Lines(Frozen):
    """Straight lines, as shares of 0 to 1."""

    kept: float = Field(description="Of the original's lines, how many the altered picture has.")
    added: float = Field(description="Of the altered picture's lines, how many the original does not have.")


class Tiles(Frozen):
    columns: int
    rows: int
    scores: list[list[float | None]] = Field(description="Row by row; `null` where there is nothing to judge.")


class PictureInfo(Frozen):
    width: int
    height: int
    sha256: str | None = None


class FrameView(Frozen):
    """Where the pixels of the delivered picture come from."""

    frame: Literal["restored", "resized", "model"]
    restored_share: float = Field(ge=0, le=1, description="The share of pixels that are the photo's own.")
    reason: str | None = Field(default=None, description="Why the photo's own pixels were not restored.")


class ReportView(Frozen):
    """A whole picture check."""

    algorithm: str
    mode: Mode
    verdict: Verdict
    score: float
    reasons: list[Reason]
    transform: Transform
    lines: Lines
    tiles: Tiles
    thresholds: dict[str, Any] = Field(description="The bounds that it was judged by.")
    original: PictureInfo
    altered: PictureInfo
    took_ms: int
    frame: FrameView | None = Field(default=None, description="Of a job's result; `null` in a verification.")
