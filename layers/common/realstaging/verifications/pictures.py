"""The two pictures of a verification, compared. Loaded while their files come: numpy and Pillow take their time."""

import hashlib
from dataclasses import dataclass

from PIL import Image

from realstaging.config import Settings
from realstaging.errors import PhotoError
from realstaging.imaging import encoding, pair
from realstaging.imaging.check_thresholds import thresholds_of
from realstaging.imaging.checks.check import check
from realstaging.imaging.checks.overlay import overlay
from realstaging.models.picture_checks import ReportView
from realstaging.models.verdicts import Mode
from realstaging.verifications.unusable import UnusablePictureError

_OVERLAY_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair's report, and its overlay as a JPEG."""

    report: ReportView
    overlay: bytes


def compare(original: bytes, altered: bytes, mode: Mode, settings: Settings) -> Compared:
    """From the bytes of both files. Raises UnusablePictureError."""
    before, after = _opened("original", original, settings), _opened("altered", altered, settings)
    report = check(before, after, mode, thresholds_of(settings.checks, mode))
    shown = report.to_json(hashlib.sha256(original).hexdigest(), hashlib.sha256(altered).hexdigest())
    return Compared(ReportView.model_validate(shown), encoding.jpeg(overlay(report, before), _OVERLAY_QUALITY))


def _opened(part: str, data: bytes, settings: Settings) -> Image.Image:
    try:
        return pair.read(data, settings.images)
    except PhotoError as error:
        raise UnusablePictureError(part, error) from error
