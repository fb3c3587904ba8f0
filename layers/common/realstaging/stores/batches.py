"""Batches: the images and jobs of one request, written in transactions that charge for what they create."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from realstaging.errors import ConflictError, NotFoundError, QuotaExceededError, TooManyCanceledRunsError
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import ABANDONED, Batch, Job
from realstaging.stores import keys
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import Filters, JobStore, matches
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import MAX_ACTIONS, LostRaceError, Write, Writes, retry_on_conflict, row

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

Group = tuple[Image, Sequence[Job]]
# Enough for ten concurrent repeats of the largest request that each win some of its transactions.
RESUME_TRIES = 50


class BatchStore:
    def __init__(self, table: "Table") -> None:
        self._writes, self._quota = Writes(table), QuotaStore(table)
        self._images, self._jobs = ImageStore(table), JobStore(table)
        self._projects = ProjectStore(table)

    def create(self, batch: Batch, groups: Sequence[Group], *, limit: int, with_it: Sequence[Write] = ()) -> None:
        """Write a batch with new images and their jobs and reserve their quota.

        Nothing is written on QuotaExceededError (the jobs do not all fit), TooManyCanceledRunsError and
        NotFoundError (no such project). Raises LostRaceError when a row of `with_it` or of the batch exists.
        """
        try:
            started = self._begin(batch, groups, self._put_group, limit=limit, with_it=with_it)
        except LostRaceError as error:
            if 0 in error.failed:
                raise NotFoundError("project") from error
            raise
        self.resume(started, groups)

    def resume(self, batch: Batch, groups: Sequence[Group]) -> None:
        """Write the missing rows of `groups`, the whole batch. Concurrent repeats may do the same.

        Raises NotFoundError when the project was deleted, and ConflictError when the batch was abandoned.
        """

        def write(current: Batch | None) -> None:
            if current is None:
                return
            try:
                self._write_rest(current, groups, self._put_group)
            except LostRaceError as error:
                if 0 in error.failed:
                    raise NotFoundError("project") from error
                raise

        # If a repeat of this request wrote these rows first, continue after them.
        retry_on_conflict(write, lambda: self.unfinished(batch.owner, batch.id), batch, tries=RESUME_TRIES)

    def extend(self, batch: Batch, groups: Sequence[Group], *, limit: int, with_it: Sequence[Write] = ()) -> Batch:
        """The first transaction of a batch of new jobs for existing images; it reserves the quota of all.

        Raises QuotaExceededError, TooManyCanceledRunsError, and LostRaceError when an image changed or a project
        was deleted.
        """
        return self._begin(batch, groups, self._extend_group, limit=limit, with_it=with_it)

    def extend_rest(self, batch: Batch, groups: Sequence[Group]) -> None:
        """The other transactions. Raises LostRaceError; the batch's row says how many groups are placed."""
        self._write_rest(batch, groups, self._extend_group)

    def find(self, owner: str, batch_id: str) -> Batch | None:
        item = self._writes.get(keys.batch(owner, batch_id))
        return Batch.model_validate(item) if item else None

    def get(self, owner: str, batch_id: str) -> Batch:
        """As its owner sees it. Raises NotFoundError, also when all its projects were deleted."""
        batch = self.find(owner, batch_id)
        if batch is None or not self._projects.existing(owner, batch.projects):
            raise NotFoundError("batch")
        return batch

    def unfinished(self, owner: str, batch_id: str) -> Batch | None:
        """A batch whose rows are not all written; None if complete. Raises ConflictError when it was abandoned."""
        batch = self.find(owner, batch_id)
        if batch is None or batch.complete:
            return None
        if batch.abandoned:
            raise ConflictError(f"The first request with this key died half-way; what it made is in {batch_id}.")
        return batch

    def jobs_of(
        self, owner: str, batch_id: str, filters: Filters, *, limit: int, before: str | None
    ) -> tuple[list[Job], str | None]:
        """A page of a batch's jobs, newest first, and the next page's `before`; empty for an unknown batch."""
        batch = self.find(owner, batch_id)
        ids = sorted((id for id in batch.job_ids if not before or id < before), reverse=True) if batch else []
        wanted = [job for job in self._jobs.visible(owner, ids) if matches(job, filters)]
        return wanted[:limit], wanted[limit - 1].id if len(wanted) > limit else None

    def abandon(self, batch: Batch) -> None:
        """Release what a request that died had reserved but not written. Raises LostRaceError."""
        given_up = self._writes.update(
            keys.batch(batch.owner, batch.id),
            put={
                "unplaced": 0,
                "placed": ABANDONED,
                "missing_jobs": batch.unplaced,
                "missing_images": len(batch.image_ids) - batch.placed,
            },
            drop=keys.NOT_DUE,
            when="#unplaced = :unplaced AND #placed = :placed",
            values={":unplaced": batch.unplaced, ":placed": batch.placed},
        )
        back = [self._quota.give_back(batch.owner, batch.period, batch.unplaced)] if batch.unplaced else []
        self._writes.transact_write([given_up, *back])

    def _begin(
        self,
        batch: Batch,
        groups: Sequence[Group],
        rows: Callable[[Group], list[Write]],
        *,
        limit: int,
        with_it: Sequence[Write],
    ) -> Batch:
        """The first transaction: reserves the quota of all jobs, and writes as many groups as it has room for.

        The rest is counted in the batch's `unplaced`, which the sweep releases if the request dies.
        """
        wanted = sum(len(jobs) for _, jobs in groups)
        if wanted > limit:
            used = self._quota.usage(batch.owner, batch.period).used
            raise QuotaExceededError(limit=limit, used=used, requested=wanted)
        first = next(_split(groups, reserve=2 + len(with_it)), [])
        checks = self._check_projects(batch.owner, first)
        started = batch.model_copy(
            update={"placed": len(first), "unplaced": wanted - sum(len(jobs) for _, jobs in first)}
        )
        writes = [*checks, *with_it, self._put(started)]
        if wanted:
            writes.append(self._quota.reserve(batch.owner, batch.period, wanted, limit))
        quota_at = len(writes) - 1
        try:
            self._writes.transact_write([*writes, *(write for group in first for write in rows(group))])
        except LostRaceError as error:
            # A request that lost to an earlier one with the same key gets its answer, not a refusal.
            if wanted and min(error.failed) == quota_at:
                counted = error.failed[quota_at]
                used = int(counted.get("used", limit))
                if used <= limit - wanted:
                    raise TooManyCanceledRunsError(limit) from error
                raise QuotaExceededError(limit=limit, used=used, requested=wanted) from error
            raise
        return started

    def _write_rest(
        self,
        batch: Batch,
        groups: Sequence[Group],
        rows: Callable[[Group], list[Write]],
    ) -> None:
        """Write the unplaced rows; the last transaction removes the batch from the due index."""
        for chunk in _split([] if batch.abandoned else groups[batch.placed :], reserve=1):
            after = batch.model_copy(
                update={
                    "placed": batch.placed + len(chunk),
                    "unplaced": batch.unplaced - sum(len(jobs) for _, jobs in chunk),
                }
            )
            progress = self._writes.update(
                keys.batch(batch.owner, batch.id),
                put={"placed": after.placed, "unplaced": after.unplaced},
                drop=keys.NOT_DUE if after.complete else (),
                when="#placed = :placed",
                values={":placed": batch.placed},
            )
            placed = [write for group in chunk for write in rows(group)]
            self._writes.transact_write([*self._check_projects(batch.owner, chunk), progress, *placed])
            batch = after

    def _check_projects(self, owner: str, groups: Sequence[Group]) -> list[Write]:
        """The conditions that the projects of these rows exist."""
        return [self._writes.exists(keys.project(owner, project_id)) for project_id in _list_projects(groups)]

    def _put(self, batch: Batch) -> Write:
        item = row(batch, keys.batch(batch.owner, batch.id))
        if not batch.complete and batch.due_at:
            item |= keys.due(batch.due_at, batch.id)
        else:
            item.pop("due_at", None)
        return self._writes.put_new(item)

    def _put_group(self, group: Group) -> list[Write]:
        image, jobs = group
        return [self._images.put_new(image), *self._put_jobs(jobs)]

    def _extend_group(self, group: Group) -> list[Write]:
        image, jobs = group
        return [*self._images.require_unchanged(image, [job.id for job in jobs]), *self._put_jobs(jobs)]

    def _put_jobs(self, jobs: Sequence[Job]) -> list[Write]:
        return [write for job in jobs for write in self._jobs.put_new(job)]


def _list_projects(groups: Sequence[Group]) -> list[str]:
    """The projects of these rows. Jobs of an image that is gone are written only to be closed."""
    usable = (ImageStatus.READY, ImageStatus.AWAITING_UPLOAD)
    return sorted({image.project_id for image, _ in groups if image.status in usable})


def _split(groups: Sequence[Group], *, reserve: int) -> Iterator[list[Group]]:
    """Whole images with their jobs, as many as fit into one transaction beside `reserve` other actions.

    The first chunk is empty when its image does not fit beside them.
    """
    chunk: list[Group] = []
    for group in groups:
        longer = [*chunk, group]
        if reserve + len(_list_projects(longer)) + sum(_count_actions(each) for each in longer) > MAX_ACTIONS:
            yield chunk
            chunk = [group]
        else:
            chunk = longer
    if chunk:
        yield chunk


def _count_actions(group: Group) -> int:
    """How many actions a group takes: its image, and each job with its ledger line and its parent."""
    return 1 + sum(3 if job.parent_job_id else 2 for job in group[1])
