"""Deleting: gone at once for the owner, unfinished work given back; files and what hangs on it follow."""

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from realstaging.errors import VersionConflictError
from realstaging.gateways.queues import ResultQueue
from realstaging.models.images import Image
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.projects import Project
from realstaging.models.runs import ResultMessage
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.table import LostRaceError, retry_on_conflict
from realstaging.stores.tombstones import DELETED_TOGETHER, TombstoneStore

# Rows a round; the index gives them a page at a time.
AT_ONCE = 300
# What a request deletes itself: the rest is the purge's, a minute later.
ROUNDS = 4
WITHIN_SECONDS = 8


class Deleter:
    def __init__(
        self,
        *,
        projects: ProjectStore,
        images: ImageStore,
        jobs: JobStore,
        remains: TombstoneStore,
        results: ResultQueue,
    ) -> None:
        self._projects, self._images, self._jobs = projects, images, jobs
        self._remains, self._results = remains, results

    def project(self, project: Project, at: datetime) -> None:
        """The project at once, and with it everything in it for its owner. Raises VersionConflictError.

        Rows and reservations follow, in this request as far as its time allows, then in the purge.
        """
        owner, id = project.owner, project.id
        _insist(project, lambda it: self._remains.delete_project(it, at), self._projects.find)
        until = time.monotonic() + WITHIN_SECONDS
        for _ in range(ROUNDS):
            if self.contents(owner, id, at) < AT_ONCE or time.monotonic() > until:
                return

    def contents(self, owner: str, project_id: str, at: datetime) -> int:
        """Up to AT_ONCE images and jobs of a project; how many the index has of them, which may be behind."""
        found = self._remains.contents_of(project_id, AT_ONCE)
        self._delete_jobs(self._jobs.get_many(owner, [id for kind, id in found if kind == "JOB"]), at)
        images = self._images.get_many(owner, [id for kind, id in found if kind == "IMAGE"])
        _together(images, lambda some: self._remains.delete_images(some, at), self._images.find)
        return len(found)

    def image(self, image: Image, at: datetime) -> None:
        """The image, then its jobs as far as the request's time allows. Raises VersionConflictError."""
        _together([image], lambda some: self._remains.delete_images(some, at), self._images.find)
        until = time.monotonic() + WITHIN_SECONDS
        self.jobs_of(image.owner, image.project_id, image.id, at, until=until)

    def jobs_of(self, owner: str, project_id: str, image_id: str, at: datetime, *, until: float = math.inf) -> int:
        """How many jobs a deleted image had. They go until the monotonic clock says `until`."""
        found = self._jobs.get_many(owner, self._remains.jobs_of_image(project_id, image_id))
        self._delete_jobs(found, at, until)
        return len(found)

    def job(self, job: Job, at: datetime) -> None:
        self._delete_jobs([job], at)

    def _delete_jobs(self, jobs: Sequence[Job], at: datetime, until: float = math.inf) -> None:
        for job in _together(jobs, lambda some: self._remains.delete_jobs(some, at), self._jobs.find, until):
            cancel_run(job, self._results)


def cancel_run(job: Job, results: ResultQueue) -> None:
    """Tell the provider, best effort, that nobody waits for this run any more."""
    if job.status is JobStatus.PROCESSING and job.prediction_id:
        results.send([ResultMessage.stop(job, job.prediction_id)])


def _together[T: Image | Job](
    things: Sequence[T],
    delete: Callable[[Sequence[T]], None],
    find: Callable[[str, str], T | None],
    until: float = math.inf,
) -> list[T]:
    """Delete many a transaction, each as it is by then, however often it changes meanwhile; those that were there."""
    gone: list[T] = []
    for start in range(0, len(things), DELETED_TOGETHER):
        some = things[start : start + DELETED_TOGETHER]
        try:
            delete(some)
            gone += some
        except LostRaceError:
            gone += [found for each in some if (found := _insist(each, lambda it: delete([it]), find))]
        if time.monotonic() > until:
            break
    return gone


def _insist[T: Image | Job | Project](
    thing: T, delete: Callable[[T], None], find: Callable[[str, str], T | None]
) -> T | None:
    """Delete it as it is by then. None if it is gone already. Raises VersionConflictError if it keeps changing."""

    def act(current: T | None) -> T | None:
        if current is not None:
            delete(current)
        return current

    gave_up = VersionConflictError("It changed while it was to be deleted. Try again.")
    return retry_on_conflict(act, lambda: find(thing.owner, thing.id), thing, gave_up=gave_up)
