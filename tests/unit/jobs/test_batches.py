"""A batch's state follows from its jobs' states, in every combination."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.jobs.batches import overview, status_of
from realstaging.models.jobs import BatchStatus, JobStatus
from tests.support.rows import batch, job

TALLIES = st.dictionaries(st.sampled_from(JobStatus), st.integers(0, 3)).map(Counter)


def _by_the_book(states: list[str]) -> str:
    if any(state in ("awaiting_upload", "queued", "processing") for state in states):
        return "in_progress"
    if all(state == "ready" for state in states):
        return "ready"
    if any(state == "ready" for state in states):
        return "partial"
    return "canceled" if all(state == "canceled" for state in states) else "failed"


@given(TALLIES)
def test_the_status_of_a_batch_is_as_documented(tally: Counter[JobStatus]) -> None:
    assert status_of(batch(), tally) == _by_the_book([state.value for state in tally.elements()])


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], BatchStatus.READY),  # nothing is left to do
        ([JobStatus.READY, JobStatus.AWAITING_UPLOAD], BatchStatus.IN_PROGRESS),
        ([JobStatus.FAILED, JobStatus.PROCESSING], BatchStatus.IN_PROGRESS),
        ([JobStatus.READY, JobStatus.READY], BatchStatus.READY),
        ([JobStatus.READY, JobStatus.FAILED], BatchStatus.PARTIAL),
        ([JobStatus.READY, JobStatus.CANCELED], BatchStatus.PARTIAL),
        ([JobStatus.FAILED, JobStatus.CANCELED], BatchStatus.FAILED),
        ([JobStatus.CANCELED], BatchStatus.CANCELED),
    ],
)
def test_a_batch_has_the_status_of_its_jobs(states: list[JobStatus], expected: BatchStatus) -> None:
    assert status_of(batch(), Counter(states)) is expected


@given(TALLIES)
def test_every_job_is_counted_once_and_shown_in_order(tally: Counter[JobStatus]) -> None:
    jobs = [job(id=f"job_{index:026}", status=state) for index, state in enumerate(tally.elements())]
    seen = overview(batch(job_ids=[each.id for each in jobs]), jobs)

    assert seen.counts.model_dump() == {state.value: tally[state] for state in JobStatus}
    assert [each.id for each in seen.jobs] == [each.id for each in jobs]


def test_what_only_we_need_is_not_shown() -> None:
    shown = overview(batch(), [job(input={"seed": 1}, prediction_id="p1")]).model_dump()

    assert {"owner", "traceparent", "prediction_id", "input", "period"}.isdisjoint(shown["jobs"][0])
    assert {"owner", "unplaced", "period"}.isdisjoint(shown)
