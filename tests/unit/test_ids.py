"""Ids say what they are, when they were made, and keep the order of a request."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from realstaging.ids import new_id, new_ids

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


def test_an_id_is_its_prefix_and_a_ulid_of_its_time() -> None:
    id = new_id("prj", AT)

    assert re.fullmatch(r"prj_[0-9A-HJKMNP-TV-Z]{26}", id)
    assert ULID.from_str(id.removeprefix("prj_")).datetime == AT


@given(TIMES, st.integers(1, 10_000))
def test_a_later_id_sorts_after_an_earlier_one(at: datetime, milliseconds: int) -> None:
    assert new_id("job", at) < new_id("job", at + timedelta(milliseconds=milliseconds))


@given(TIMES, st.integers(0, 800))
def test_the_ids_of_a_request_sort_in_its_order_and_stay_in_its_millisecond(at: datetime, count: int) -> None:
    ids = new_ids("img", at, count)

    assert len(set(ids)) == count
    assert ids == sorted(ids)
    assert len({id[:14] for id in ids}) <= 1


def test_many_ids_of_one_millisecond_are_all_different() -> None:
    made = [id for _ in range(2_000) for id in new_ids("job", AT, 5)]

    assert len(set(made)) == len(made)


@given(st.text("ab\n", max_size=5), st.integers(1, 50))
def test_the_same_seed_and_time_give_the_same_ids(seed: str, count: int) -> None:
    ids = new_ids("img", AT, count, seed)

    assert ids == new_ids("img", AT, count, seed) == sorted(set(ids))
    assert new_id("img", AT, seed) == ids[0]


def test_another_seed_prefix_or_time_gives_other_ids() -> None:
    made = [
        new_id("img", AT, "a"),
        new_id("img", AT, "b"),
        new_id("job", AT, "a"),
        new_id("img", AT + timedelta(milliseconds=1), "a"),
        new_id("img", AT),
    ]

    assert len({id.partition("_")[2] for id in made}) == len(made)
