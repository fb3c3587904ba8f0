"""Keys: the owner is in every one a client can reach, and what is due sorts as it passes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.stores import keys

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANY_TIME = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.timezones())


@pytest.mark.parametrize(
    ("key", "sort"),
    [
        (keys.user("alice"), "PROFILE"),
        (keys.project("alice", "prj_1"), "PROJECT#prj_1"),
        (keys.image("alice", "img_1"), "IMAGE#img_1"),
        (keys.job("alice", "job_1"), "JOB#job_1"),
        (keys.batch("alice", "bat_1"), "BATCH#bat_1"),
        (keys.usage("alice", "2026-11-01"), "USAGE#2026-11-01"),
        (keys.ledger("alice", "2026-11-01", "job_1"), "LEDGER#2026-11-01#job_1"),
        (keys.content("alice", "ab12"), "HASH#ab12"),
        (keys.idempotency("alice", "any key"), "IDEMPOTENCY#any key"),
        (keys.rate("alice", 7), "RATE#7"),
        (keys.place("alice"), "PLACE"),
        (keys.captured("alice", "2026-11-01", "job_1"), "CAPTURED#2026-11-01#9"),
        (keys.cost("alice", "prj_1", "job_1"), "COST#prj_1#9"),
        (keys.total_cost("alice", "job_1"), "COST#ALL#9"),
        (keys.socket("alice", "c1"), "SOCKET#c1"),
    ],
)
def test_what_clients_reach_lies_in_their_own_partition(key: keys.Key, sort: str) -> None:
    assert key == {"pk": "USER#alice", "sk": sort}


def test_tickets_and_api_keys_are_found_without_knowing_their_owner() -> None:
    assert keys.ticket("ab12") == {"pk": "TICKET#ab12", "sk": "TICKET"}
    assert keys.api_key("ab12") == {"pk": "APIKEY#ab12", "sk": "APIKEY"}


def test_the_other_index_finds_users_sockets_api_keys_and_a_projects_images() -> None:
    assert keys.by_owner_key("alice", "key_1") == {"gsi1pk": "USER#alice#APIKEYS", "gsi1sk": "key_1"}
    assert keys.by_user("alice", "2026-11-20") == {"gsi1pk": "USERS", "gsi1sk": "2026-11-20#alice"}
    assert keys.by_connection("c1") == {"gsi1pk": "SOCKET#c1", "gsi1sk": "SOCKET"}
    assert keys.by_project_image("prj_1", "img_1") == {"gsi1pk": "PROJECT#prj_1", "gsi1sk": "IMAGE#img_1"}


@given(st.lists(st.text("0123456789ABCDEF", min_size=26, max_size=26), min_size=1, max_size=5, unique=True))
def test_in_the_index_each_image_comes_directly_before_its_own_jobs(ids: list[str]) -> None:
    made = {keys.by_project_image("p", f"img_{id}")["gsi1sk"]: (id, 0) for id in ids}
    made |= {keys.by_project_job("p", f"img_{id}", f"job_{n}")["gsi1sk"]: (id, n) for id in ids for n in (1, 2)}

    order = [made[key] for key in sorted(made)]

    assert order == [(id, which) for id in sorted(ids) for which in (0, 1, 2)]


@given(ANY_TIME, ANY_TIME)
def test_stamps_sort_as_the_times_they_stand_for(one: datetime, other: datetime) -> None:
    assert (keys.stamp(one) < keys.stamp(other)) == (one.astimezone(UTC) < other.astimezone(UTC))


def test_a_stamp_is_utc_with_microseconds_whatever_the_zone() -> None:
    berlin = timezone(timedelta(hours=1))

    assert keys.stamp(AT.astimezone(berlin)) == "2026-11-20T12:00:00.000000Z"


def test_due_rows_are_spread_over_every_shard_and_stay_in_theirs() -> None:
    ids = [f"job_{number}" for number in range(500)]
    shards = {id: keys.due(AT, id)["gsi2pk"] for id in ids}

    assert set(shards.values()) == {f"DUE#{shard}" for shard in range(keys.DUE_SHARDS)}
    assert all(keys.due(AT + timedelta(days=1), id)["gsi2pk"] == shard for id, shard in shards.items())


def test_a_job_that_has_ended_stands_in_the_lane_of_its_state_and_no_longer_in_the_sweeps() -> None:
    ended, due = keys.ended("failed", "job_1"), keys.due(AT, "job_1")

    assert (
        ended["gsi2pk"] == due["gsi2pk"].replace("DUE", "JOBS#failed") == keys.ended_lane("failed", keys.shard("job_1"))
    )
    assert ended["gsi2sk"] == "job_1"
    assert ended.keys() == set(keys.NOT_DUE) - {"due_at"}


def test_a_row_that_is_no_longer_due_loses_all_that_made_it_due() -> None:
    assert set(keys.NOT_DUE) == set(keys.due(AT, "job_1"))
