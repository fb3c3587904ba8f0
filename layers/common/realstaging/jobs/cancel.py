"""Cancels jobs that have no result yet: the owner is not charged."""

from collections.abc import Sequence
from datetime import datetime

from realstaging.errors import JobNotCancelableError
from realstaging.gateways.queues import ResultQueue
from realstaging.models.jobs import Job, JobStatus
from realstaging.projects.deletion import cancel_run
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import retry_on_conflict

TRIES = 5


def cancel(job: Job, at: datetime, *, jobs: JobStore, results: ResultQueue) -> Job:
    """Returns the canceled job. Raises JobNotCancelableError if it has ended already."""

    def close(job: Job) -> Job:
        if job.status.final:
            raise JobNotCancelableError(f"The job is {job.status} already.")
        jobs.close(job, JobStatus.CANCELED, at, None)
        closed = jobs.get(job.owner, job.id)
        # The run may have been noted after the job was read.
        cancel_run(job.model_copy(update={"prediction_id": closed.prediction_id}), results)
        return closed

    gave_up = JobNotCancelableError("The job kept changing. Try again.")
    return retry_on_conflict(close, lambda: jobs.get(job.owner, job.id), job, gave_up=gave_up)


def cancel_all(found: Sequence[Job], at: datetime, *, jobs: JobStore, results: ResultQueue) -> None:
    """Cancel the jobs that have not ended; one that ends at the same moment keeps its result."""
    for _ in range(TRIES):
        open_jobs = [job for job in found if not job.status.final]
        if not open_jobs:
            return
        jobs.close_many(open_jobs, JobStatus.CANCELED, at)
        # A job that was started at the same moment is unchanged: try again.
        now = {job.id: job for job in jobs.get_many(open_jobs[0].owner, [job.id for job in open_jobs])}
        for job in open_jobs:
            if job.id in now and now[job.id].status is JobStatus.CANCELED:
                cancel_run(job.model_copy(update={"prediction_id": now[job.id].prediction_id}), results)
        found = list(now.values())
