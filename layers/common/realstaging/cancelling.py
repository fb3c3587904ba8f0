"""Canceling: before there is a result, and then it costs nothing."""

from collections.abc import Sequence
from datetime import datetime

from realstaging.deletions import call_off
from realstaging.errors import JobNotCancelableError
from realstaging.gateways.queues import ResultQueue
from realstaging.models import Job, JobStatus
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import LostRaceError

TRIES = 5


def cancel(job: Job, at: datetime, *, jobs: JobStore, results: ResultQueue) -> Job:
    """The job as it then is. Raises JobNotCancelableError when it had ended already."""
    for _ in range(TRIES):
        if job.status.final:
            raise JobNotCancelableError(f"The job is {job.status} already.")
        try:
            jobs.close(job, JobStatus.CANCELED, at, None)
        except LostRaceError:
            job = jobs.get(job.owner, job.id)
            continue
        call_off(job, results)
        return jobs.get(job.owner, job.id)
    raise JobNotCancelableError("The job kept changing. Try again.")


def cancel_all(found: Sequence[Job], at: datetime, *, jobs: JobStore, results: ResultQueue) -> None:
    """Every job of these that has not ended; one that ends in this very moment keeps its result."""
    open_jobs = [job for job in found if not job.status.final]
    jobs.close_many(open_jobs, JobStatus.CANCELED, at)
    for job in open_jobs:
        call_off(job, results)
