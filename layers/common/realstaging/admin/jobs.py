"""Jobs of all owners, as administrators search them: by state, age and owner."""

import heapq
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from realstaging.accounts.identity import owners_named
from realstaging.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError
from realstaging.idempotency import IdempotentRequest, RequestResult
from realstaging.ids import ULID_PATTERN, first_id
from realstaging.jobs.builder import RequestContext
from realstaging.jobs.restage import Restager
from realstaging.models.admin_operations import AdminJobView
from realstaging.models.jobs import Job, JobStatus
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.audit import AuditStore
from realstaging.stores.job_index import IndexedJob, JobIndex
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import Write

# The states that are searched when none is named.
TROUBLE = frozenset(status for status in JobStatus if not status.final) | {JobStatus.FAILED}
ROWS, CHUNKS = 100, 10
# Queued and processing jobs are due within the hour; jobs that wait for their photo, within a day.
AT_WORK = timedelta(hours=1)
OLDEST = 200

_NUMBER = "[0-9]{1,9}"
_PLAIN = re.compile(
    rf"(?P<seconds>{_NUMBER})s?|(?P<minutes>{_NUMBER})m|(?P<hours>{_NUMBER})h|(?P<days>{_NUMBER})d|(?P<weeks>{_NUMBER})w"
)
_ISO = re.compile(
    rf"P(?=.)(?:(?P<weeks>{_NUMBER})W)?(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?=.)(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?"
)
# A `+` that was not escaped in a URL.
_LOST_PLUS = re.compile(" (?=[0-9]{2}:[0-9]{2}$)")
_JOB_ID = re.compile(f"job_{ULID_PATTERN}")


@dataclass(frozen=True, slots=True)
class Search:
    statuses: frozenset[JobStatus]
    owner: str | None = None
    older_than: datetime | None = None

    @classmethod
    def of(cls, status: JobStatus | None, older_than: str | None, owner: str | None, at: datetime) -> Self:
        """From the query parameters. Raises ValidationFailedError."""
        whose = None if owner is None else next(iter(owners_named(owner)), "")
        return cls(frozenset({status}) if status else TROUBLE, whose, moment(older_than, at))

    def fits(self, job: Job) -> bool:
        return job.status in self.statuses and (self.older_than is None or since(job) < self.older_than)


def since(job: Job) -> datetime:
    """When the job entered its state; for one that has ended, when it was created."""
    entered = {JobStatus.QUEUED: job.queued_at, JobStatus.PROCESSING: job.started_at}.get(job.status)
    return entered or job.created_at


def retry(
    job: Job,
    once: IdempotentRequest,
    trace: str,
    request_id: str,
    *,
    live: RuntimeSettings,
    restager: Restager,
    audit: AuditStore,
) -> RequestResult:
    """Retry a job for its owner, with the owner's own settings, and record the administrator.

    Raises ConflictError, NotFoundError, and as `Restager.retry`.
    """
    try:
        terms = live.of(job.owner, once.at)
    except ForbiddenError as error:
        raise ConflictError("The account of the job's owner is being deleted.") from error

    def record(outcome: RequestResult) -> Write:
        made = AdminJobView.model_validate(outcome.body)
        before, after = {"status": job.status}, {"retried_by": made.id}
        return audit.entry(
            once.at, by=once.owner, action="job.retry", subject=f"jobs/{job.id}", before=before, after=after
        )

    asked = RequestContext(job.owner, once.at, terms, trace, request_id, once.seed)
    try:
        return restager.retry(job, asked, replace(once, record=record), shape=AdminJobView)
    except NotFoundError as error:
        raise NotFoundError("image or project any more", where="") from error


class JobSearch:
    def __init__(self, index: JobIndex, jobs: JobStore) -> None:
        self._index, self._jobs = index, jobs

    def page(self, search: Search, *, limit: int, before: str | None) -> tuple[list[Job], str | None]:
        """A page, newest first, and the next page's `before`. The work is bounded, so a page may be short."""
        found: list[Job] = []
        # A job is never in a state for longer than it exists, so ids bound the search.
        starts = [before, first_id("job", search.older_than) if search.older_than else None]
        chunks = self._read_chunks(search, min((start for start in starts if start), default=None), limit)
        last: str | None = None
        for chunk in itertools.islice(chunks, CHUNKS):
            jobs, last = chunk
            found += [job for job in jobs if search.fits(job)]
            if len(found) > limit:
                return found[:limit], found[limit - 1].id
        return found, last

    def get(self, job_id: str) -> Job:
        job = self._index.find(job_id) if _JOB_ID.fullmatch(job_id) else None
        if job is None:
            raise NotFoundError("job", where="")
        return job

    def oldest(self, at: datetime) -> dict[JobStatus, datetime]:
        """Since when the oldest queued job is queued, and the oldest processing job processing."""
        found = self._index.unfinished(due_before=at + AT_WORK)[-OLDEST:]
        times: dict[JobStatus, datetime] = {}
        for job in self._index.read(found):
            if job.status in (JobStatus.QUEUED, JobStatus.PROCESSING):
                times[job.status] = min(since(job), times.get(job.status, at))
        return times

    def _read_chunks(self, search: Search, before: str | None, limit: int) -> Iterator[tuple[list[Job], str | None]]:
        """Jobs in chunks, newest first, each with the id that the next chunk continues from."""
        if search.owner is not None:
            yield from self._read_owners_jobs(search.owner, before)
            return
        size = ROWS if search.older_than else min(limit + 1, ROWS)
        found = self._find_in_index(search.statuses, before)
        while True:
            some = list(itertools.islice(found, size))
            yield self._index.read(some), some[-1].id if len(some) == size else None
            if len(some) < size:
                return

    def _read_owners_jobs(self, owner: str, before: str | None) -> Iterator[tuple[list[Job], str | None]]:
        while True:
            jobs, before = self._jobs.of(owner, {}, limit=ROWS, before=before)
            yield jobs, before
            if before is None:
                return

    def _find_in_index(self, statuses: frozenset[JobStatus], before: str | None) -> Iterator[IndexedJob]:
        """Jobs from the index, each once."""
        lanes: list[Iterator[IndexedJob]] = [self._index.ended(status, before) for status in statuses if status.final]
        if any(not status.final for status in statuses):
            lanes.append(found for found in self._index.unfinished() if before is None or found.id < before)
        # A job whose state changes while we read may be in two lanes.
        return (job for job, _ in itertools.groupby(heapq.merge(*lanes, reverse=True)))


def moment(text: str | None, at: datetime) -> datetime | None:
    """`900`, `15m`, `2h`, `3d`, `1w` or `PT15M` before now, or a time in RFC 3339. Raises ValidationFailedError."""
    if text is None:
        return None
    try:
        if span := _PLAIN.fullmatch(text) or _ISO.fullmatch(text):
            return at - timedelta(**{unit: int(count) for unit, count in span.groupdict().items() if count})
        given = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
    except (ValueError, OverflowError):
        given = None
    if given is None or given.tzinfo is None:
        message = "Give a span such as 15m, 2h, 3d or PT15M, or a time such as 2026-03-14T09:26:53Z."
        raise ValidationFailedError([{"pointer": "/older_than", "message": message}])
    return given
