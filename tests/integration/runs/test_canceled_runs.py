"""Runs that were begun and then canceled or deleted: each is paid for and booked, and their number is limited."""

from typing import Any

import pytest

from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys
from tests.support import factories
from tests.support.steps import ask, finish, hear, purge, purge_everything, results, settle, started, told
from tests.support.world import World

LIMIT = 3


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"plans": {"free": {"images_per_month": LIMIT}}}


def cost(world: World, owner: str = "alice") -> tuple[float, int]:
    answer = ask(world, "GET", "/v1/account/cost", owner=owner)[1]
    return float(answer["total_cost_usd"]), answer["job_count"]


def canceled_runs(world: World) -> int:
    row = world.item(keys.usage("alice", keys.month(world.clock.began)))
    return int(row.get("canceled_runs", 0))


def cancel(world: World, job: Job) -> None:
    assert ask(world, "POST", f"/v1/jobs/{job.id}/cancel")[0] == 200


def delete(world: World, job: Job) -> None:
    assert ask(world, "DELETE", f"/v1/jobs/{job.id}")[0] == 204


def delete_image(world: World, job: Job) -> None:
    assert ask(world, "DELETE", f"/v1/images/{job.image_id}")[0] == 204


def delete_project(world: World, job: Job) -> None:
    assert ask(world, "DELETE", f"/v1/projects/{job.project_id}")[0] == 204


def cancel_and_delete(world: World, job: Job) -> None:
    cancel(world, job)
    delete(world, job)


def report(world: World, job: Job) -> list[dict[str, Any]]:
    """The run is called off, and its end is told."""
    settle(world)
    hear(world, job)
    return world.to_settle()


@pytest.mark.parametrize("end", [cancel, delete, delete_image, delete_project, cancel_and_delete])
def test_a_run_that_was_begun_is_booked_and_counted_once(world: World, end: Any) -> None:
    job = started(world, "hang")
    end(world, job)

    heard = report(world, job)
    finish(world, heard)
    finish(world, heard)

    assert cost(world) == (0.03, 1)
    assert canceled_runs(world) == 1
    assert world.usage().used == 0


@pytest.mark.parametrize("end", [cancel, delete])
def test_a_run_that_had_not_begun_is_free_and_does_not_count(world: World, end: Any) -> None:
    job = started(world, "hang")
    end(world, job)

    finish(world, [told(job, 1, "aborted")])

    assert (cost(world), canceled_runs(world)) == ((0.0, 0), 0)


def test_of_a_deleted_job_only_its_own_run_is_booked(world: World) -> None:
    job = started(world, "hang")
    delete(world, job)
    [heard] = report(world, job)

    finish(world, [heard | {"prediction": heard["prediction"] | {"id": "another", "marks": ""}}])

    assert cost(world) == (0.0, 0)


def test_a_result_of_a_deleted_job_is_booked_and_not_delivered(world: World) -> None:
    job = started(world)
    heard = results(world, job)
    delete(world, job)

    finish(world, heard)

    assert (cost(world), canceled_runs(world), world.objects("staged/")) == ((0.03, 1), 1, [])


def test_a_job_that_had_its_result_is_not_booked_again_when_it_is_deleted(world: World) -> None:
    job = started(world)
    heard = results(world, job)
    finish(world, heard)
    delete(world, job)

    finish(world, heard)

    assert (cost(world), canceled_runs(world)) == ((0.03, 1), 0)


def test_when_no_webhook_comes_the_purge_asks_before_it_forgets(world: World) -> None:
    job = started(world, "hang")
    delete(world, job)
    settle(world)

    purge(world, minutes=5)
    settle(world)

    assert cost(world) == (0.03, 1)
    purge_everything(world)
    assert [row for row in world.rows() if row["sk"].startswith("DELETED#")] == []


def test_a_run_that_is_never_told_of_is_forgotten_in_the_end(world: World) -> None:
    job = started(world, "hang")
    delete(world, job)
    world.to_settle()

    for _ in range(12):
        purge(world, minutes=6)
        world.to_settle()

    assert [row for row in world.rows() if row["sk"].startswith("DELETED#")] == []


def begin_and_cancel(world: World, times: int, end: Any = cancel) -> Job:
    job = started(world, "hang")
    for number in range(times):
        if number:
            job = started(world, "hang")
        end(world, job)
        finish(world, report(world, job))
    return job


def restage(world: World, image_id: str) -> tuple[int, Any]:
    return ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image_id}]})


@pytest.mark.parametrize("end", [cancel, delete])
def test_as_many_as_the_plan_includes_may_be_called_off_and_then_no_more_are_begun(world: World, end: Any) -> None:
    image, _ = factories.queued(world)
    begin_and_cancel(world, LIMIT - 1, end)
    assert restage(world, image.id)[0] == 202
    begin_and_cancel(world, 1, end)

    status, problem = restage(world, image.id)

    assert (status, problem["code"], problem["limit"]) == (402, "too_many_canceled_runs", LIMIT)
    upload = {"files": [{"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 10}], "defaults": {}}
    assert ask(world, "POST", "/v1/uploads", upload | {"project_id": image.project_id})[1]["code"] == problem["code"]


def test_what_is_under_way_goes_on(world: World) -> None:
    going = started(world)
    heard = results(world, going)
    begin_and_cancel(world, LIMIT)

    finish(world, heard)

    assert world.job(going).status is JobStatus.READY


def test_closing_the_account_does_not_forget_them(world: World) -> None:
    begin_and_cancel(world, LIMIT - 1)
    started(world, "hang")  # goes with the account, and is called off
    assert ask(world, "DELETE", "/v1/account")[0] == 204
    purge_everything(world)
    world.close()
    world.loaded.clear()

    image, _ = factories.queued(world)

    assert restage(world, image.id)[1]["code"] == "too_many_canceled_runs"
