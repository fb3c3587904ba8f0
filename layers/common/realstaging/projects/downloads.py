"""Signed URLs for the files of images and jobs, by variant."""

import unicodedata
from datetime import datetime
from pathlib import PurePosixPath

from realstaging.errors import ImageNotReadyError, JobNotReadyError
from realstaging.gateways.media import Media, master_key, original_key, thumbnail_key
from realstaging.models.images import FileView, Image, ImageStatus
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.picture_checks import ReportView

SUFFIXES = {
    "image/avif": "avif",
    "image/tiff": "tif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
}

MAX_STEM = 100
# Control, format (writing direction among them), surrogate, private and unassigned characters, line ends.
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Zero width, and yet part of words and emoji.
JOINERS = "\u200c\u200d"


def image_file(image: Image, variant: str, at: datetime, seconds: int, *, download: bool, media: Media) -> FileView:
    """Raises ImageNotReadyError until the photo was accepted."""
    if image.status is not ImageStatus.READY or image.sha256 is None:
        raise ImageNotReadyError(f"The image is {image.status}; it has a file once it is ready.")
    content_type = image.content_type if variant == "original" else "image/jpeg"
    key = {
        "original": original_key(image.owner, image.sha256),
        "master": master_key(image.owner, image.id),
        "thumbnail": thumbnail_key(image.owner, image.id),
    }[variant]
    name = f"{_clean_stem(image.filename)}{'' if variant == 'original' else '-' + variant}.{SUFFIXES[content_type]}"
    return media.file(key, content_type, at, seconds, name=name if download else None)


def job_file(job: Job, variant: str, at: datetime, seconds: int, *, download: bool, media: Media) -> FileView:
    """Raises JobNotReadyError until the result was delivered; a result without a check has no overlay."""
    if job.status is not JobStatus.READY or job.result is None:
        raise JobNotReadyError(f"The job is {job.status}; it has a file once it is ready.")
    keys = {"staged": job.result_key, "thumbnail": job.thumbnail_key, "overlay": job.overlay_key}
    key = keys[variant]
    if key is None:
        raise JobNotReadyError(f"The job has no {variant}: its result was made before there were picture checks.")
    content_type = job.result.content_type if variant == "staged" else "image/jpeg"
    name = f"{job.id}-{variant}.{SUFFIXES[content_type]}" if download else None
    return media.file(key, content_type, at, seconds, name=name)


def job_report(job: Job, media: Media) -> ReportView:
    """The whole check of a job's result, also of one that was refused. Raises JobNotReadyError."""
    if not job.status.final or job.report_key is None:
        raise JobNotReadyError(f"The job is {job.status}; it has a report once its result was checked.")
    return ReportView.model_validate_json(media.read(job.report_key))


def _clean_stem(filename: str) -> str:
    """A file name without folders, suffix and invisible characters, at most MAX_STEM characters."""
    stem = PurePosixPath(filename.replace("\\", "/")).stem
    shown = "".join(c for c in stem if c in JOINERS or unicodedata.category(c) not in HIDDEN)
    return shown.strip()[:MAX_STEM].strip() or "photo"
