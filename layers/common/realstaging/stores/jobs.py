"""Jobs in the single table, and the quota that moves with them."""

import contextlib
import functools
import json
import operator
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from realstaging.dynamodb.conditions import Attr, Key
from realstaging.errors import NotFoundError
from realstaging.models.base import Failure
from realstaging.models.jobs import Candidate, Job, JobStatus
from realstaging.models.provider import Slot
from realstaging.models.runs import Run
from realstaging.stores import keys
from realstaging.stores.costs import CostStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import Item, LostRaceError, Write, Writes, row
from realstaging.tracing.recorder import recorder

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

MAX_PAGES = 10
CLOSED_TOGETHER = 45
# Attributes that a start may not choose; those of the earlier attempt are then removed.
CHOSEN_ATTRIBUTES = ("seed", "seed_given", "model_version")
NOT_FOLLOWED = "attribute_exists(#status) AND attribute_not_exists(#retried_by)"

# Attributes of jobs, and what they must be; None filters nothing.
Filters = Mapping[str, str | None]


def matches(job: Job, filters: Filters) -> bool:
    return all(value is None or getattr(job, name) == value for name, value in filters.items())


class JobStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes, self._quota, self._costs = table, Writes(table), QuotaStore(table), CostStore(table)
        self._projects = ProjectStore(table)

    def put_new(self, job: Job) -> list[Write]:
        """The actions that create a job and its ledger line, and mark its parent as retried; each at most once."""
        item = row(job, keys.job(job.owner, job.id), keys.by_project_job(job.project_id, job.image_id, job.id))
        if job.due_at:
            item |= keys.due(job.due_at, job.id)
        writes = [self._writes.put_new(item), self._quota.entry(job)]
        if job.parent_job_id:
            parent = keys.job(job.owner, job.parent_job_id)
            writes.append(self._writes.update(parent, put={"retried_by": job.id}, when=NOT_FOLLOWED))
        return writes

    def find(self, owner: str, job_id: str) -> Job | None:
        item = self._writes.get(keys.job(owner, job_id))
        return Job.model_validate(item) if item else None

    def get(self, owner: str, job_id: str) -> Job:
        """As its owner sees it. Raises NotFoundError, also when its project was deleted."""
        job = self.find(owner, job_id)
        if job is None or self.is_orphan(job):
            raise NotFoundError("job")
        return job

    def is_orphan(self, job: Job) -> bool:
        """Whether the job's project was deleted: then it is neither shown nor started, and the purge removes it."""
        return self._projects.find(job.owner, job.project_id) is None

    def visible(self, owner: str, job_ids: Iterable[str]) -> list[Job]:
        """The jobs that exist and whose projects exist: what their owner sees."""
        return self._drop_orphans(owner, self.get_many(owner, job_ids))

    def get_many(self, owner: str, job_ids: Iterable[str]) -> list[Job]:
        found = self._writes.get_many([keys.job(owner, job_id) for job_id in job_ids])
        return [Job.model_validate(item) for item in found]

    def of(self, owner: str, filters: Filters, *, limit: int, before: str | None) -> tuple[list[Job], str | None]:
        """A page of an owner's jobs, newest first, and the next page's `before`."""
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(f"USER#{owner}") & Key("sk").begins_with("JOB#"),
            "ScanIndexForward": False,
        }
        conditions = [Attr(name).eq(value) for name, value in filters.items() if value is not None]
        if conditions:
            query["FilterExpression"] = functools.reduce(operator.and_, conditions)
        else:
            query["Limit"] = limit + 1
        if before:
            query["ExclusiveStartKey"] = keys.job(owner, before)
        jobs: list[Job] = []
        last_read: str | None = None
        for _ in range(MAX_PAGES):
            answer = self._table.query(**query)
            jobs += self._drop_orphans(owner, [Job.model_validate(item) for item in answer["Items"]])
            last = answer.get("LastEvaluatedKey")
            last_read = str(last["sk"]).removeprefix("JOB#") if last else None
            if len(jobs) > limit or last is None:
                break
            query["ExclusiveStartKey"] = last
        if len(jobs) > limit:
            return jobs[:limit], jobs[limit - 1].id
        return jobs, last_read

    def release_to_queue(self, job: Job, at: datetime, look_again: datetime) -> Write:
        """The action that queues a job after its photo has arrived."""
        return self._move(job, JobStatus.QUEUED, at, due=look_again, put={"queued_at": keys.stamp(at)})

    def release(self, job: Job, at: datetime, look_again: datetime) -> Job:
        """`awaiting_upload` → `queued` for one job."""
        return self._write_one(self.release_to_queue(job, at, look_again))

    def claim(self, job: Job, at: datetime, deadline: datetime, chosen: Item | None = None) -> Job:
        """`queued` → `processing`, one more attempt, written before anything is paid for.

        `chosen`: the attributes of this attempt: model, seed, parameters, the provider's account.
        """
        put = {"attempt": job.attempt + 1, "started_at": keys.stamp(at), **(chosen or {})}
        drop = [
            "prediction_id",
            "slot",
            "held_back",
            "parked",
            *(name for name in CHOSEN_ATTRIBUTES if chosen is not None and name not in chosen),
        ]
        waiting = job.model_copy(update={"status": JobStatus.QUEUED})  # from no other state, whatever was read
        return self._write_one(self._move(waiting, JobStatus.PROCESSING, at, due=deadline, put=put, drop=drop))

    def defer(
        self, job: Job, at: datetime, look_again: datetime, slot: Slot | None = None, *, parked: bool = False
    ) -> Job:
        """Back to `queued` because the provider did not accept it: no attempt is counted, and the slot is kept.

        The attempt's number comes again, that of the start does not.
        """
        put = {"attempt": job.attempt - 1, "deferrals": job.deferrals + 1, "parked": parked, **_build_slot(slot)}
        return self._write_one(self._move(job, JobStatus.QUEUED, at, due=look_again, put=put, drop=["started_at"]))

    def requeue(
        self, job: Job, at: datetime, look_again: datetime, run: Run | None = None, best: Candidate | None = None
    ) -> Job:
        """Back to `queued` for another attempt, after one that failed. `best`: what it ends with if none passes."""
        booked, cost_writes = self._build_booking(job, run)
        put = {
            "queued_at": keys.stamp(at),
            "first_queued_at": keys.stamp(job.waits_since),
            **booked,
            **({"best": _replace_floats(best.model_dump(mode="json"))} if best else {}),
        }
        move = self._move(job, JobStatus.QUEUED, at, due=look_again, put=put, drop=["prediction_id"])
        if not cost_writes:
            return self._write_one(move)
        self._writes.transact_write([move, *cost_writes])
        now = self.find(job.owner, job.id)
        if now is None:
            raise LostRaceError({})
        return now

    def note_run(self, job: Job, prediction_id: str, *, due: datetime) -> None:
        """Store the prediction id of this attempt. Raises LostRaceError if the attempt is over.

        The version stays, so that a result that arrives at the same time still matches.
        """
        self._writes.update_item(
            self._writes.update(
                keys.job(job.owner, job.id),
                put={"prediction_id": prediction_id, **keys.due(due, job.id)},
                when="#status = :processing AND #attempt = :attempt AND #deferrals = :deferrals",
                values={
                    ":processing": JobStatus.PROCESSING,
                    ":attempt": job.attempt,
                    ":deferrals": job.deferrals,
                },
            )
        )

    def book(self, job: Job, at: datetime, run: Run) -> None:
        """Book a run that ended after its job or attempt did; the state stays. Raises LostRaceError."""
        booked, cost_writes = self._build_booking(job, run)
        if _is_called_off(run):
            cost_writes.append(self._quota.called_off(job.owner, job.period))
        self._writes.transact_write([self._move(job, job.status, at, due=job.due_at, put=booked), *cost_writes])

    def postpone(self, job: Job, until: datetime, slot: Slot | None, *, parked: bool = False) -> None:
        """Put a start off and keep its slot. `parked`: the sweep sends its message at `until`."""
        self.look_again(job, until, {"held_back": True, "parked": parked, **_build_slot(slot)})

    def look_again(self, job: Job, at: datetime, more: Item | None = None) -> None:
        """Move the time at which the sweep looks at this job; its state stays. Raises LostRaceError."""
        self._writes.update_item(
            self._writes.update(
                keys.job(job.owner, job.id),
                put={**keys.due(at, job.id), **(more or {})},
                # The date that was read: of two sweeps that find the row overdue, one moves it.
                when="#status = :status AND #version = :version AND #due_at = :due_at",
                values={
                    ":status": job.status,
                    ":version": job.version,
                    ":due_at": job.due_at and keys.stamp(job.due_at),
                },
            )
        )

    def deliver(self, job: Job, at: datetime, result: Item, run: Run | None, *, charged: bool = True) -> None:
        """→ `ready`, and the reservation is captured, or released if not `charged`, in one transaction.

        Raises LostRaceError, and NotFoundError when the project was deleted: then nothing is charged.
        """
        started = job.started_at or at
        booked, cost_writes = self._build_booking(job, run)
        put = {
            **_replace_floats(result),
            **booked,
            "charged": charged,
            "finished_at": keys.stamp(at),
            "duration_ms": int((at - started) / timedelta(milliseconds=1)),
        }
        # attempt is part of version: a result of an earlier attempt cannot get here.
        move = self._move(job, JobStatus.READY, at, put=put)
        project = self._writes.exists(keys.project(job.owner, job.project_id))
        settle = self._quota.capture if charged else self._quota.release
        try:
            self._writes.transact_write([move, *settle(job, keys.stamp(at)), *cost_writes, project])
        except LostRaceError as error:
            if set(error.failed) == {3 + len(cost_writes)}:
                raise NotFoundError("project") from error
            raise

    def close(
        self,
        job: Job,
        status: JobStatus,
        at: datetime,
        failure: Failure | None,
        run: Run | None = None,
        *,
        more: Item | None = None,
    ) -> None:
        """→ `failed` or `canceled`, and the reservation is released, in one transaction; `more` is written with it."""
        booked, cost_writes = self._build_booking(job, run)
        move = self.close_action(job, status, at, failure, booked | _replace_floats(more or {}))
        released = self._quota.release(job, keys.stamp(at), called_off=run is not None and _is_called_off(run))
        self._writes.transact_write([move, *released, *cost_writes])

    def close_many(self, jobs: Sequence[Job], status: JobStatus, at: datetime) -> None:
        """Likewise, CLOSED_TOGETHER a transaction; a job that changed meanwhile is left as it is."""
        stamp = keys.stamp(at)
        for start in range(0, len(jobs), CLOSED_TOGETHER):
            some = jobs[start : start + CLOSED_TOGETHER]
            writes = [self.close_action(job, status, at, None) for job in some]
            writes += self._quota.release_together(some, stamp)
            try:
                self._writes.transact_write(writes)
            except LostRaceError:
                for job in some:
                    with contextlib.suppress(LostRaceError):
                        self.close(job, status, at, None)

    def close_action(
        self, job: Job, status: JobStatus, at: datetime, failure: Failure | None, booked: Item | None = None
    ) -> Write:
        put: Item = {"finished_at": keys.stamp(at), **(booked or {})}
        if failure:
            put["error"] = failure.model_dump(mode="json")
        return self._move(job, status, at, put=put)

    def _move(
        self,
        job: Job,
        to: JobStatus,
        at: datetime,
        *,
        due: datetime | None = None,
        put: Item | None = None,
        drop: Iterable[str] = (),
    ) -> Write:
        # Whoever is told of this change by the stream, or looks at the row next, was caused by what writes it.
        trace = {"traceparent": recorder.onward(job.traceparent)}
        changed: Item = {"status": to, "updated_at": keys.stamp(at), **trace, **(put or {})}
        # A job that is not due has ended: its index entry is by state.
        changed |= keys.due(due, job.id) if due else keys.ended(to, job.id)
        return self._writes.move(
            keys.job(job.owner, job.id),
            was=job.status,
            version=job.version,
            put=changed,
            drop=[*drop, *(() if due else ("due_at",))],
        )

    def _build_booking(self, job: Job, run: Run | None) -> tuple[Item, list[Write]]:
        return (self._costs.booked(job, run), self._costs.cost_writes(job, run)) if run else ({}, [])

    def _drop_orphans(self, owner: str, jobs: Sequence[Job]) -> list[Job]:
        existing = self._projects.existing(owner, {job.project_id for job in jobs})
        return [job for job in jobs if job.project_id in existing]

    def _write_one(self, write: Write) -> Job:
        return Job.model_validate(self._writes.update_item(write))


def _is_called_off(run: Run) -> bool:
    """Whether its owner ended it, and it is billed."""
    return run.outcome == JobStatus.CANCELED and run.cost_usd > 0


def _build_slot(slot: Slot | None) -> Item:
    return {"slot": slot.model_dump(mode="json")} if slot else {}


def _replace_floats(values: Item) -> Item:
    """The table holds no floats."""
    exact: Item = json.loads(json.dumps(values), parse_float=Decimal)
    return exact
