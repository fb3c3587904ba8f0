"""A deleted project is gone at once with everything in it, for its owner, for the books and for what is under way."""

from typing import Any

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.books import check_books
from tests.support.fault_injection import CrashError, before, faulty, watched
from tests.support.steps import arrived, ask, delivered, keyed, purge, purge_everything, rows_of, stage, sweep
from tests.support.world import World

FILE: dict[str, Any] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
SIXTEEN = {"variations": 4, "styles": ["modern", "industrial"] * 2}


@pytest.fixture(autouse=True)
def _as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request deletes for a few seconds; on a slow machine moto needs longer."""
    monkeypatch.setattr("realstaging.projects.deletion.TIME_LIMIT_SECONDS", 600)


@pytest.fixture
def _nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request deletes the project and comes to nothing else."""
    monkeypatch.setattr("realstaging.projects.deletion.ROUNDS", 0)


def warm(world: World) -> None:
    for path in ("/v1/uploads", "/v1/jobs"):
        ask(world, "POST", path, {})


@pytest.mark.usefixtures("_nothing_follows")
def test_nothing_in_it_can_be_read_changed_or_staged(world: World) -> None:
    project = factories.project(world)
    image, [job] = arrived(world, project, jobs=1)
    [(awaited, [waiting])] = factories.planned(world, project, jobs=1)
    done = delivered(world, arrived(world, project, factories.photo(800, 600), jobs=1)[1][0])
    assert ask(world, "DELETE", f"/v1/projects/{project.id}")[0] == 204

    for path in (
        f"/v1/images/{image.id}",
        f"/v1/images/{image.id}/file",
        f"/v1/jobs/{job.id}",
        f"/v1/jobs/{done.id}/file",
        f"/v1/batches/{job.batch_id}",
        f"/v1/projects/{project.id}/images",
    ):
        assert ask(world, "GET", path)[0] == 404, path
    for path in (
        f"/v1/images/{awaited.id}/upload-url",
        f"/v1/jobs/{waiting.id}/cancel",
        f"/v1/jobs/{job.id}/retry",
        f"/v1/batches/{job.batch_id}/cancel",
        f"/v1/batches/{job.batch_id}/retry",
    ):
        assert ask(world, "POST", path)[0] == 404, path
    assert ask(world, "GET", "/v1/jobs")[1]["items"] == []
    assert ask(world, "GET", "/v1/jobs", query={"batch_id": job.batch_id})[1]["items"] == []
    used = world.usage().used
    status, answer = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image.id}]})
    assert (status, answer["items"][0]["error"]["code"]) == (422, "not_found")
    assert world.usage().used == used


@pytest.mark.usefixtures("_nothing_follows")
def test_a_project_deleted_while_its_images_are_staged_again_gets_no_jobs(world: World) -> None:
    project = factories.project(world)
    image, _ = arrived(world, project)
    warm(world)

    with before(world, "TransactWriteItems", lambda: ask(world, "DELETE", f"/v1/projects/{project.id}")):
        status, answer = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image.id}]})

    assert (status, answer["items"][0]["error"]["code"]) == (422, "not_found")
    assert (rows_of(world, "JOB#"), world.usage().used) == ([], 0)


@pytest.mark.usefixtures("_nothing_follows")
def test_a_file_for_it_is_not_taken_in(world: World) -> None:
    project = factories.project(world)
    [(image, _)] = factories.planned(world, project, jobs=1)
    event = factories.uploaded(world, image, factories.photo())
    ask(world, "DELETE", f"/v1/projects/{project.id}")

    world.run("upload_complete", event)

    assert (world.objects(), world.to_stage()) == ([], [])


@pytest.mark.usefixtures("_nothing_follows")
def test_a_job_of_it_is_not_started(world: World) -> None:
    project = factories.project(world)
    _, [job] = arrived(world, project, jobs=1)
    ask(world, "DELETE", f"/v1/projects/{project.id}")

    stage(world)

    found = world.jobs.find("alice", job.id)
    assert found is not None
    assert (found.status, found.attempt) == (JobStatus.QUEUED, 0)


@pytest.mark.usefixtures("_nothing_follows")
@pytest.mark.parametrize("rows", [1, 60])
def test_what_the_request_does_not_come_to_the_purge_ends(world: World, rows: int) -> None:
    project = factories.project(world)
    factories.planned(world, project, count=rows, jobs=1)
    ask(world, "DELETE", f"/v1/projects/{project.id}")

    purge(world, minutes=1)

    assert (rows_of(world, "IMAGE#", "JOB#"), world.usage().used) == ([], 0)


def test_hundreds_of_waiting_jobs_are_given_back_in_few_calls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project(world)
    groups = factories.planned(world, project, count=20, jobs=16, limit=2000)
    monkeypatch.setattr("realstaging.projects.deletion.ROUNDS", 0)
    ask(world, "DELETE", f"/v1/projects/{project.id}")
    assert world.usage().used == 20 * 16 == sum(len(jobs) for _, jobs in groups)

    with watched(world.table.meta.client, "TransactWriteItems") as calls:
        purge(world, minutes=1)

    assert world.usage().used == 0
    assert len(calls) <= 15  # thirty a transaction
    check_books(world.rows())


def test_a_request_that_died_before_its_project_went_is_given_back(world: World) -> None:
    project = factories.project(world)
    warm(world)
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2,)):
        keyed(world, "/v1/uploads", {"project_id": project.id, "files": [FILE] * 4, "defaults": SIXTEEN})
    assert world.usage().used == 64
    world.clock.forward(minutes=1)
    ask(world, "DELETE", f"/v1/projects/{project.id}")
    for _ in range(3):
        purge(world, minutes=1)
    sweep(world, minutes=10)

    assert (world.usage().used, world.usage().reserved) == (0, 0)
    check_books(world.rows())


def test_a_batch_over_two_projects_goes_with_the_last(world: World) -> None:
    one, two = factories.project(world), factories.project(world)
    (a, _), (b, _) = arrived(world, one), arrived(world, two, factories.photo(800, 600))
    batch = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": a.id}, {"image_id": b.id}]})[1]["batch_id"]
    ask(world, "DELETE", f"/v1/projects/{one.id}")
    for _ in range(3):
        purge(world, minutes=1)

    status, shown = ask(world, "GET", f"/v1/batches/{batch}")
    assert (status, shown["project_id"], [job["image_id"] for job in shown["jobs"]]) == (200, two.id, [b.id])
    assert len(ask(world, "GET", "/v1/jobs", query={"batch_id": batch})[1]["items"]) == 1
    assert ask(world, "POST", f"/v1/batches/{batch}/cancel")[1]["status"] == "canceled"
    ask(world, "DELETE", f"/v1/projects/{two.id}")
    purge_everything(world)
    assert rows_of(world, "BATCH#") == []


@pytest.mark.parametrize("minutes", [1, 4])
def test_a_restaging_that_died_is_made_whole_without_the_project_that_went(world: World, minutes: int) -> None:
    one, two = factories.project(world), factories.project(world)
    images = [arrived(world, project)[0] for project in (one, one, one, two, two, two)]
    body = {"items": [{"image_id": image.id} for image in images], "defaults": SIXTEEN}
    warm(world)
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2,)):
        assert keyed(world, "/v1/jobs", body)[0] == 500
    ask(world, "DELETE", f"/v1/projects/{two.id}")
    for _ in range(minutes):
        purge(world, minutes=1)

    assert keyed(world, "/v1/jobs", body)[0] == 202
    for _ in range(2):
        sweep(world, minutes=1)
    for _ in range(5):
        purge(world, minutes=1)

    assert {row["project_id"] for row in world.rows() if row["sk"].startswith("JOB#")} == {one.id}
    assert world.usage().used == 48
    check_books(world.rows())


def test_a_large_image_is_deleted_many_jobs_at_a_time(world: World) -> None:
    image, _ = arrived(world, factories.project(world))
    for _ in range(6):
        ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image.id}] * 2, "defaults": SIXTEEN})
    assert world.usage().used == 192

    with watched(world.table.meta.client, "TransactWriteItems") as calls:
        assert ask(world, "DELETE", f"/v1/images/{image.id}")[0] == 204

    assert len(calls) <= 10
    assert (world.usage().used, rows_of(world, "JOB#")) == (0, [])
