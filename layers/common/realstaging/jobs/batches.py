"""What a batch looks like from outside, from the states of its jobs."""

from collections import Counter
from collections.abc import Sequence

from realstaging.models.base import view
from realstaging.models.jobs import Batch, BatchStatus, BatchView, Counts, Job, JobStatus, JobView


def overview(batch: Batch, jobs: Sequence[Job]) -> BatchView:
    tally = Counter(job.status for job in jobs)
    return BatchView(
        id=batch.id,
        project_id=batch.project_id,
        status=status(tally),
        counts=Counts(**{state.value: tally[state] for state in JobStatus}),
        created_at=batch.created_at,
        jobs=[view(JobView, job) for job in jobs],
    )


def status(tally: Counter[JobStatus]) -> BatchStatus:
    if any(count and not state.final for state, count in tally.items()):
        return BatchStatus.IN_PROGRESS
    ended = {state for state, count in tally.items() if count}
    if ended <= {JobStatus.READY}:
        return BatchStatus.READY
    if JobStatus.READY in ended:
        return BatchStatus.PARTIAL
    return BatchStatus.CANCELED if ended == {JobStatus.CANCELED} else BatchStatus.FAILED
