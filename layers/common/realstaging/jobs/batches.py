"""A batch as clients see it: its status and counts come from its jobs, and its photos without jobs."""

from collections import Counter
from collections.abc import Sequence

from realstaging.models.base import view
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Batch, BatchStatus, BatchView, Counts, Job, JobStatus, JobView

# How a photo without jobs counts.
AS_JOB = {
    ImageStatus.AWAITING_UPLOAD: JobStatus.AWAITING_UPLOAD,
    ImageStatus.READY: JobStatus.READY,
    ImageStatus.REJECTED: JobStatus.FAILED,
    ImageStatus.EXPIRED: JobStatus.FAILED,
}


def overview(batch: Batch, jobs: Sequence[Job], unstaged: Sequence[Image] = ()) -> BatchView:
    tally = Counter(job.status for job in jobs)
    return BatchView(
        id=batch.id,
        project_id=batch.project_id,
        status=status_of(batch, tally + Counter(AS_JOB[image.status] for image in unstaged)),
        counts=Counts(**{state.value: tally[state] for state in JobStatus}),
        missing_jobs=batch.missing_jobs,
        created_at=batch.created_at,
        jobs=[view(JobView, job) for job in jobs],
    )


def status_of(batch: Batch, tally: Counter[JobStatus]) -> BatchStatus:
    if batch.unfinished or any(count and not state.final for state, count in tally.items()):
        return BatchStatus.IN_PROGRESS
    ended = {state for state, count in tally.items() if count}
    if batch.missing_jobs or batch.missing_images:
        ended.add(JobStatus.FAILED)
    if ended <= {JobStatus.READY}:
        return BatchStatus.READY
    if JobStatus.READY in ended:
        return BatchStatus.PARTIAL
    return BatchStatus.CANCELED if ended == {JobStatus.CANCELED} else BatchStatus.FAILED
