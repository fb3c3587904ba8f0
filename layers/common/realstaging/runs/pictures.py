"""Makes the files of a result from a model's output: checked against the photo, and in the photo's frame."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from realstaging.config import Checks, Images, Settings
from realstaging.imaging import decoding, encoding, formats, output
from realstaging.imaging.checks.check import check
from realstaging.imaging.checks.overlay import overlay
from realstaging.imaging.checks.report import Report
from realstaging.imaging.checks.thresholds import DEFAULTS, Thresholds
from realstaging.imaging.output import Size
from realstaging.imaging.restore import MAX_PIXELS, restore
from realstaging.models.jobs import Job, ResultView
from realstaging.models.picture_checks import CheckView, FrameView
from realstaging.models.verdicts import Mode

CONTENT_TYPES = {"jpg": formats.JPEG, "webp": formats.WEBP, "png": formats.PNG}
_OVERLAY_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Picture:
    """A result's files, each with its content type beside it, and what is said of them."""

    staged: bytes
    thumbnail: bytes
    overlay: bytes
    report: bytes
    shown: ResultView
    check: CheckView


def thresholds_of(checks: Checks, mode: Mode, model: str) -> Thresholds:
    """The defaults, overridden by the mode's, then by the model's. KeyError for an unknown name."""
    own = DEFAULTS[mode].to_json()
    return Thresholds.from_json(own | checks.thresholds.get(mode, {}) | checks.models.get(model, {}).get(mode, {}))


def make_picture(
    job: Job, data: bytes, *, master: bytes, original: Callable[[], bytes], master_size: Size, settings: Settings
) -> Picture:
    """Check a model's output, and make the files of a result from it.

    `master` is the photo as the model saw it, `original` as it was uploaded; that is read only if the result gets
    the photo's own size. Raises OutputUnusableError.
    """
    limits = settings.images
    width, height = master_size
    made, size = output.open_result(data, master_width=width, master_height=height, limits=limits)
    photo = Image.open(io.BytesIO(master), formats=["JPEG"]).convert("RGB")
    report = check(photo, made, job.mode, thresholds_of(settings.checks, job.mode, job.model))
    image, frame = _fit_to_frame(job, made, report, original=original, limits=limits)
    content_type = CONTENT_TYPES[job.format]
    staged = encoding.staged(image, content_type)
    shown = report.to_json(hashlib.sha256(master).hexdigest(), hashlib.sha256(data).hexdigest())
    return Picture(
        staged=staged,
        thumbnail=output.thumbnail(image, limits),
        overlay=encoding.jpeg(overlay(report, photo), _OVERLAY_QUALITY),
        report=json.dumps(shown | {"frame": frame.model_dump()}).encode(),
        shown=ResultView(
            content_type=content_type,
            width=image.width,
            height=image.height,
            size_bytes=len(staged),
            made_width=size[0],
            made_height=size[1],
            frame=frame.frame,
            restored_share=frame.restored_share,
        ),
        check=CheckView(
            verdict=report.verdict,
            score=shown["score"],
            reasons=list(report.reasons),
            algorithm=report.algorithm,
        ),
    )


def _fit_to_frame(
    job: Job,
    made: Image.Image,
    report: Report,
    *,
    original: Callable[[], bytes],
    limits: Images,
) -> tuple[Image.Image, FrameView]:
    if job.size == "model":
        return made, FrameView(frame="model", restored_share=0)
    whole = _open_original(original(), limits)
    if job.mode == "enhancement":
        # The tone is what was asked for: the photo's own pixels would take it back.
        image = made.resize(whole.size, Image.Resampling.LANCZOS) if made.size != whole.size else made
        return image, FrameView(frame="resized", restored_share=0, reason="enhancement")
    restored = restore(whole, made, report)
    share = round(restored.restored_share, 3)
    return restored.image, FrameView(frame=restored.frame, restored_share=share, reason=restored.reason)


def _open_original(data: bytes, limits: Images) -> Image.Image:
    """Upright sRGB, at most MAX_PIXELS."""
    picture = decoding.opened(data, formats.content_type(data), limits)
    factor = (MAX_PIXELS / (picture.width * picture.height)) ** 0.5
    long_side = None if factor >= 1 else int(max(picture.width, picture.height) * factor)
    return decoding.upright(picture, long_side)
