"""The thresholds of the picture check that this deployment judges by."""

from realstaging.config import Checks
from realstaging.imaging.checks.thresholds import DEFAULTS, Thresholds
from realstaging.models.verdicts import Mode


def thresholds_of(checks: Checks, mode: Mode, model: str | None = None) -> Thresholds:
    """The method's own, with the mode's and then the model's in their place. KeyError for an unknown name."""
    own = DEFAULTS[mode].to_json()
    of_model = checks.models.get(model, {}).get(mode, {}) if model else {}
    return Thresholds.from_json(own | checks.thresholds.get(mode, {}) | of_model)
