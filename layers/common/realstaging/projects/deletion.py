"""Deleting: gone at once for the owner, unfinished work given back; files and what hangs on it follow."""

from collections.abc import Callable
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
from realstaging.stores.table import LostRaceError
from realstaging.stores.tombstones import TombstoneStore

TRIES = 5
AT_ONCE = 50


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
        """The project at once, the first of what is in it too; the purge goes on with the rest."""
        owner, id = project.owner, project.id
        _insist(project, lambda it: self._remains.delete_project(it, at), lambda: self._projects.find(owner, id))
        self.contents(owner, id, at)

    def contents(self, owner: str, project_id: str, at: datetime, limit: int = AT_ONCE) -> int:
        """Up to `limit` images and jobs of a project; how many there were."""
        found = self._remains.contents_of(project_id, limit)
        # An image takes its jobs along, so images first.
        for kind, id in sorted(found):
            if kind == "IMAGE" and (image := self._images.find(owner, id)):
                self.image(image, at)
            elif kind == "JOB" and (job := self._jobs.find(owner, id)):
                self.job(job, at)
        return len(found)

    def image(self, image: Image, at: datetime) -> None:
        owner, id = image.owner, image.id
        _insist(image, lambda it: self._remains.delete_image(it, at), lambda: self._images.find(owner, id))
        self.jobs_of(owner, image.project_id, id, at)

    def jobs_of(self, owner: str, project_id: str, image_id: str, at: datetime) -> int:
        found = self._jobs.get_many(owner, self._remains.jobs_of_image(project_id, image_id))
        for job in found:
            self.job(job, at)
        return len(found)

    def job(self, job: Job, at: datetime) -> None:
        owner, id = job.owner, job.id
        buried = _insist(job, lambda it: self._remains.delete_job(it, at), lambda: self._jobs.find(owner, id))
        if buried:
            cancel_run(buried, self._results)


def cancel_run(job: Job, results: ResultQueue) -> None:
    """Tell the provider, best effort, that nobody waits for this run any more."""
    if job.status is JobStatus.PROCESSING and job.prediction_id:
        results.send([ResultMessage.stop(job, job.prediction_id)])


def _insist[T](thing: T, bury: Callable[[T], None], again: Callable[[], T | None]) -> T | None:
    """Whatever else happens to it meanwhile, it goes, as it then was; if it is gone already, that is as well."""
    current: T | None = thing
    for _ in range(TRIES):
        if current is None:
            return None
        try:
            bury(current)
            return current
        except LostRaceError:
            current = again()
    raise VersionConflictError("It changed while it was to be deleted. Try again.")
