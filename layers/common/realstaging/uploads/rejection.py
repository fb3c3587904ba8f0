"""Ends an image together with the jobs that wait for its file."""

from collections.abc import Callable
from datetime import datetime

from realstaging.errors import PhotoError, UploadExpiredError
from realstaging.models.base import Failure
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import retry_on_conflict


def expire(image: Image, at: datetime, *, images: ImageStore, jobs: JobStore) -> None:
    """No file arrived in time: the image and its jobs end, and nothing is charged."""
    error = UploadExpiredError("No file arrived for this image. Upload the photo again as a new image.")
    reject(image, ImageStatus.EXPIRED, error, at, images=images, jobs=jobs)


def reject(
    image: Image, status: ImageStatus, error: PhotoError, at: datetime, *, images: ImageStore, jobs: JobStore
) -> None:
    def move(image: Image, waiting: list[Job]) -> None:
        images.reject(image, status, waiting, at, Failure.of(error))

    move_with_waiting_jobs(image, move, images=images, jobs=jobs)


def move_with_waiting_jobs(
    image: Image, move: Callable[[Image, list[Job]], None], *, images: ImageStore, jobs: JobStore
) -> list[Job] | None:
    """Change an image together with the jobs that still wait for it; if one was canceled meanwhile, read again.

    None if a repeated event or a deletion was first.
    """

    def act(current: Image | None) -> list[Job] | None:
        if current is None or current.status is not ImageStatus.AWAITING_UPLOAD:
            return None
        found = jobs.get_many(current.owner, current.waiting_jobs)
        waiting = [job for job in found if job.status is JobStatus.AWAITING_UPLOAD]
        move(current, waiting)
        return waiting

    gave_up = RuntimeError("the image kept changing")
    return retry_on_conflict(act, lambda: images.find(image.owner, image.id), image, gave_up=gave_up)
