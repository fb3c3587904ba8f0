"""Which object stands behind a variant of an image or a job, and a signed address for it."""

from datetime import datetime
from pathlib import PurePosixPath

from realstaging.errors import ImageNotReadyError, JobNotReadyError
from realstaging.gateways.media import Media, master_key, original_key, thumbnail_key
from realstaging.models.images import FileView, Image, ImageStatus
from realstaging.models.jobs import Job, JobStatus

SUFFIXES = {
    "image/avif": "avif",
    "image/tiff": "tif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
}


def image_file(image: Image, variant: str, at: datetime, seconds: int, *, download: bool, media: Media) -> FileView:
    """Raises ImageNotReadyError until the photo was taken in."""
    if image.status is not ImageStatus.READY or image.sha256 is None:
        raise ImageNotReadyError(f"The image is {image.status}; it has a file once it is ready.")
    content_type = image.content_type if variant == "original" else "image/jpeg"
    key = {
        "original": original_key(image.owner, image.sha256),
        "master": master_key(image.owner, image.id),
        "thumbnail": thumbnail_key(image.owner, image.id),
    }[variant]
    stem = _safe(PurePosixPath(image.filename.replace("\\", "/")).stem)
    name = f"{stem}{'' if variant == 'original' else '-' + variant}.{SUFFIXES[content_type]}"
    return media.file(key, content_type, at, seconds, name=name if download else None)


def job_file(job: Job, variant: str, at: datetime, seconds: int, *, download: bool, media: Media) -> FileView:
    """Raises JobNotReadyError until the result was delivered."""
    if job.status is not JobStatus.READY or job.result is None or job.result_key is None or job.thumbnail_key is None:
        raise JobNotReadyError(f"The job is {job.status}; it has a file once it is ready.")
    key = job.result_key if variant == "staged" else job.thumbnail_key
    name = f"{job.id}-{variant}.jpg" if download else None
    return media.file(key, job.result.content_type, at, seconds, name=name)


def _safe(name: str) -> str:
    """A file name that cannot end the header it stands in."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_. ()") else "_" for c in name)[:100] or "photo"
