"""Batches: the images and jobs of one request, written in transactions that charge for what they create."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from realstaging import keys
from realstaging.errors import NotFoundError, QuotaExceededError
from realstaging.models import Batch, Image, Job
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import MAX_ACTIONS, LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Group = tuple[Image, Sequence[Job]]


class BatchStore:
    def __init__(self, table: "Table", images: ImageStore, jobs: JobStore, quota: QuotaStore) -> None:
        self._writes, self._images, self._jobs, self._quota = Writes(table), images, jobs, quota

    def create(self, batch: Batch, groups: Sequence[Group], *, limit: int) -> None:
        """Write a batch with its images and jobs and reserve their quota.

        Refused whole: QuotaExceededError when the jobs do not all fit, NotFoundError when the
        project is gone. What one transaction cannot hold follows in others; until then it is
        reserved as the batch's `unplaced` work, which `sweep` gives back if we die in between.
        """
        wanted = sum(len(jobs) for _, jobs in groups)
        if wanted > limit:
            used = self._quota.usage(batch.owner, batch.period).used
            raise QuotaExceededError(limit=limit, used=used, requested=wanted)
        first, *rest = list(_chunks(groups, reserve=3)) or [[]]
        unplaced = wanted - sum(len(jobs) for _, jobs in first)
        writes = [self._writes.exists(keys.project(batch.owner, batch.project_id))]
        if wanted:
            writes.append(self._quota.reserve(batch.owner, batch.period, wanted, limit))
        writes += [self._put(batch, unplaced), *self._rows(first)]
        try:
            self._writes.together(writes)
        except LostRaceError as error:
            if 0 in error.failed:
                raise NotFoundError("project") from error
            if wanted and 1 in error.failed:
                used = int(error.failed[1].get("used", limit))
                raise QuotaExceededError(limit=limit, used=used, requested=wanted) from error
            raise
        for chunk in rest:
            unplaced -= self._place(batch, chunk, unplaced)

    def find(self, owner: str, batch_id: str) -> Batch | None:
        item = self._writes.get(keys.batch(owner, batch_id))
        return Batch.model_validate(item) if item else None

    def get(self, owner: str, batch_id: str) -> Batch:
        batch = self.find(owner, batch_id)
        if batch is None:
            raise NotFoundError("batch")
        return batch

    def jobs_of(
        self, owner: str, batch_id: str, *, project_id: str | None, status: str | None, limit: int, before: str | None
    ) -> tuple[list[Job], str | None]:
        """A page of a batch's jobs, newest first, and the id to go on from; empty for an unknown batch."""
        batch = self.find(owner, batch_id)
        ids = sorted((id for id in batch.job_ids if not before or id < before), reverse=True) if batch else []
        wanted = [
            job
            for job in self._jobs.get_many(owner, ids)
            if (not status or job.status == status) and (not project_id or job.project_id == project_id)
        ]
        return wanted[:limit], wanted[limit - 1].id if len(wanted) > limit else None

    def abandon(self, batch: Batch) -> None:
        """Give back what a request that died had reserved but not written. Raises LostRaceError."""
        self._writes.together(
            [
                self._writes.update(
                    keys.batch(batch.owner, batch.id),
                    put={"unplaced": 0},
                    drop=keys.NOT_DUE,
                    when="#unplaced = :unplaced",
                    values={":unplaced": batch.unplaced},
                ),
                self._quota.give_back(batch.owner, batch.period, batch.unplaced),
            ]
        )

    def _put(self, batch: Batch, unplaced: int) -> Write:
        item = row(batch.model_copy(update={"unplaced": unplaced}), keys.batch(batch.owner, batch.id))
        if unplaced and batch.due_at:
            item |= keys.due(batch.due_at, batch.id)
        else:
            item.pop("due_at", None)
        return self._writes.put_new(item)

    def _place(self, batch: Batch, chunk: Sequence[Group], unplaced: int) -> int:
        """Turn unplaced work into rows; the last rows take the batch out of the sweep's sight."""
        count = sum(len(jobs) for _, jobs in chunk)
        taken = self._writes.update(
            keys.batch(batch.owner, batch.id),
            put={"unplaced": unplaced - count},
            drop=keys.NOT_DUE if unplaced == count else (),
            when="#unplaced = :unplaced",
            values={":unplaced": unplaced},
        )
        self._writes.together([taken, *self._rows(chunk)])
        return count

    def _rows(self, groups: Sequence[Group]) -> list[Write]:
        return [
            write
            for image, jobs in groups
            for write in [self._images.put_new(image), *(each for job in jobs for each in self._jobs.put_new(job))]
        ]


def _chunks(groups: Sequence[Group], *, reserve: int) -> Iterator[list[Group]]:
    """Whole images with their jobs, as many as one transaction holds beside `reserve` other actions."""
    chunk: list[Group] = []
    room = MAX_ACTIONS - reserve
    for group in groups:
        size = 1 + 2 * len(group[1])
        if size > room and chunk:
            yield chunk
            chunk, room = [], MAX_ACTIONS - reserve
        chunk.append(group)
        room -= size
    if chunk:
        yield chunk
