"""Batches: charged for exactly what they create, in as many transactions as it takes, or refused whole."""

import pytest

from realstaging.dynamodb.values import plain
from realstaging.errors import ConflictError, NotFoundError, QuotaExceededError
from realstaging.models.jobs import Job
from realstaging.models.projects import Project
from realstaging.stores import keys as periods
from realstaging.stores.due_index import DueRow
from realstaging.stores.table import LostRaceError
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty, watched
from tests.support.world import World


def order(world: World, project: Project, *, count: int, jobs: int, limit: int = 1000) -> list[Job]:
    """`count` photos with `jobs` jobs each, as they are then."""
    return [job for _, work in factories.planned(world, project, count=count, jobs=jobs, limit=limit) for job in work]


def batch_rows(world: World) -> list[dict[str, object]]:
    return [row for row in world.rows() if row["sk"].startswith("BATCH#")]


def test_eight_hundred_jobs_are_written_a_hundred_actions_at_a_time_and_in_order(world: World) -> None:
    batch, groups = factories.drafted(world, factories.project(world), count=50, jobs=16)

    # Moto copies its whole table for every transaction: here the writes are only looked at.
    with faulty(world.table.meta.client, "TransactWriteItems", {}, at=range(100)) as calls:
        world.batches.create(batch, groups, limit=800)

    sizes = [len(call["TransactItems"]) for call in calls]
    assert max(sizes) <= 100
    # One existence check, one reservation, one batch, 50 images, 800 jobs with a ledger line each,
    # and the project and the batch once more in each transaction but the first.
    assert sum(sizes) == 3 + 50 + 2 * 800 + 2 * (len(sizes) - 1)
    written = [plain(each["Put"]["Item"]) for call in calls for each in call["TransactItems"] if "Put" in each]
    assert [row["id"] for row in written if row["sk"].startswith("JOB#")] == batch.job_ids
    assert [row["job_id"] for row in written if row["sk"].startswith("LEDGER#")] == batch.job_ids
    assert [row["id"] for row in written if row["sk"].startswith("IMAGE#")] == batch.image_ids


def test_what_one_transaction_cannot_hold_follows_in_others(world: World) -> None:
    project = factories.project(world)

    with watched(world.table.meta.client, "TransactWriteItems") as calls:
        jobs = order(world, project, count=10, jobs=16)

    assert len(calls) > 3
    [row] = batch_rows(world)
    assert row["job_ids"] == [job.id for job in jobs]
    assert row["unplaced"] == 0
    assert "gsi2pk" not in row
    assert (world.usage().used, world.usage().reserved) == (160, 160)


def test_what_does_not_fit_into_the_quota_is_refused_whole(world: World) -> None:
    project = factories.project(world)
    order(world, project, count=2, jobs=3, limit=8)
    before = world.rows()

    with pytest.raises(QuotaExceededError) as refused:
        order(world, project, count=1, jobs=3, limit=8)

    assert refused.value.members == {"limit": 8, "used": 6, "remaining": 2, "requested": 3}
    assert world.rows() == before


def test_a_request_larger_than_the_whole_plan_is_refused_with_what_is_used(world: World) -> None:
    project = factories.project(world)
    order(world, project, count=1, jobs=2, limit=8)
    before = world.rows()

    with pytest.raises(QuotaExceededError) as refused:
        order(world, project, count=3, jobs=3, limit=8)

    assert refused.value.members == {"limit": 8, "used": 2, "remaining": 6, "requested": 9}
    assert world.rows() == before


def test_the_last_of_the_quota_can_be_used_up(world: World) -> None:
    project = factories.project(world)
    order(world, project, count=1, jobs=3, limit=4)
    order(world, project, count=1, jobs=1, limit=4)

    with pytest.raises(QuotaExceededError):
        order(world, project, count=1, jobs=1, limit=4)

    assert world.usage().used == 4


def test_uploads_without_jobs_need_no_quota(world: World) -> None:
    project = factories.project(world)

    order(world, project, count=3, jobs=0, limit=0)

    assert world.usage().used == 0
    assert [row for row in world.rows() if row["sk"].startswith("USAGE#")] == []


def test_somebody_elses_project_is_not_there(world: World) -> None:
    stranger = factories.project(world, "bob").model_copy(update={"owner": "alice"})
    before = world.rows()

    with pytest.raises(NotFoundError):
        order(world, stranger, count=1, jobs=1)

    assert world.rows() == before


def test_the_same_batch_cannot_be_written_twice(world: World) -> None:
    project = factories.project(world)
    [job] = order(world, project, count=1, jobs=1)
    batch = world.batches.get("alice", job.batch_id)
    before = world.rows()

    with pytest.raises(LostRaceError):
        world.batches.create(batch, [(world.images.get("alice", job.image_id), [job])], limit=100)

    assert world.rows() == before


@pytest.mark.parametrize("dies_at", [2, 3])
def test_what_a_request_that_died_had_reserved_is_given_back_once(world: World, dies_at: int) -> None:
    project = factories.project(world)
    with (
        faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(dies_at,)),
        pytest.raises(CrashError),
    ):
        order(world, project, count=10, jobs=16)
    [row] = batch_rows(world)
    placed = 160 - int(str(row["unplaced"]))
    assert 0 < placed < 160
    assert world.usage().reserved == 160
    batch = world.batches.get("alice", str(row["id"]))

    world.clock.forward(minutes=6)
    assert DueRow("BATCH", "alice", batch.id) in world.due.overdue(world.clock.at, per_shard=50)
    world.batches.abandon(batch)

    assert world.usage().used == world.usage().reserved == placed
    assert DueRow("BATCH", "alice", batch.id) not in world.due.overdue(world.clock.at, per_shard=50)
    with pytest.raises(LostRaceError):
        world.batches.abandon(batch)
    assert world.usage().used == placed


def test_a_request_thought_dead_that_goes_on_writes_nothing_more(world: World) -> None:
    project = factories.project(world)
    client = world.table.meta.client

    def abandoned(**_: object) -> None:
        rows = batch_rows(world)
        if rows and rows[0]["unplaced"]:
            client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", abandoned)
            world.batches.abandon(world.batches.get("alice", str(rows[0]["id"])))

    client.meta.events.register_first("before-call.dynamodb.TransactWriteItems", abandoned)
    with pytest.raises(ConflictError):
        order(world, project, count=10, jobs=16)

    jobs = [row for row in world.rows() if row["sk"].startswith("JOB#")]
    assert len(jobs) == world.usage().used < 160


def test_a_batchs_jobs_are_listed_newest_first_filtered_and_paged(world: World) -> None:
    project = factories.project(world)
    jobs = order(world, project, count=3, jobs=3)
    newest_first = [job.id for job in reversed(jobs)]
    batch_id = jobs[0].batch_id

    def page(before: str | None, limit: int = 4, **wanted: str) -> tuple[list[str], str | None]:
        choice = {"project_id": None, "status": None} | wanted
        found, more = world.batches.jobs_of("alice", batch_id, choice, limit=limit, before=before)
        return [job.id for job in found], more

    assert page(None) == (newest_first[:4], newest_first[3])
    assert page(newest_first[3]) == (newest_first[4:8], newest_first[7])
    assert page(newest_first[7]) == (newest_first[8:], None)
    assert page(None, limit=9) == (newest_first, None)
    assert page(None, status="ready") == ([], None)
    assert page(None, project_id="prj_other") == ([], None)
    assert world.batches.jobs_of("bob", batch_id, {}, limit=9, before=None) == ([], None)


def test_reservations_belong_to_the_period_they_were_made_in(world: World) -> None:
    project = factories.project(world)
    [job] = order(world, project, count=1, jobs=1)
    then = world.clock.at

    world.clock.forward(days=32)
    order(world, project, count=1, jobs=1)

    assert job.period == periods.month(then)
    assert world.quota.usage("alice", job.period).used == 1
    assert world.usage().used == 1
