"""Jobs: every move is made once, from the version that was read, and the quota moves with it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from realstaging.errors import NotFoundError
from realstaging.models.base import Failure
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys
from realstaging.stores.costs import CostStore
from realstaging.stores.due_index import DueRow
from realstaging.stores.table import LostRaceError
from tests.support import factories
from tests.support.world import World

WHY = Failure(code="staging_failed", title="t", detail="d", retryable=True)
RESULT: dict[str, Any] = {"result_key": "staged/a.jpg", "thumbnail_key": "staged/b.jpg"}


def is_due(world: World, job: Job, **later: float) -> bool:
    return DueRow("JOB", job.owner, job.id) in world.due.overdue(world.clock.at + timedelta(**later), per_shard=50)


def test_a_released_job_is_queued_and_due_when_nothing_happens(world: World) -> None:
    _, [job] = factories.waiting(world)

    released = world.jobs.release(job, world.clock.at, world.clock.at + timedelta(seconds=60))

    assert (released.status, released.queued_at, released.version) == (JobStatus.QUEUED, world.clock.at, 2)
    assert not is_due(world, job, seconds=59)
    assert is_due(world, job, seconds=61)


def test_a_claim_counts_an_attempt_and_forgets_the_run_before(world: World) -> None:
    job = factories.processing(world, prediction_id="run1")
    again = world.jobs.requeue(job, world.clock.at, world.clock.at + timedelta(seconds=60))

    claimed = world.jobs.claim(again, world.clock.at, world.clock.at + timedelta(seconds=90))

    assert (claimed.status, claimed.attempt, claimed.prediction_id) == (JobStatus.PROCESSING, 2, None)
    assert claimed.marker == f"{job.id}-2"
    assert is_due(world, job, seconds=91)


def test_a_deferral_is_not_an_attempt(world: World) -> None:
    _, [job] = factories.queued(world)
    claimed = world.jobs.claim(job, world.clock.at, world.clock.at)

    deferred = world.jobs.defer(claimed, world.clock.at, world.clock.at + timedelta(seconds=60))

    assert (deferred.status, deferred.attempt, deferred.deferrals) == (JobStatus.QUEUED, 0, 1)
    assert (deferred.started_at, deferred.queued_at) == (None, job.queued_at)
    assert deferred.version == job.version + 2


def test_a_delivered_job_is_charged_once_and_never_looked_at_again(world: World) -> None:
    job = factories.processing(world)
    at = world.clock.forward(seconds=8.5)

    world.jobs.deliver(job, at, RESULT, factories.run(job))

    done = world.job(job)
    assert (done.status, done.charged, done.duration_ms, done.finished_at) == (JobStatus.READY, True, 8500, at)
    assert (world.usage().used, world.usage().reserved, world.usage().captured) == (1, 0, 1)
    assert world.ledger() == {job.id: "captured"}
    assert not is_due(world, job, days=30)


def test_jobs_that_are_delivered_at_the_same_time_write_no_row_together(world: World) -> None:
    """Only rows of their own shards: transactions on one row conflict, and fifty photos end at once."""
    jobs = [factories.processing(world) for _ in range(2)]
    while keys.shard(jobs[0].id) == keys.shard(jobs[1].id):
        jobs[1] = factories.processing(world)

    def written_by(job: Job) -> set[str]:
        before = {row["sk"]: row for row in world.rows()}
        world.jobs.deliver(job, world.clock.at, RESULT, factories.run(job))
        return {row["sk"] for row in world.rows() if row != before.get(row["sk"])}

    first, second = written_by(jobs[0]), written_by(jobs[1])

    assert len(first) == len(second) == 5
    assert first & second == set()
    assert world.usage().captured == 2
    assert CostStore(world.table).of("alice").job_count == 2


def test_costs_from_before_there_were_shards_still_count(world: World) -> None:
    job = factories.processing(world)
    before = {"owner": "alice", "micro_usd": 30_000, "jobs": 2}
    for sort in ("COST", f"COST#{job.project_id}"):
        world.table.put_item(Item={"pk": "USER#alice", "sk": sort, **before})

    world.jobs.deliver(job, world.clock.at, RESULT, factories.run(job))

    costs = CostStore(world.table)
    for shown in (costs.of("alice"), costs.of_project("alice", job.project_id)):
        assert (shown.job_count, shown.total_cost_usd) == (3, Decimal("0.06"))


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELED])
def test_a_job_without_a_result_gives_its_reservation_back(world: World, status: JobStatus) -> None:
    job = factories.processing(world)

    world.jobs.close(job, status, world.clock.at, WHY if status is JobStatus.FAILED else None)

    closed = world.job(job)
    assert (closed.status, closed.charged) == (status, False)
    assert closed.error == (WHY if status is JobStatus.FAILED else None)
    assert (world.usage().used, world.usage().reserved) == (0, 0)
    assert world.ledger() == {job.id: "released"}
    assert not is_due(world, job, days=30)


Move = Callable[[World, Job], object]
MOVES: dict[str, Move] = {
    "claim": lambda world, job: world.jobs.claim(job, world.clock.at, world.clock.at),
    "defer": lambda world, job: world.jobs.defer(job, world.clock.at, world.clock.at),
    "requeue": lambda world, job: world.jobs.requeue(job, world.clock.at, world.clock.at),
    "release": lambda world, job: world.jobs.release(job, world.clock.at, world.clock.at),
    "deliver": lambda world, job: world.jobs.deliver(job, world.clock.at, RESULT, factories.run(job)),
    "fail": lambda world, job: world.jobs.close(job, JobStatus.FAILED, world.clock.at, WHY),
    "cancel": lambda world, job: world.jobs.close(job, JobStatus.CANCELED, world.clock.at, None),
    "look again": lambda world, job: world.jobs.look_again(job, world.clock.at),
    "note run": lambda world, job: world.jobs.note_run(job, "run2", due=world.clock.at),
}


@pytest.mark.parametrize("late", MOVES)
@pytest.mark.parametrize("first", ["deliver", "cancel", "requeue"])
def test_of_two_writers_that_read_the_same_version_the_later_changes_nothing(
    world: World, first: str, late: str
) -> None:
    job = factories.processing(world)
    MOVES[first](world, job)
    before = world.rows()

    with pytest.raises(LostRaceError):
        MOVES[late](world, job)

    assert world.rows() == before


# "look again" moves a date, not a state; nobody asks for it on a job that has ended.
@pytest.mark.parametrize("late", [name for name in MOVES if name != "look again"])
@pytest.mark.parametrize("end", ["deliver", "cancel"])
def test_a_job_that_has_ended_does_not_move_even_when_read_anew(world: World, end: str, late: str) -> None:
    job = factories.processing(world)
    MOVES[end](world, job)
    ended = world.job(job)
    if late in ("claim", "defer", "requeue", "release"):
        ended = ended.model_copy(update={"status": JobStatus.QUEUED})  # what such a writer believes
    before = world.rows()

    with pytest.raises(LostRaceError):
        MOVES[late](world, ended)

    assert world.rows() == before


def test_noting_a_run_leaves_the_version_so_that_a_quick_result_still_fits(world: World) -> None:
    job = factories.processing(world, prediction_id=None)

    world.jobs.note_run(job, "run1", due=world.clock.at + timedelta(seconds=90))
    noted = world.job(job)
    world.jobs.deliver(job, world.clock.at, RESULT, factories.run(job))

    assert (noted.prediction_id, noted.version) == ("run1", job.version)
    assert world.job(job).status is JobStatus.READY


def test_a_run_of_an_earlier_attempt_is_not_noted(world: World) -> None:
    job = factories.processing(world, prediction_id=None)
    again = world.jobs.requeue(job, world.clock.at, world.clock.at)
    world.jobs.claim(again, world.clock.at, world.clock.at)

    with pytest.raises(LostRaceError):
        world.jobs.note_run(job, "run1", due=world.clock.at)

    assert world.job(job).prediction_id is None


def test_of_two_who_look_at_an_overdue_job_only_one_puts_it_off(world: World) -> None:
    _, [job] = factories.queued(world)

    world.jobs.look_again(job, world.clock.at + timedelta(seconds=300))
    with pytest.raises(LostRaceError):
        world.jobs.look_again(job, world.clock.at + timedelta(seconds=300))

    assert world.job(job).version == job.version


def test_another_owners_job_is_not_there(world: World) -> None:
    job = factories.processing(world)

    assert world.jobs.find("bob", job.id) is None
    assert world.jobs.get_many("bob", [job.id]) == []
    with pytest.raises(NotFoundError):
        world.jobs.get("bob", job.id)


def test_an_owners_jobs_are_listed_newest_first_filtered_and_paged(world: World) -> None:
    made: list[Job] = []
    for _ in range(5):
        world.clock.forward(seconds=1)
        made += factories.waiting(world)[1]
    factories.waiting(world, owner="bob")
    factories.canceled(world, made[1])
    newest_first = [job.id for job in reversed(made)]

    def page(before: str | None, limit: int = 2, **wanted: str) -> tuple[list[str], str | None]:
        choice = {"project_id": None, "status": None} | wanted
        found, more = world.jobs.of("alice", choice, limit=limit, before=before)
        return [job.id for job in found], more

    assert page(None) == (newest_first[:2], newest_first[1])
    assert page(newest_first[1]) == (newest_first[2:4], newest_first[3])
    assert page(newest_first[3]) == (newest_first[4:], None)
    assert page(None, status="canceled") == ([made[1].id], None)
    assert page(None, project_id=made[2].project_id) == ([made[2].id], None)
    assert page(None, project_id=made[2].project_id, status="canceled") == ([], None)
    assert page(None, status="awaiting_upload") == ([made[4].id, made[3].id], made[3].id)
    assert page(made[3].id, status="awaiting_upload") == ([made[2].id, made[0].id], None)
