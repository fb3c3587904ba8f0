"""Jobs of all owners are found by state, by age and by id, whatever has become of them."""

from datetime import timedelta

import pytest

from realstaging.admin import jobs
from realstaging.admin.jobs import TROUBLE, JobSearch, Search, moment
from realstaging.errors import NotFoundError
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys
from realstaging.stores.job_index import JobIndex
from realstaging.stores.table import query_all
from tests.support import factories
from tests.support.fault_injection import watched
from tests.support.http_client import call
from tests.support.steps import delivered, failed, in_state, purge_everything
from tests.support.world import World

ENDED = [state for state in JobStatus if state.final]
OPEN = [state for state in JobStatus if not state.final]


def search(world: World) -> JobSearch:
    return JobSearch(JobIndex(world.table), world.jobs)


def listed(world: World, *statuses: JobStatus, limit: int = 100, older_than: str | None = None) -> list[str]:
    wanted = Search(frozenset(statuses), older_than=moment(older_than, world.clock.at))
    found, _ = search(world).page(wanted, limit=limit, before=None)
    return [job.id for job in found]


def walked(world: World, wanted: Search, limit: int) -> list[list[str]]:
    """Page after page."""
    pages: list[list[str]] = []
    before: str | None = None
    while True:
        found, before = search(world).page(wanted, limit=limit, before=before)
        pages.append([job.id for job in found])
        if before is None:
            return pages


def failed_jobs(world: World, count: int) -> list[Job]:
    """One a minute, of several owners; the newest first."""
    made = []
    for number in range(count):
        world.clock.forward(minutes=1)
        made.append(failed(world, factories.queued(world, owner=f"owner-{number % 3}")[1][0]))
    return made[::-1]


@pytest.mark.parametrize("state", JobStatus)
def test_a_job_is_listed_in_its_state_and_in_no_other(world: World, state: JobStatus) -> None:
    job = in_state(world, state)

    assert listed(world, state) == [job.id]
    assert [other for other in JobStatus if other is not state and listed(world, other)] == []


@pytest.mark.parametrize("state", JobStatus)
def test_a_job_is_found_by_its_id_alone(world: World, state: JobStatus) -> None:
    job = in_state(world, state)
    factories.queued(world, owner="bob")

    assert search(world).get(job.id) == world.job(job)


@pytest.mark.parametrize("id", ["job_01M7W2Y7M00TN8T8J0FC1BVBAK", "job_", "", "nonsense", "job_" + "0" * 3000])
def test_an_id_nobody_has_is_not_found(world: World, id: str) -> None:
    factories.queued(world)

    with pytest.raises(NotFoundError):
        search(world).get(id)


@pytest.mark.parametrize("state", ENDED)
def test_what_has_ended_is_due_no_more_and_no_sweep_or_purge_sees_it(world: World, state: JobStatus) -> None:
    job = in_state(world, state)
    row = world.item(keys.job(job.owner, job.id))

    assert {name: row[name] for name in ("gsi2pk", "gsi2sk")} == keys.ended(state, job.id)
    assert "due_at" not in row
    later = world.clock.at + timedelta(days=400)
    assert world.due.overdue(later, per_shard=50) == []
    assert world.due.overdue(later, per_shard=50, lane="PURGE") == []


@pytest.mark.parametrize("state", JobStatus)
def test_a_deleted_job_is_listed_nowhere(world: World, state: JobStatus) -> None:
    job = in_state(world, state)

    call(world, "DELETE", f"/v1/jobs/{job.id}")

    assert listed(world, *JobStatus) == []
    purge_everything(world)


def test_nothing_is_listed_of_an_account_that_is_gone(world: World) -> None:
    in_state(world, JobStatus.FAILED)

    call(world, "DELETE", "/v1/account")
    purge_everything(world)

    assert listed(world, *JobStatus) == []


def test_pages_are_newest_first_and_hold_every_job_once(world: World) -> None:
    made = failed_jobs(world, 7)

    assert walked(world, Search(frozenset({JobStatus.FAILED})), 3) == [
        [job.id for job in made[:3]],
        [job.id for job in made[3:6]],
        [job.id for job in made[6:]],
    ]


def test_a_page_that_is_just_full_is_the_last_one(world: World) -> None:
    failed_jobs(world, 2)

    assert [len(page) for page in walked(world, Search(frozenset({JobStatus.FAILED})), 2)] == [2]


def test_who_names_no_state_gets_what_is_unfinished_and_what_failed(world: World) -> None:
    [broken] = failed_jobs(world, 1)
    world.clock.forward(minutes=1)
    _, work = factories.queued(world, owner="bob", jobs=3)
    factories.claimed(world, work[0])
    factories.canceled(world, work[1])
    delivered(world, factories.queued(world, owner="carol")[1][0])
    world.clock.forward(minutes=1)
    _, [waiting] = factories.waiting(world)

    wanted = Search(TROUBLE)

    assert walked(world, wanted, 2) == [[waiting.id, work[2].id], [work[0].id, broken.id]]


def test_only_jobs_of_the_named_owner_are_listed(world: World) -> None:
    made = failed_jobs(world, 6)
    mine = [job.id for job in made if job.owner == "owner-1"]

    pages = walked(world, Search(TROUBLE, owner="owner-1"), 1)

    assert [id for page in pages for id in page] == mine
    assert walked(world, Search(TROUBLE, owner="nobody"), 20) == [[]]


def test_an_unfinished_job_counts_from_when_it_came_into_its_state(world: World) -> None:
    _, [queued] = factories.queued(world)
    world.clock.forward(seconds=1)
    _, [running] = factories.queued(world, owner="bob")
    world.clock.forward(minutes=30)
    running = factories.claimed(world, running)

    assert listed(world, *OPEN, older_than="15m") == [queued.id]
    world.clock.forward(minutes=16)
    assert listed(world, *OPEN, older_than="15m") == [running.id, queued.id]
    assert listed(world, *OPEN, older_than="2h") == []


def test_a_job_that_has_ended_counts_from_its_beginning(world: World) -> None:
    made = failed_jobs(world, 4)
    world.clock.forward(seconds=30)

    assert listed(world, JobStatus.FAILED, older_than="2m") == [job.id for job in made[2:]]


def test_many_jobs_of_the_wrong_age_end_a_page_early_but_never_the_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [old] = factories.queued(world)
    world.clock.forward(hours=2)
    busy = [factories.claimed(world, factories.queued(world, owner="bob")[1][0]) for _ in range(5)]
    world.clock.forward(hours=1)
    for job in busy:
        world.jobs.requeue(job, world.clock.at, world.clock.at)
    monkeypatch.setattr(jobs, "ROWS", 2)
    monkeypatch.setattr(jobs, "CHUNKS", 2)

    pages = walked(world, Search(frozenset({JobStatus.QUEUED}), older_than=moment("30m", world.clock.at)), 20)

    assert pages == [[], [old.id]]


def test_a_lane_is_read_only_as_far_as_it_is_wanted(world: World) -> None:
    failed_jobs(world, 3)

    with watched(world.table.meta.client, "Query") as calls:
        assert len(listed(world, JobStatus.FAILED, limit=1)) == 1

    assert len(calls) == keys.DUE_SHARDS


def test_an_owner_with_very_many_jobs_is_read_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ROWS", 2)
    _, work = factories.queued(world, jobs=5)
    for job in work[1:]:
        factories.canceled(world, job)

    assert walked(world, Search(frozenset({JobStatus.QUEUED}), owner="alice"), 20) == [[work[0].id]]


def test_a_lane_of_very_many_unfinished_jobs_is_read_on_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "shard", lambda id: 4)
    made = []
    for owner in ("alice", "bob", "carol"):
        made.append(factories.queued(world, owner=owner)[1][0].id)
        world.clock.forward(minutes=1)
    monkeypatch.setattr(
        "realstaging.stores.job_index.query_all", lambda table, **query: query_all(table, **query, Limit=1)
    )

    assert [found.id for found in JobIndex(world.table).unfinished()] == made[1::-1], "those that are due first"


def test_a_full_lane_is_read_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realstaging.stores.job_index.LANE_PAGE", 1)
    monkeypatch.setattr(keys, "shard", lambda id: 4)
    made = failed_jobs(world, 3)

    assert listed(world, JobStatus.FAILED) == [job.id for job in made]


def test_the_index_is_behind_and_the_row_decides(world: World) -> None:
    job = in_state(world, JobStatus.QUEUED)
    seen = JobIndex(world.table).unfinished()
    factories.canceled(world, job)

    assert [found.id for found in seen] == [job.id]
    assert not Search(frozenset({JobStatus.QUEUED})).fits(JobIndex(world.table).read(seen)[0])


def test_the_longest_wait_is_known_whatever_else_waits(world: World) -> None:
    factories.waiting(world, owner="carol")
    first = world.clock.at
    factories.queued(world)
    world.clock.forward(minutes=10)
    factories.queued(world)
    started = world.clock.forward(minutes=1)
    factories.processing(world, owner="bob")
    at = world.clock.forward(minutes=1)

    assert search(world).oldest(at) == {JobStatus.QUEUED: first, JobStatus.PROCESSING: started}
    assert search(world).oldest(at).keys() <= {JobStatus.QUEUED, JobStatus.PROCESSING}
