"""Removes the files and rows that deletions left behind: bounded per run, and safe to repeat."""

from collections.abc import Callable
from datetime import datetime, timedelta

from realstaging.gateways.media import Media, master_key, original_key, staged_prefix, thumbnail_key, upload_key
from realstaging.gateways.queues import ResultQueue
from realstaging.models.runs import ResultMessage, UnbookedRun
from realstaging.observability import count, log
from realstaging.projects.deletion import Deleter, cancel_run
from realstaging.stores.due_index import DueRow
from realstaging.stores.table import LostRaceError
from realstaging.stores.tombstones import Tombstone, TombstoneStore
from realstaging.stores.users import UserStore

ROUNDS = 10
# The index that lists a project's images may lag; after this time it is complete.
SETTLED = timedelta(minutes=2)
# How often the provider is asked for the run of a deleted job, if no webhook reports its end.
ASK_AGAIN = timedelta(minutes=5)


class Purger:
    def __init__(
        self,
        *,
        tombstones: TombstoneStore,
        users: UserStore,
        deleter: Deleter,
        media: Media,
        results: ResultQueue,
        free_images: Callable[[], int],
    ) -> None:
        """`free_images`: returns how many images a month the free plan includes."""
        self._tombstones, self._users, self._deleter = tombstones, users, deleter
        self._media, self._results = media, results
        self._free_images = free_images

    def purge(self, due: DueRow, at: datetime) -> None:
        """Purge what one due row names. A lost race means that another purge does it."""
        try:
            self._purge(due, at)
        except LostRaceError:
            log.info("already purged", kind=due.kind)

    def _purge(self, due: DueRow, at: datetime) -> None:
        if due.kind == "HASH":
            self._purge_content(due.owner, due.id, at)
        elif due.kind == "PROFILE":
            self._purge_account(due.owner, at)
        elif found := self._tombstones.find(due.owner, due.id):
            {"PROJECT": self._purge_project, "IMAGE": self._purge_image, "JOB": self._purge_job}[found.kind](found, at)

    def _purge_project(self, project: Tombstone, at: datetime) -> None:
        for _ in range(ROUNDS):
            if not self._deleter.contents(project.owner, project.id, at):
                break
        else:
            return  # continues in the next run
        if project.due_at and at - project.due_at < SETTLED:
            return
        self._tombstones.forget_project(project)
        count("ProjectPurged")

    def _purge_image(self, image: Tombstone, at: datetime) -> None:
        # The request that deleted the image may have died before its jobs.
        if image.project_id and self._deleter.jobs_of(image.owner, image.project_id, image.id, at):
            log.info("jobs of a deleted image deleted", image_id=image.id)
        self._media.remove(
            upload_key(image.owner, image.id), master_key(image.owner, image.id), thumbnail_key(image.owner, image.id)
        )
        self._tombstones.forget_image(image, at)
        count("ImagePurged")

    def _purge_job(self, job: Tombstone, at: datetime) -> None:
        self._media.remove_under(staged_prefix(job.owner, job.id))
        if job.run and at < job.run.until:
            self._tombstones.look_again(job, at + ASK_AGAIN)
            if job.run.prediction_id:
                self._results.send([_build_question(job, job.run)])
            return
        self._tombstones.forget(job)
        count("JobPurged")

    def _purge_content(self, owner: str, sha256: str, at: datetime) -> None:
        if self._tombstones.mark_content_for_deletion(owner, sha256, at):
            self._media.remove(original_key(owner, sha256))
            self._tombstones.forget_content(owner, sha256, at)
        else:
            self._tombstones.keep_content(owner, sha256)

    def _purge_account(self, owner: str, at: datetime) -> None:
        """All files, rows and keys of an owner; the profile last, so that the next run continues one that died."""
        if not self._users.is_marked_for_deletion(owner):
            return  # the index lags: gone already, or registered again
        for _ in range(ROUNDS):
            jobs = self._users.jobs_of(owner)
            for job in jobs:
                cancel_run(job, self._results)
            self._users.count_called_off(owner, jobs, at)
            if not self._media.remove_owner(owner) + self._users.remove_rows(owner, at):
                break
        else:
            return  # continues in the next run
        if self._users.forget(owner, at, marked_before=at - SETTLED, free_images=self._free_images()):
            count("AccountPurged")
            log.info("account purged")


def _build_question(job: Tombstone, run: UnbookedRun) -> ResultMessage:
    return ResultMessage(
        owner=job.owner, job_id=job.id, attempt=run.attempt, account=run.account, traceparent=run.traceparent
    )
