"""From what was measured to a verdict: the worst measure decides."""

from dataclasses import dataclass

from realstaging.imaging.checks.thresholds import FAIL_BELOW, PASS_FROM, Thresholds
from realstaging.models.verdicts import Mode, Reason, Verdict

# Below this share of lines beyond chance it is another room or another view of it.
_OTHER_VIEW = 0.2

# Worth naming although nothing is lost by it: aligned back.
_NAMED_STRETCH, _NAMED_SCALES, _NAMED_FRAME = 0.012, 0.02, 0.97
_ALIGNED = 0.6


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares from 0 to 1, as in Thresholds; None where the picture has too few lines to say.

    `aspect` is the altered picture's width over height against the photo's, `stretch` the x scale against the
    y scale of what it shows, in pixels.
    """

    lines_kept: float | None
    lines_found: float | None
    removed: float
    surfaces: float
    frame: float
    shift: float
    aspect: float
    stretch: float
    is_blank: bool
    is_unchanged: bool


def judge(measures: Measures, mode: Mode, limits: Thresholds) -> tuple[Verdict, float, list[Reason]]:
    if measures.is_blank:
        return "fail", 0.0, ["blank"]
    kept = limits.lines_kept_stretched if abs(measures.aspect - 1) > _NAMED_STRETCH else limits.lines_kept
    scores: list[tuple[Reason, float]] = [
        ("reframed", min(limits.frame.score(measures.frame), limits.shift.score(measures.shift))),
        ("stretched", limits.stretch.score(_unexplained(measures))),
        ("lines_lost", limits.removed.score(measures.removed)),
        ("surfaces_changed", limits.surfaces.score(measures.surfaces)),
    ]
    lines: list[tuple[Reason, float]] = []
    if mode != "declutter" and measures.lines_kept is not None:
        lines.append(("lines_lost", kept.score(measures.lines_kept)))
    if mode != "staging" and measures.lines_found is not None:
        lines.append(("lines_added", limits.lines_found.score(measures.lines_found)))
    if not lines:  # bare walls: nothing speaks against it, and nothing for it
        lines.append(("lines_lost", (FAIL_BELOW + PASS_FROM) / 2))
    if measures.is_unchanged:
        # A tidy room needs no decluttering; an empty room that stays empty is not staged.
        scores.append(("near_identical", 0.2 if mode == "staging" else 0.6))
    score = min(score for _, score in scores + lines)
    reasons = _named(measures)
    if _is_other_view(measures, mode):
        reasons.insert(0, "other_view")
    reasons += [reason for reason, each in scores + lines if each < PASS_FROM and reason not in reasons]
    return verdict_of(score), score, list(dict.fromkeys(reasons))


def verdict_of(score: float) -> Verdict:
    return "fail" if score < FAIL_BELOW else "review" if score < PASS_FROM else "pass"


def _named(measures: Measures) -> list[Reason]:
    """Another shape, or another frame. Where few lines agree, the fitted scales mean nothing."""
    fitted = (measures.lines_kept or 0) > _ALIGNED
    reasons: list[Reason] = []
    if abs(measures.aspect - 1) > _NAMED_STRETCH or (fitted and abs(measures.stretch - 1) > _NAMED_SCALES):
        reasons.append("stretched")
    if measures.frame < _NAMED_FRAME:
        reasons.append("reframed")
    return reasons


def _unexplained(measures: Measures) -> float:
    """How far the scales differ beyond what the other shape explains, be it by stretching or by cropping."""
    return min(abs(measures.stretch - 1), abs(measures.stretch / measures.aspect - 1))


def _is_other_view(measures: Measures, mode: Mode) -> bool:
    share = measures.lines_found if mode == "declutter" else measures.lines_kept
    return share is not None and share < _OTHER_VIEW
