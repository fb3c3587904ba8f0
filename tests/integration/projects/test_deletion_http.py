"""DELETE of projects, images and jobs: gone at once for their owner, unfinished work given back."""

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories, http_client
from tests.support.admin_operations import asked
from tests.support.http_client import call
from tests.support.routes import BODIES
from tests.support.steps import arrived, ask, delivered, finish, in_state, results, rows_of, started
from tests.support.world import World


def gone_everywhere(world: World, **ids: str) -> None:
    """Every route that takes one of these ids answers 404, to administrators too."""
    tries = 0
    for _, method, path in list(http_client.routes(world)):
        for name, id in ids.items():
            if f"<{name}>" in path:
                tries += 1
                by = asked if path.startswith("/v1/admin/") else ask
                status, problem = by(world, method, path.replace(f"<{name}>", id), BODIES.get((method, path)))
                assert (status, problem["code"]) == (404, "not_found"), (method, path)
    assert tries >= 2 * len(ids)


def test_a_deleted_image_and_its_jobs_are_gone_everywhere(world: World) -> None:
    project = factories.project(world)
    image, jobs = arrived(world, project, jobs=2)
    kept, [other] = arrived(world, project, factories.photo(800, 600), jobs=1)

    assert ask(world, "DELETE", f"/v1/images/{image.id}") == (204, {})

    gone_everywhere(world, image_id=image.id)
    gone_everywhere(world, job_id=jobs[0].id)
    listed = ask(world, "GET", f"/v1/projects/{project.id}/images")[1]["items"]
    assert [item["id"] for item in listed] == [kept.id]
    assert [item["id"] for item in ask(world, "GET", "/v1/jobs")[1]["items"]] == [other.id]
    assert ask(world, "GET", f"/v1/batches/{jobs[0].batch_id}")[1]["jobs"] == []
    assert ask(world, "GET", "/v1/jobs", query={"batch_id": jobs[0].batch_id})[1]["items"] == []
    body = {"items": [{"image_id": image.id}]}
    status, answer = ask(world, "POST", "/v1/jobs", body)
    assert (status, answer["items"][0]["error"]["code"]) == (422, "not_found")


@pytest.mark.parametrize("state", ["awaiting_upload", "queued", "processing"])
def test_unfinished_work_is_given_back_with_its_image(world: World, state: str) -> None:
    if state == "awaiting_upload":
        image, [job] = factories.waiting(world)
    else:
        job = factories.processing(world) if state == "processing" else factories.queued(world)[1][0]
        image = world.images.get("alice", job.image_id)

    assert call(world, "DELETE", f"/v1/images/{image.id}")[0] == 204

    assert world.ledger() == {job.id: "released"}
    assert (world.usage().used, world.usage().reserved) == (0, 0)
    called_off = [message["cancel"] for message in world.to_settle()]
    assert called_off == (["run1"] if state == "processing" else [])


def test_a_file_that_comes_for_a_deleted_image_starts_nothing(world: World) -> None:
    image, _ = factories.waiting(world)
    call(world, "DELETE", f"/v1/images/{image.id}")

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert world.to_stage() == []
    assert world.objects("masters/") == world.objects("originals/") == []


@pytest.mark.parametrize("state", list(JobStatus))
def test_a_deleted_job_is_gone_and_the_ledger_stays(world: World, state: JobStatus) -> None:
    job = in_state(world, state)
    used = world.usage().used

    assert ask(world, "DELETE", f"/v1/jobs/{job.id}") == (204, {})

    gone_everywhere(world, job_id=job.id)
    assert world.jobs.find("alice", job.id) is None
    assert world.images.find("alice", job.image_id) is not None
    charged = state is JobStatus.READY
    assert world.ledger() == {job.id: "captured" if charged else "released"}
    assert world.usage().used == (used if charged else 0)
    entries = ask(world, "GET", "/v1/account/ledger")[1]["items"]
    assert [(entry["job_id"], entry["state"]) for entry in entries] == list(world.ledger().items())


def test_the_run_of_a_deleted_job_is_called_off_at_the_provider(world: World) -> None:
    job = started(world, "hang")

    call(world, "DELETE", f"/v1/jobs/{job.id}")

    [order] = world.to_settle()
    assert (order["cancel"], order["job_id"]) == (job.prediction_id, job.id)


def test_a_run_that_was_noted_just_now_is_called_off_too(world: World) -> None:
    job = factories.processing(world, prediction_id=None)
    world.jobs.note_run(job, "run7", due=world.clock.at)

    world.function("jobs_api").deleter.job(job, world.clock.at)

    assert [message["cancel"] for message in world.to_settle()] == ["run7"]


def test_a_result_for_a_deleted_job_is_neither_kept_nor_charged(world: World) -> None:
    job = started(world)
    found = results(world, job)
    call(world, "DELETE", f"/v1/jobs/{job.id}")

    finish(world, found)

    assert world.objects("staged/") == []
    assert world.ledger() == {job.id: "released"}


def test_a_deleted_project_takes_everything_in_it_along(world: World) -> None:
    project, other = factories.project(world), factories.project(world)
    image, jobs = arrived(world, project, jobs=2)
    done = delivered(world, jobs[0])
    kept, _ = arrived(world, other, jobs=1)

    assert ask(world, "DELETE", f"/v1/projects/{project.id}") == (204, {})

    gone_everywhere(world, project_id=project.id)
    gone_everywhere(world, image_id=image.id, job_id=jobs[1].id)
    assert [item["id"] for item in ask(world, "GET", "/v1/projects")[1]["items"]] == [other.id]
    assert rows_of(world, "IMAGE#") == [f"IMAGE#{kept.id}"]
    ledger = world.ledger()
    assert (ledger[done.id], ledger[jobs[1].id]) == ("captured", "released")
    assert (world.usage().used, world.usage().captured) == (2, 1)
    file = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 9}
    assert ask(world, "POST", "/v1/uploads", {"project_id": project.id, "files": [file]})[0] == 404


def test_a_deletion_that_meets_a_change_happens_after_it(world: World) -> None:
    image, [job] = factories.queued(world)
    late_image, late_job = factories.waiting(world)[0], job
    factories.claimed(world, job)
    module = world.function("jobs_api")

    module.deleter.job(late_job, world.clock.at)
    world.images.expect(late_image, world.clock.at, upload_by=world.clock.at, look_again=world.clock.at)
    module.deleter.image(late_image, world.clock.at)

    assert world.jobs.find("alice", job.id) is None
    assert [message["cancel"] for message in world.to_settle()] == ["run1"]
    assert world.images.find("alice", late_image.id) is None
    assert world.images.find("alice", image.id) is not None
    assert set(world.ledger().values()) == {"released"}
