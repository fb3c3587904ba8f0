"""Deleting projects, images and jobs: hidden from the owner at once, unfinished work released; files follow."""

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from realstaging.errors import VersionConflictError
from realstaging.gateways.queues import ResultQueue
from realstaging.image_models.run_price import pixels_matter, price
from realstaging.models.images import Image
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.projects import Project
from realstaging.models.runs import ResultMessage, UnbookedRun
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.table import LostRaceError, retry_on_conflict
from realstaging.stores.tombstones import DELETED_TOGETHER, TombstoneStore

# Rows a round: a page of the index.
ROWS_PER_ROUND = 300
# What one request deletes itself; the purge deletes the rest a minute later.
ROUNDS = 4
TIME_LIMIT_SECONDS = 8
# The provider ends a canceled run within minutes; one that it does not report by then is not booked.
REPORT_LIMIT = timedelta(minutes=30)


class Deleter:
    def __init__(
        self,
        *,
        projects: ProjectStore,
        images: ImageStore,
        jobs: JobStore,
        tombstones: TombstoneStore,
        results: ResultQueue,
    ) -> None:
        self._projects, self._images, self._jobs = projects, images, jobs
        self._tombstones, self._results = tombstones, results

    def project(self, project: Project, at: datetime) -> None:
        """Delete the project, which hides everything in it from its owner. Raises VersionConflictError.

        Rows and reservations follow, in this request as far as its time allows, then in the purge.
        """
        owner, id = project.owner, project.id
        _delete_one(project, lambda row: self._tombstones.delete_project(row, at), self._projects.find)
        until = time.monotonic() + TIME_LIMIT_SECONDS
        for _ in range(ROUNDS):
            if self.contents(owner, id, at) < ROWS_PER_ROUND or time.monotonic() > until:
                return

    def contents(self, owner: str, project_id: str, at: datetime) -> int:
        """Delete up to ROWS_PER_ROUND images and jobs of a project; returns how many the index listed."""
        found = self._tombstones.contents_of(project_id, ROWS_PER_ROUND)
        self._delete_jobs(self._jobs.get_many(owner, [id for kind, id in found if kind == "JOB"]), at)
        images = self._images.get_many(owner, [id for kind, id in found if kind == "IMAGE"])
        _delete_many(images, lambda rows: self._tombstones.delete_images(rows, at), self._images.find)
        return len(found)

    def image(self, image: Image, at: datetime) -> None:
        """Delete the image, then its jobs as far as the request's time allows. Raises VersionConflictError."""
        _delete_many([image], lambda rows: self._tombstones.delete_images(rows, at), self._images.find)
        until = time.monotonic() + TIME_LIMIT_SECONDS
        self._delete_jobs(self._find_jobs(image.owner, image.project_id, image.id), at, until, photo=image)

    def jobs_of(self, owner: str, project_id: str, image_id: str, at: datetime) -> int:
        """Delete the jobs of a deleted image; returns how many it had."""
        found = self._find_jobs(owner, project_id, image_id)
        self._delete_jobs(found, at)
        return len(found)

    def _find_jobs(self, owner: str, project_id: str, image_id: str) -> list[Job]:
        return self._jobs.get_many(owner, self._tombstones.jobs_of_image(project_id, image_id))

    def job(self, job: Job, at: datetime) -> None:
        self._delete_jobs([job], at)

    def _delete_jobs(
        self, jobs: Sequence[Job], at: datetime, until: float = math.inf, *, photo: Image | None = None
    ) -> None:
        """Delete jobs until the monotonic clock reads `until`. `photo`: their image, if its row is deleted already."""

        def delete(rows: Sequence[Job]) -> None:
            self._tombstones.delete_jobs(rows, at, self._find_unbooked_runs(rows, photo, at))

        for job in _delete_many(jobs, delete, self._jobs.find, until):
            cancel_run(job, self._results)

    def _find_unbooked_runs(self, jobs: Sequence[Job], photo: Image | None, at: datetime) -> dict[str, UnbookedRun]:
        """By job: runs that may be billed after their job is gone."""
        begun = [job for job in jobs if job.has_unbooked_run]
        seen = {job.image_id for job in begun if pixels_matter(job)}
        photos = {image.id: image for image in self._images.get_many(jobs[0].owner, seen)} if seen else {}
        if photo:
            photos[photo.id] = photo
        return {job.id: _build_unbooked_run(job, photos.get(job.image_id), at) for job in begun}


def _build_unbooked_run(job: Job, photo: Image | None, at: datetime) -> UnbookedRun:
    return UnbookedRun(
        attempt=job.start_number,
        account=job.provider_account,
        prediction_id=job.prediction_id,
        marker=job.marker,
        project_id=job.project_id,
        period=job.period,
        traceparent=job.traceparent,
        cost_usd=price(job, photo, None),
        called_off=job.status in (JobStatus.PROCESSING, JobStatus.CANCELED),
        first=not job.cost_usd,
        until=at + REPORT_LIMIT,
    )


def cancel_run(job: Job, results: ResultQueue) -> None:
    """Ask for the cancellation of the job's run at the provider, best effort."""
    if job.status is JobStatus.PROCESSING and job.prediction_id:
        results.send([ResultMessage.stop(job, job.prediction_id)])


def _delete_many[T: Image | Job](
    things: Sequence[T],
    delete: Callable[[Sequence[T]], None],
    find: Callable[[str, str], T | None],
    until: float = math.inf,
) -> list[T]:
    """Delete rows, DELETED_TOGETHER a transaction; one that changed meanwhile is read again. Returns those deleted."""
    gone: list[T] = []
    for start in range(0, len(things), DELETED_TOGETHER):
        some = things[start : start + DELETED_TOGETHER]
        try:
            delete(some)
            gone += some
        except LostRaceError:
            gone += [found for each in some if (found := _delete_one(each, lambda row: delete([row]), find))]
        if time.monotonic() > until:
            break
    return gone


def _delete_one[T: Image | Job | Project](
    thing: T, delete: Callable[[T], None], find: Callable[[str, str], T | None]
) -> T | None:
    """Delete a row, read again if it changed. None if it is gone already. Raises VersionConflictError."""

    def act(current: T | None) -> T | None:
        if current is not None:
            delete(current)
        return current

    gave_up = VersionConflictError("It changed while it was to be deleted. Try again.")
    return retry_on_conflict(act, lambda: find(thing.owner, thing.id), thing, gave_up=gave_up)
