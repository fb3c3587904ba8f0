"""What owners read back: projects, images with their jobs, batches, files and usage."""

from typing import Any

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.events import event
from tests.support.http_client import call
from tests.support.steps import hear, settle, started
from tests.support.world import World


def get(world: World, path: str, **query: str) -> tuple[int, dict[str, Any]]:
    status, body, headers = call(world, "GET", path, query=query)
    assert headers["X-Request-Id"]
    return status, body


def everything(world: World, path: str, **query: str) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        status, page = get(world, path, **query, **cursor)
        assert status == 200
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_a_project_is_made_shown_and_listed(world: World) -> None:
    status, made, _ = call(world, "POST", "/v1/projects", body={"name": "  14 Elm Street "})

    assert (status, made["name"], made["version"]) == (201, "14 Elm Street", 1)
    assert "owner" not in made
    shown = get(world, f"/v1/projects/{made['id']}")[1]
    assert {name: shown[name] for name in made} == made
    assert everything(world, "/v1/projects") == [made["id"]]


def test_lists_are_newest_first_and_every_page_goes_on_where_the_last_one_ended(world: World) -> None:
    made = []
    for _ in range(7):
        world.clock.forward(seconds=1)
        made.append(factories.project(world).id)

    assert everything(world, "/v1/projects", limit="3") == made[::-1]
    assert everything(world, "/v1/projects", limit="7") == made[::-1]
    assert len(get(world, "/v1/projects")[1]["items"]) == 7


@pytest.mark.parametrize("path", ["/v1/projects", "/v1/jobs"])
@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "nonsense"}, {"cursor": "é"}]
)
def test_a_page_nobody_can_give_is_refused(world: World, path: str, query: dict[str, str]) -> None:
    status, problem = get(world, path, **query)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in problem["errors"]] == ["/" + next(iter(query))]


def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(world: World) -> None:
    for _ in range(3):
        world.clock.forward(seconds=1)
        factories.queued(world, owner="bob")
    theirs = call(world, "GET", "/v1/jobs", owner="bob", query={"limit": "1"})[1]["next_cursor"]

    status, page = get(world, "/v1/jobs", cursor=theirs)

    assert (status, page["items"]) == (200, [])


def test_a_projects_images_come_with_their_jobs(world: World) -> None:
    project = factories.project(world)
    groups = factories.planned(world, project, count=3, jobs=2)

    status, page = get(world, f"/v1/projects/{project.id}/images", limit="2")

    assert status == 200
    assert [item["id"] for item in page["items"]] == [groups[2][0].id, groups[1][0].id]
    assert {job["id"] for job in page["items"][0]["jobs"]} == {job.id for job in groups[2][1]}
    assert everything(world, f"/v1/projects/{project.id}/images", limit="1") == [
        image.id for image, _ in reversed(groups)
    ]


def test_jobs_are_found_by_project_batch_and_state(world: World) -> None:
    project = factories.project(world)
    jobs = [job for _, work in factories.planned(world, project, count=2, jobs=2) for job in work]
    world.clock.forward(seconds=1)
    _, [other] = factories.waiting(world)
    factories.canceled(world, jobs[0])
    newest_first = [job.id for job in reversed(jobs)]

    assert everything(world, "/v1/jobs", limit="2") == [other.id, *newest_first]
    assert everything(world, "/v1/jobs", project_id=project.id) == newest_first
    assert everything(world, "/v1/jobs", batch_id=jobs[0].batch_id, limit="3") == newest_first
    assert everything(world, "/v1/jobs", status="canceled") == [jobs[0].id]
    assert everything(world, "/v1/jobs", batch_id=jobs[0].batch_id, status="canceled") == [jobs[0].id]
    assert get(world, "/v1/jobs", status="lost")[0] == 422


def test_the_event_file_of_a_job_request_is_answered(world: World) -> None:
    job = factories.processing(world)

    answer = world.run("jobs_api", event("http-get-job", job_id=job.id, token=world.token("alice")))

    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "application/json"


def test_a_job_shows_what_concerns_its_owner_and_nothing_else(world: World) -> None:
    job = factories.processing(world)

    _, shown = get(world, f"/v1/jobs/{job.id}")

    assert (shown["status"], shown["attempt"], shown["charged"], shown["error"]) == ("processing", 1, False, None)
    assert shown["created_at"].endswith("Z")
    assert not shown.keys() & {"owner", "period", "traceparent", "due_at", "prediction_id", "input", "result_key", "pk"}


def test_a_batch_counts_its_jobs_and_tells_how_it_went(world: World) -> None:
    project = factories.project(world)
    [(_, jobs)] = factories.planned(world, project, jobs=4)
    batch = f"/v1/batches/{jobs[0].batch_id}"

    assert get(world, batch)[1]["status"] == "in_progress"
    for job in jobs[:3]:
        factories.canceled(world, job)
    _, shown = get(world, batch)
    assert (shown["status"], shown["counts"]["canceled"], shown["counts"]["awaiting_upload"]) == ("in_progress", 3, 1)
    world.jobs.close(jobs[3], JobStatus.FAILED, world.clock.at, factories.failure())
    _, shown = get(world, batch)
    assert shown["status"] == "failed"
    assert sum(shown["counts"].values()) == 4
    assert [job["id"] for job in shown["jobs"]] == [job.id for job in jobs]


def test_a_ready_image_has_three_files_and_no_other_has_any(world: World) -> None:
    awaited, _ = factories.waiting(world)
    image, _ = factories.queued(world)

    for variant in ("original", "master", "thumbnail"):
        status, file = get(world, f"/v1/images/{image.id}/file", variant=variant, expires_in="60", download="1")
        assert status == 200
        assert "X-Amz-Signature" in file["url"]
        assert "X-Amz-Expires=60" in file["url"]
        assert "attachment" in file["url"]
    status, problem = get(world, f"/v1/images/{awaited.id}/file")
    assert (status, problem["code"]) == (409, "image_not_ready")
    for wrong in ({"variant": "secret"}, {"expires_in": "59"}, {"expires_in": "3601"}, {"download": "yes"}):
        assert get(world, f"/v1/images/{image.id}/file", **wrong)[0] == 422


def test_a_delivered_job_has_two_files_and_no_other_has_any(world: World) -> None:
    job = started(world)
    status, problem = get(world, f"/v1/jobs/{job.id}/file")
    assert (status, problem["code"]) == (409, "job_not_ready")
    hear(world, job)
    settle(world)

    staged, thumbnail = [get(world, f"/v1/jobs/{job.id}/file", variant=name) for name in ("staged", "thumbnail")]

    assert staged[0] == thumbnail[0] == 200
    assert f"staged/alice/{job.id}/1.jpg" in staged[1]["url"]
    assert f"staged/alice/{job.id}/1-thumbnail.jpg" in thumbnail[1]["url"]
    assert staged[1]["content_type"] == "image/jpeg"


def test_usage_is_what_is_reserved_and_what_was_delivered(world: World) -> None:
    factories.processing(world)
    _, jobs = factories.waiting(world, jobs=3)
    factories.canceled(world, jobs[0])

    status, usage = get(world, "/v1/account/usage")

    assert status == 200
    assert (usage["plan"], usage["used"], usage["remaining"]) == ("free", 3, usage["limit"] - 3)
    assert usage["period_start"] < usage["period_end"]
