"""Conditional writes: what a conflict, a lost race and a lost answer do."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from realstaging.models.jobs import JobStatus
from realstaging.stores import table as writing
from realstaging.stores.table import LostRaceError, Writes
from tests.support import factories
from tests.support.fault_injection import conflict, faulty, refusal, watched
from tests.support.world import World

KEY = {"pk": "USER#alice", "sk": "PROFILE"}
RESULT = {"result_key": "a", "thumbnail_key": "b"}
WIRE = {name: {"S": value} for name, value in KEY.items()}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "wait_before_retry", lambda *given: None)


def test_a_transaction_in_conflict_with_another_is_tried_again(world: World) -> None:
    job = factories.processing(world)
    lost = conflict("None", "TransactionConflict", "None")

    with faulty(world.table.meta.client, "TransactWriteItems", lost, at=(1, 2)) as calls:
        world.jobs.close(job, JobStatus.FAILED, world.clock.at, None)

    assert len(calls) == 3
    assert world.job(job).status is JobStatus.FAILED
    assert world.usage().used == 0


def test_a_transaction_still_in_progress_is_tried_again(world: World) -> None:
    job = factories.processing(world)

    with faulty(world.table.meta.client, "TransactWriteItems", refusal("TransactionInProgressException")):
        world.jobs.close(job, JobStatus.FAILED, world.clock.at, None)

    assert world.job(job).status is JobStatus.FAILED


def test_a_conflict_that_never_ends_is_a_fault_and_nothing_moves(world: World) -> None:
    job = factories.processing(world)
    lost = conflict("TransactionConflict", "None", "None")

    with faulty(world.table.meta.client, "TransactWriteItems", lost, at=range(100)), pytest.raises(ClientError):
        world.jobs.close(job, JobStatus.FAILED, world.clock.at, None)

    assert world.job(job) == job


def test_a_condition_that_does_not_hold_is_an_answer_and_not_tried_again(world: World) -> None:
    job = factories.processing(world)
    factories.canceled(world, job)

    with watched(world.table.meta.client, "TransactWriteItems") as calls, pytest.raises(LostRaceError) as lost:
        world.jobs.deliver(job, world.clock.at, RESULT, factories.run(job))

    assert len(calls) == 1
    # The rows that were met come back as plain values.
    assert lost.value.failed[0]["status"] == "canceled"
    assert lost.value.failed[1]["state"] == "released"


def test_any_other_reason_to_cancel_is_a_fault(world: World) -> None:
    job = factories.processing(world)

    with (
        faulty(world.table.meta.client, "TransactWriteItems", conflict("ValidationError", "None", "None")),
        pytest.raises(ClientError),
    ):
        world.jobs.close(job, JobStatus.FAILED, world.clock.at, None)


def test_a_transaction_whose_answer_was_lost_counts_once(world: World) -> None:
    job = factories.processing(world)
    lost = ReadTimeoutError(endpoint_url="https://dynamodb.example.test")

    with faulty(world.table.meta.client, "TransactWriteItems", lost, after=True), pytest.raises(ReadTimeoutError):
        world.jobs.deliver(job, world.clock.at, RESULT, factories.run(job))
    with pytest.raises(LostRaceError):
        world.jobs.deliver(job, world.clock.at, RESULT, factories.run(job))

    assert world.job(job).status is JobStatus.READY
    assert world.usage().captured == 1


def test_of_two_claims_from_the_same_version_exactly_one_wins(world: World) -> None:
    _, [job] = factories.queued(world)
    deadline = world.clock.at + timedelta(seconds=60)

    world.jobs.claim(job, world.clock.at, deadline)
    with pytest.raises(LostRaceError) as lost:
        world.jobs.claim(job, world.clock.at, deadline)

    assert lost.value.failed[0]["status"] == "processing"
    assert world.job(job).attempt == 1
    assert world.job(job).version == job.version + 1


def test_a_row_is_put_only_where_there_is_none(world: World) -> None:
    writes = Writes(world.table)
    writes.transact_write([writes.put_new({**KEY, "name": "first"})])

    with pytest.raises(LostRaceError) as lost:
        writes.transact_write([writes.put_new({**KEY, "name": "second"})])

    assert lost.value.failed == {0: {**KEY, "name": "first"}}
    assert world.item(KEY)["name"] == "first"


def test_rows_are_read_in_the_order_asked_for_and_missing_ones_left_out(world: World) -> None:
    writes = Writes(world.table)
    keys = [{"pk": "USER#alice", "sk": f"NOTE#{number:03}"} for number in range(230)]
    for key in keys:
        if key["sk"] != "NOTE#117":
            world.table.put_item(Item=key)
    asked = list(reversed(keys))

    with watched(world.table.meta.client, "BatchGetItem") as calls:
        found = writes.get_many(asked)

    assert found == [key for key in asked if key["sk"] != "NOTE#117"]
    assert [len(call["RequestItems"]["table"]["Keys"]) for call in calls] == [100, 100, 30]


def test_keys_the_table_left_unread_are_asked_for_again(world: World) -> None:
    writes = Writes(world.table)
    world.table.put_item(Item=KEY)
    unread = {"Responses": {"table": []}, "UnprocessedKeys": {"table": {"Keys": [WIRE], "ConsistentRead": True}}}

    with faulty(world.table.meta.client, "BatchGetItem", unread) as calls:
        found = writes.get_many([KEY])

    assert (len(calls), found) == (2, [KEY])


def test_keys_the_table_never_reads_are_a_fault(world: World) -> None:
    unread = {"Responses": {}, "UnprocessedKeys": {"table": {"Keys": [WIRE]}}}

    with (
        faulty(world.table.meta.client, "BatchGetItem", unread, at=range(100)),
        pytest.raises(RuntimeError, match="unread"),
    ):
        Writes(world.table).get_many([KEY])


def test_rows_the_table_left_are_deleted_in_the_next_call(world: World) -> None:
    writes = Writes(world.table)
    rows = [{"pk": "USER#alice", "sk": f"NOTE#{number:03}"} for number in range(30)]
    for row in rows:
        world.table.put_item(Item=row)
    left = {"UnprocessedItems": {"table": [{"DeleteRequest": {"Key": WIRE}}]}}

    with faulty(world.table.meta.client, "BatchWriteItem", left) as calls:
        writes.delete_many([KEY, *rows])

    assert [len(call["RequestItems"]["table"]) for call in calls] == [25, 1, 6]
    assert [row for row in world.rows() if row["sk"].startswith("NOTE#")] == rows[:24], "the first answer did nothing"


def test_rows_the_table_never_deletes_are_a_fault(world: World) -> None:
    left = {"UnprocessedItems": {"table": [{"DeleteRequest": {"Key": WIRE}}]}}

    with (
        faulty(world.table.meta.client, "BatchWriteItem", left, at=range(100)),
        pytest.raises(RuntimeError, match="undeleted"),
    ):
        Writes(world.table).delete_many([KEY])


def test_nothing_has_a_key_longer_than_the_table_can_hold(world: World) -> None:
    with watched(world.table.meta.client, "GetItem") as calls:
        assert Writes(world.table).get({"pk": "USER#alice", "sk": "JOB#" + "x" * 1100}) is None

    # DynamoDB refuses such a key, which moto does not show: it must not be asked.
    assert calls == []
