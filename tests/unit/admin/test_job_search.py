"""Spans and moments, and since when a job is in its state."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.admin.jobs import moment, since
from realstaging.errors import ValidationFailedError
from realstaging.ids import first_id, new_id
from realstaging.models.jobs import JobStatus
from tests.support.rows import job

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("900", AT - timedelta(minutes=15)),
        ("900s", AT - timedelta(minutes=15)),
        ("15m", AT - timedelta(minutes=15)),
        ("2h", AT - timedelta(hours=2)),
        ("3d", AT - timedelta(days=3)),
        ("1w", AT - timedelta(weeks=1)),
        ("PT15M", AT - timedelta(minutes=15)),
        ("P3D", AT - timedelta(days=3)),
        ("P1W", AT - timedelta(weeks=1)),
        ("P1DT2H3M4S", AT - timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("2026-11-20T11:00:00Z", AT - timedelta(hours=1)),
        ("2026-11-20T12:30:00+01:00", AT - timedelta(minutes=30)),
        ("2026-11-20T12:30:00 01:00", AT - timedelta(minutes=30)),
        ("2026-11-20 11:00:00Z", AT - timedelta(hours=1)),
    ],
)
def test_a_span_counts_back_from_now_and_a_time_is_itself(text: str, expected: datetime) -> None:
    assert moment(text, AT) == expected


def test_without_a_word_any_age_will_do() -> None:
    assert moment(None, AT) is None


WRONG = [
    *(
        "",
        "m",
        "15 m",
        "-2h",
        "1.5h",
        "15M",
        "15\n",
        "\u0661\u0665m",
        "2026-11-20T11:00:00",
        "2026-11-20 11:00",
        "yesterday",
    ),
    *("P", "PT", "P3", "P1DT", "P-3D", "P1M", "pt15m", "PT15m"),
    *("999999999d", "999999999w", "9999999999", "P999999999W", "9" * 40),
]


@pytest.mark.parametrize("text", WRONG)
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
