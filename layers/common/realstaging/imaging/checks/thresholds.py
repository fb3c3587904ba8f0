"""Where a picture passes and where it fails, per mode; the caller may hand in others."""

from dataclasses import asdict, dataclass, fields
from typing import Self

# The verdict is read off the score: one number, one order.
FAIL_BELOW, PASS_FROM = 0.5, 0.7


@dataclass(frozen=True, slots=True)
class Bounds:
    """At `fail` and beyond a measure fails the picture, at `passes` and better it passes; between is a review."""

    fail: float
    passes: float

    def score(self, value: float) -> float:
        """0 at the worst, FAIL_BELOW at `fail`, PASS_FROM at `passes`, 1 at the best; straight lines between.

        Measures run from 0 to 1; the better end is on the side of `passes`.
        """
        value = min(max(value, 0.0), 1.0)
        fail, passes = self.fail, self.passes
        if passes < fail:
            value, fail, passes = 1 - value, 1 - fail, 1 - passes
        if value < fail:
            return FAIL_BELOW * value / fail
        if value < passes:
            return FAIL_BELOW + (PASS_FROM - FAIL_BELOW) * (value - fail) / (passes - fail)
        return PASS_FROM + (1 - PASS_FROM) * (value - passes) / max(1 - passes, 1e-9)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One pair of bounds per measure.

    lines_kept: share of the photo's straight lines that the altered picture has, beyond chance.
    lines_kept_stretched: the same for a picture in another shape, which never lines up as well.
    lines_found: share of the altered picture's straight lines that the photo has, beyond chance.
    removed: length of lines that end in nothing, in long sides of the picture.
    surfaces: share of the picture that is another surface.
    frame: share of the photo that the altered picture shows.
    shift: the larger shift, as a share of the side.
    stretch: how far x and y scale differ although the shape did not change. No failure by itself.
    unchanged: below this share of the picture changed, nothing was done; an enhancement may change the tone
        alone, by more than same_levels on average.
    blank: the standard deviation in levels below which a picture shows nothing.
    """

    lines_kept: Bounds = Bounds(0.6, 0.8)
    lines_kept_stretched: Bounds = Bounds(0.4, 0.7)
    lines_found: Bounds = Bounds(0.6, 0.8)
    removed: Bounds = Bounds(0.25, 0.05)
    surfaces: Bounds = Bounds(0.08, 0.03)
    frame: Bounds = Bounds(0.78, 0.88)
    shift: Bounds = Bounds(0.08, 0.035)
    stretch: Bounds = Bounds(0.3, 0.035)
    unchanged: float = 0.004
    same_levels: float = 3.0
    blank: float = 5.0

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, object]) -> Self:
        """The defaults, with the given ones in their place; KeyError for a name that does not exist."""
        known = {each.name for each in fields(cls)}
        if unknown := set(values) - known:
            raise KeyError(f"no such threshold: {', '.join(sorted(unknown))}")
        return cls(**{name: Bounds(**value) if isinstance(value, dict) else value for name, value in values.items()})  # type: ignore[arg-type]


DEFAULTS: dict[str, Thresholds] = {
    "staging": Thresholds(),
    # What is cleared away takes its lines with it, mostly low in the room: lines that are gone above are worth
    # a look, no more.
    "declutter": Thresholds(removed=Bounds(1.0, 0.1)),
    "enhancement": Thresholds(),
}
