"""Makes the files of a result from a model's output: checked against the photo, and in the photo's frame."""

import hashlib
import io
import json
from dataclasses import dataclass

from PIL import Image

from realstaging.config import Images, Settings
from realstaging.imaging import encoding, formats, output, pair
from realstaging.imaging.check_thresholds import thresholds_of
from realstaging.imaging.checks.check import check
from realstaging.imaging.checks.overlay import overlay
from realstaging.imaging.checks.report import Report
from realstaging.imaging.output import Size
from realstaging.imaging.restore import restore
from realstaging.models.jobs import Job, ResultView
from realstaging.models.picture_checks import CheckView, FrameView

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


def make_picture(
    job: Job, data: bytes, *, master: bytes, original: bytes | None, master_size: Size, settings: Settings
) -> Picture:
    """Check a model's output, and make the files of a result from it.

    `master` is the photo as the model saw it, `original` as it was uploaded: needed only if the result gets the
    photo's own size. Raises OutputUnusableError.
    """
    limits = settings.images
    width, height = master_size
    is_restored = job.size == "source" and job.mode != "enhancement"
    made, size = output.open_result(
        data, master_width=width, master_height=height, limits=limits, is_restored=is_restored
    )
    photo = Image.open(io.BytesIO(master), formats=["JPEG"]).convert("RGB")
    report = check(photo, made, job.mode, thresholds_of(settings.checks, job.mode, job.model))
    image, frame = _fit_to_frame(job, made, report, original=original, master_size=master_size, limits=limits)
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
    original: bytes | None,
    master_size: Size,
    limits: Images,
) -> tuple[Image.Image, FrameView]:
    if original is None:
        return made, FrameView(frame="model", restored_share=0)
    whole = pair.read(original, limits)
    if job.mode == "enhancement":
        # The tone is what was asked for: the photo's own pixels would take it back.
        image = made.resize(whole.size, Image.Resampling.LANCZOS) if made.size != whole.size else made
        return image, FrameView(frame="resized", restored_share=0, reason="enhancement")
    restored = restore(whole, made, report)
    if restored.frame == "resized":
        image = output.in_shape(made, *master_size, limits).resize(whole.size, Image.Resampling.LANCZOS)
        return image, FrameView(frame="resized", restored_share=0, reason=restored.reason)
    share = round(restored.restored_share, 3)
    return restored.image, FrameView(frame=restored.frame, restored_share=share, reason=restored.reason)
