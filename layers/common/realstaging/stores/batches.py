"""Batches: the images and jobs of one request, written in transactions that charge for what they create."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from realstaging.errors import ConflictError, NotFoundError, QuotaExceededError
from realstaging.models.images import Image
from realstaging.models.jobs import ABANDONED, Batch, Job
from realstaging.stores import keys
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import MAX_ACTIONS, LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Group = tuple[Image, Sequence[Job]]
# Ten repeats at once, each transaction of the largest request lost to another of them.
TURNS = 50


class BatchStore:
    def __init__(self, table: "Table", images: ImageStore, jobs: JobStore, quota: QuotaStore) -> None:
        self._writes, self._images, self._jobs, self._quota = Writes(table), images, jobs, quota

    def create(self, batch: Batch, groups: Sequence[Group], *, limit: int, with_it: Sequence[Write] = ()) -> None:
        """Write a batch with new images and their jobs and reserve their quota.

        Refused whole: QuotaExceededError when the jobs do not all fit, NotFoundError when the
        project is gone. Raises LostRaceError when a row of `with_it`, or of ours, is there already.
        """
        project = self._writes.exists(keys.project(batch.owner, batch.project_id))
        try:
            started = self._begin(batch, groups, self._new, limit=limit, with_it=[project, *with_it])
        except LostRaceError as error:
            if 0 in error.failed:
                raise NotFoundError("project") from error
            raise
        self.resume(started, groups)

    def resume(self, batch: Batch, groups: Sequence[Group]) -> None:
        """Place what is missing; `groups` are those the batch was made of. Others may be placing it too.

        Raises NotFoundError when the project is gone, and ConflictError when the batch was given up.
        """
        project = self._writes.exists(keys.project(batch.owner, batch.project_id))
        current: Batch | None = batch
        for _ in range(TURNS):
            if current is None:
                return
            try:
                self._place_rest(current, groups, self._new, with_it=[project])
                return
            except LostRaceError as error:
                if 0 in error.failed:
                    raise NotFoundError("project") from error
                # A repeat of this request was quicker with these rows: go on behind it.
                current = self.unfinished(batch.owner, batch.id)
        raise RuntimeError("the batch is never complete")

    def extend(self, batch: Batch, groups: Sequence[Group], *, limit: int, with_it: Sequence[Write] = ()) -> Batch:
        """Write a batch of new jobs for images that are there, and reserve their quota: the first transaction of it.

        Raises QuotaExceededError, and LostRaceError when an image is not as it was read any more.
        """
        return self._begin(batch, groups, self._more, limit=limit, with_it=with_it)

    def extend_rest(self, batch: Batch, groups: Sequence[Group]) -> None:
        """The other transactions. Raises LostRaceError; then the batch's row says how far it came."""
        self._place_rest(batch, groups, self._more)

    def find(self, owner: str, batch_id: str) -> Batch | None:
        item = self._writes.get(keys.batch(owner, batch_id))
        return Batch.model_validate(item) if item else None

    def get(self, owner: str, batch_id: str) -> Batch:
        batch = self.find(owner, batch_id)
        if batch is None:
            raise NotFoundError("batch")
        return batch

    def unfinished(self, owner: str, batch_id: str) -> Batch | None:
        """A batch that a request is still at, or died at. Raises ConflictError when that was given up."""
        batch = self.find(owner, batch_id)
        if batch is None or batch.complete:
            return None
        if batch.abandoned:
            raise ConflictError(f"The first request with this key died half-way; what it made is in {batch_id}.")
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
        given_up = self._writes.update(
            keys.batch(batch.owner, batch.id),
            put={"unplaced": 0, "placed": ABANDONED},
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
        """The first transaction reserves everything and places what it has room for, the others the rest.

        Until then the rest is the batch's `unplaced` work, which `sweep` gives back if we die.
        """
        wanted = sum(len(jobs) for _, jobs in groups)
        if wanted > limit:
            used = self._quota.usage(batch.owner, batch.period).used
            raise QuotaExceededError(limit=limit, used=used, requested=wanted)
        first = next(_chunks(groups, reserve=2 + len(with_it)), [])
        started = batch.model_copy(
            update={"placed": len(first), "unplaced": wanted - sum(len(jobs) for _, jobs in first)}
        )
        writes = [*with_it, self._put(started, len(groups))]
        if wanted:
            writes.append(self._quota.reserve(batch.owner, batch.period, wanted, limit))
        quota_at = len(writes) - 1
        try:
            self._writes.transact_write([*writes, *(write for group in first for write in rows(group))])
        except LostRaceError as error:
            # Who lost against an earlier answer to the same key gets that answer, not a refusal.
            if wanted and min(error.failed) == quota_at:
                used = int(error.failed[quota_at].get("used", limit))
                raise QuotaExceededError(limit=limit, used=used, requested=wanted) from error
            raise
        return started

    def _place_rest(
        self,
        batch: Batch,
        groups: Sequence[Group],
        rows: Callable[[Group], list[Write]],
        *,
        with_it: Sequence[Write] = (),
    ) -> None:
        """Turn unplaced work into rows; the last rows take the batch out of the sweep's sight."""
        for chunk in _chunks([] if batch.abandoned else groups[batch.placed :], reserve=1 + len(with_it)):
            after = batch.model_copy(
                update={
                    "placed": batch.placed + len(chunk),
                    "unplaced": batch.unplaced - sum(len(jobs) for _, jobs in chunk),
                }
            )
            taken = self._writes.update(
                keys.batch(batch.owner, batch.id),
                put={"placed": after.placed, "unplaced": after.unplaced},
                drop=keys.NOT_DUE if after.placed == len(groups) else (),
                when="#placed = :placed",
                values={":placed": batch.placed},
            )
            self._writes.transact_write([*with_it, taken, *(write for group in chunk for write in rows(group))])
            batch = after

    def _put(self, batch: Batch, groups: int) -> Write:
        item = row(batch, keys.batch(batch.owner, batch.id))
        if batch.placed < groups and batch.due_at:
            item |= keys.due(batch.due_at, batch.id)
        else:
            item.pop("due_at", None)
        return self._writes.put_new(item)

    def _new(self, group: Group) -> list[Write]:
        image, jobs = group
        return [self._images.put_new(image), *self._job_rows(jobs)]

    def _more(self, group: Group) -> list[Write]:
        image, jobs = group
        return [*self._images.still(image, [job.id for job in jobs]), *self._job_rows(jobs)]

    def _job_rows(self, jobs: Sequence[Job]) -> list[Write]:
        return [write for job in jobs for write in self._jobs.put_new(job)]


def _chunks(groups: Sequence[Group], *, reserve: int) -> Iterator[list[Group]]:
    """Whole images with their jobs, as many as one transaction holds beside `reserve` other actions."""
    chunk: list[Group] = []
    room = MAX_ACTIONS - reserve
    for group in groups:
        size = 1 + sum(3 if job.parent_job_id else 2 for job in group[1])
        if size > room and chunk:
            yield chunk
            chunk, room = [], MAX_ACTIONS - reserve
        chunk.append(group)
        room -= size
    if chunk:
        yield chunk
