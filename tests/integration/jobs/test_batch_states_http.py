"""What a batch tells: photos without jobs, jobs that were never made, places of jobs that were canceled."""

from typing import Any

from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.steps import ask, keyed, sweep
from tests.support.world import World

FILE: dict[str, Any] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
SIXTEEN = {"variations": 4, "styles": ["modern", "industrial"] * 2}


def upload_only(world: World, count: int = 2) -> dict[str, Any]:
    body = {"project_id": factories.project(world).id, "files": [FILE | {"settings": None}] * count}
    return ask(world, "POST", "/v1/uploads", body)[1]


def status_of(world: World, batch: str) -> str:
    return str(ask(world, "GET", f"/v1/batches/{batch}")[1]["status"])


def test_photos_without_jobs_make_a_batch_ready_once_they_are_there(world: World) -> None:
    made = upload_only(world)
    seen = [status_of(world, made["batch_id"])]
    for item in made["items"]:
        image = world.images.get("alice", item["image"]["id"])
        world.run("upload_complete", factories.uploaded(world, image, factories.photo()))
        seen.append(status_of(world, made["batch_id"]))

    assert seen == ["in_progress", "in_progress", "ready"]


def test_photos_that_never_came_fail_their_batch(world: World) -> None:
    made = upload_only(world)
    image = world.images.get("alice", made["items"][0]["image"]["id"])
    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))
    sweep(world, hours=25)

    assert status_of(world, made["batch_id"]) == "partial"


def test_a_batch_whose_request_died_says_how_many_jobs_were_never_made(world: World) -> None:
    ask(world, "POST", "/v1/uploads", {})
    body = {"project_id": factories.project(world).id, "files": [FILE] * 4, "defaults": SIXTEEN}
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2,)):
        keyed(world, "/v1/uploads", body)
    [batch] = [row["id"] for row in world.rows() if row["sk"].startswith("BATCH#")]
    shown = ask(world, "GET", f"/v1/batches/{batch}")[1]
    assert (shown["status"], shown["missing_jobs"]) == ("in_progress", 0)

    sweep(world, minutes=6)

    shown = ask(world, "GET", f"/v1/batches/{batch}")[1]
    made = len(shown["jobs"])
    assert (shown["missing_jobs"], world.usage().used) == (64 - made, made)
    assert ask(world, "POST", f"/v1/batches/{batch}/cancel")[1]["status"] == "failed"


def test_canceled_jobs_leave_their_places_at_an_awaited_photo(world: World) -> None:
    [(image, _)] = factories.planned(world, factories.project(world), jobs=0)
    for _ in range(4):
        body = {"items": [{"image_id": image.id, "settings": SIXTEEN}]}
        status, answer = ask(world, "POST", "/v1/jobs", body)
        assert status == 202
        assert ask(world, "POST", f"/v1/batches/{answer['batch_id']}/cancel")[1]["status"] == "canceled"
    for _ in range(2):
        status, answer = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image.id, "settings": SIXTEEN}]})
        assert status == 202

    refused = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image.id}]})[1]

    assert refused["items"][0]["error"]["code"] == "too_many_waiting_jobs"
    assert len(world.image(image).waiting_jobs) == 32


def test_every_filter_counts_alone_together_and_within_a_batch(world: World) -> None:
    image, jobs = factories.queued(world, jobs=2, order={"style": "modern", "room_type": "bedroom"})
    other, [third] = factories.queued(world, order={"style": "industrial", "room_type": "bedroom"})

    def found(**query: str) -> list[str]:
        return sorted(job["id"] for job in ask(world, "GET", "/v1/jobs", query=query)[1]["items"])

    mine = sorted(job.id for job in jobs)
    assert found(style="modern") == found(image_id=image.id) == mine
    assert found(room_type="bedroom") == sorted([*mine, third.id])
    assert found(style="industrial", room_type="bedroom", status="queued") == [third.id]
    assert found(style="industrial", room_type="bathroom") == []
    assert found(batch_id=third.batch_id, style="industrial") == [third.id]
    assert found(batch_id=third.batch_id, style="modern") == found(batch_id=third.batch_id, image_id=image.id) == []
    assert found(project_id=other.project_id, style="industrial") == [third.id]


def test_an_image_with_very_many_jobs_is_listed_with_its_newest(world: World) -> None:
    image, _ = factories.queued(world, jobs=1)
    [row] = [row for row in world.rows() if row["sk"].startswith("JOB#")]
    for number in range(130):
        id = f"job_{number:026}"
        keys = {"sk": f"JOB#{id}", "gsi1sk": f"IMAGE#{image.id}#JOB#{id}"}
        world.table.put_item(Item=row | keys | {"id": id, "prompt": "\U00020000" * 2000})

    status, page = ask(world, "GET", f"/v1/projects/{image.project_id}/images")

    assert status == 200
    [shown] = page["items"]
    assert len(shown["jobs"]) == 100
    assert len(str(page).encode()) < 6_000_000
    for line in [row for row in world.rows() if row["sk"].startswith("JOB#job_0000")]:
        world.table.delete_item(Key={"pk": line["pk"], "sk": line["sk"]})
