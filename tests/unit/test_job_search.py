"""Spans and moments, and since when a job is in its state."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.admin.alljobs import moment, since
from realstaging.errors import ValidationFailedError
from realstaging.ids import first_id, new_id
from realstaging.models import JobStatus
from tests.unit.rows import job

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15m", AT - timedelta(minutes=15)),
        ("2h", AT - timedelta(hours=2)),
        ("3d", AT - timedelta(days=3)),
        ("2026-11-20T11:00:00Z", AT - timedelta(hours=1)),
        ("2026-11-20T12:30:00+01:00", AT - timedelta(minutes=30)),
    ],
)
def test_a_span_counts_back_from_now_and_a_time_is_itself(text: str, expected: datetime) -> None:
    assert moment(text, AT) == expected


def test_without_a_word_any_age_will_do() -> None:
    assert moment(None, AT) is None


@pytest.mark.parametrize("text", ["", "m", "15", "15 m", "-2h", "15s", "99999d", "2026-11-20T11:00:00", "yesterday"])
def test_what_is_neither_span_nor_time_is_pointed_at(text: str) -> None:
    with pytest.raises(ValidationFailedError) as caught:
        moment(text, AT)

    assert [each["pointer"] for each in caught.value.members["errors"]] == ["/older_than"]


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)), st.integers(1, 10_000))
def test_ids_made_before_a_time_are_smaller_than_its_first_one(at: datetime, milliseconds: int) -> None:
    bound = first_id("job", at)

    assert new_id("job", at - timedelta(milliseconds=milliseconds)) < bound <= new_id("job", at)


def test_before_time_began_there_is_no_id() -> None:
    assert first_id("job", datetime(1960, 1, 1, tzinfo=UTC)) == first_id("job", datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("status", "hour"),
    [
        (JobStatus.AWAITING_UPLOAD, 1),
        (JobStatus.QUEUED, 2),
        (JobStatus.PROCESSING, 3),
        (JobStatus.READY, 1),
        (JobStatus.FAILED, 1),
        (JobStatus.CANCELED, 1),
    ],
)
def test_unfinished_jobs_count_from_when_they_came_into_their_state_and_others_from_their_beginning(
    status: JobStatus, hour: int
) -> None:
    times = {
        name: AT + timedelta(hours=number)
        for number, name in enumerate(("created_at", "queued_at", "started_at", "finished_at"), 1)
    }

    assert since(job(status=status, **times)) == AT + timedelta(hours=hour)
