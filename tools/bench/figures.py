"""One measured figure with its bar, and the few statistics they are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`most` or `least` is the bar, in the unit of `value`; with neither it is for information."""

    what: str
    value: float | None
    unit: str
    detail: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def ok(self) -> bool | None:
        """None where there is nothing to hold, or nothing could be measured."""
        if self.value is None or (self.most is None and self.least is None):
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def is_missed_ratio(self) -> bool:
        """No ratio depends on the machine or its load: what misses it, or cannot be measured, has become worse."""
        has_bar = self.most is not None or self.least is not None
        return self.unit == "×" and has_bar and not self.ok

    @property
    def bar(self) -> str:
        if self.most is not None:
            return f"≤ {shown(self.most, self.unit)}"
        return "" if self.least is None else f"≥ {shown(self.least, self.unit)}"

    @property
    def measured(self) -> str:
        return "not measured" if self.value is None else shown(self.value, self.unit)

    def as_json(self) -> dict[str, Any]:
        return {
            "figure": self.what,
            "unit": self.unit,
            "most": self.most,
            "least": self.least,
            "measured": self.value,
            "ok": self.ok,
            "detail": self.detail,
        }


def changes(figures: Sequence[Figure], before: dict[str, Any]) -> dict[str, str]:
    """By figure, how it differs from the last run's file: `+12 %`."""
    last = {each["figure"]: each["measured"] for each in before.get("figures", []) if each["measured"]}
    return {
        figure.what: f"{(figure.value / last[figure.what] - 1) * 100:+.0f} %"
        for figure in figures
        if figure.value is not None and figure.what in last
    }


def shown(value: float, unit: str) -> str:
    if unit == "×":
        return f"{value:.2f}×" if value < 10 and value != int(value) else f"{value:.0f}×"
    number = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
    return f"{number} {unit}"


def percentile(values: Sequence[float], part: int) -> float:
    """The nearest rank: a value that was measured, not one between two."""
    ranked = sorted(values)
    return ranked[max(-(-len(ranked) * part // 100), 1) - 1]
