"""POST /v1/jobs: new jobs for images that are there, item by item, sent once and charged for what is made."""

from typing import Any

import pytest

from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import JobStatus
from realstaging.stores.table import Item
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.steps import arrived, ask, rows_of, sweep
from tests.support.world import World

MADE_UP = "img_01M7W2Y7M00TN8T8J0FC1BVBAK"


@pytest.fixture
def overrides(overrides: dict[str, object]) -> dict[str, object]:
    return overrides | {"plans": {"free": {"images_per_month": 200}}}


def restage(world: World, *items: Item, **more: Any) -> tuple[int, dict[str, Any]]:
    return ask(world, "POST", "/v1/jobs", {"items": list(items), **more})


def ready(world: World, owner: str = "alice") -> Image:
    return factories.queued(world, owner=owner, jobs=0)[0]


def test_ready_images_are_staged_again_and_their_messages_sent_once(world: World) -> None:
    one, two = ready(world), ready(world)

    status, answer = restage(
        world,
        {"image_id": one.id, "settings": {"style": "industrial"}},
        {"image_id": two.id, "settings": {"variations": 2, "seed": 7}},
        defaults={"room_type": "bedroom", "styles": ["modern", "traditional"]},
    )

    assert (status, answer["succeeded"], answer["failed"]) == (202, 2, 0)
    asked = [[(job["style"], job["seed"], job["room_type"]) for job in item["jobs"]] for item in answer["items"]]
    assert asked == [
        [("industrial", None, "bedroom")],
        [(style, seed, "bedroom") for style in ("modern", "traditional") for seed in (7, 8)],
    ]
    jobs = [job for item in answer["items"] for job in item["jobs"]]
    assert [item["job"] for item in answer["items"]] == [jobs[0], jobs[1]]
    assert {job["status"] for job in jobs} == {"queued"}
    assert sorted(message["job_id"] for message in world.to_stage()) == sorted(job["id"] for job in jobs)
    assert world.usage().reserved == 5
    batch = ask(world, "GET", f"/v1/batches/{answer['batch_id']}")[1]
    assert [job["id"] for job in batch["jobs"]] == [job["id"] for job in jobs]
    assert batch["counts"]["queued"] == 5
    assert ask(world, "GET", f"/v1/jobs/{jobs[0]['id']}")[1] == jobs[0]


def test_without_any_settings_one_job_in_no_style_is_made(world: World) -> None:
    status, answer = restage(world, {"image_id": ready(world).id})

    assert (status, len(answer["items"][0]["jobs"])) == (202, 1)


def test_one_image_may_stand_in_many_items(world: World) -> None:
    image = ready(world)

    status, answer = restage(
        world, *[{"image_id": image.id, "settings": {"style": style}} for style in ("modern", "industrial", "modern")]
    )

    assert (status, [item["job"]["style"] for item in answer["items"]]) == (202, ["modern", "industrial", "modern"])
    assert len({item["job"]["id"] for item in answer["items"]}) == 3
    assert len(world.to_stage()) == 3


def test_jobs_for_an_image_awaited_start_when_its_file_comes(world: World) -> None:
    image, [first] = factories.waiting(world)

    status, answer = restage(world, {"image_id": image.id, "settings": {"style": "industrial"}})
    later = answer["items"][0]["job"]
    assert (status, later["status"], world.to_stage()) == (202, "awaiting_upload", [])
    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert sorted(message["job_id"] for message in world.to_stage()) == sorted([first.id, later["id"]])
    assert world.jobs.get("alice", later["id"]).status is JobStatus.QUEUED


def test_jobs_for_an_image_whose_file_is_no_photo_fail_with_it(world: World) -> None:
    image, _ = factories.waiting(world)
    [item] = restage(world, {"image_id": image.id})[1]["items"]

    world.run("upload_complete", factories.uploaded(world, image, b"no photo"))

    job = world.jobs.get("alice", item["job"]["id"])
    assert (job.status, job.error and job.error.code) == (JobStatus.FAILED, "unsupported_image_type")
    assert world.usage().used == 0


def test_what_cannot_be_staged_is_told_item_by_item_and_the_others_are_made(world: World) -> None:
    fine, theirs = ready(world), ready(world, "bob")
    rejected, _ = factories.waiting(world)
    world.run("upload_complete", factories.uploaded(world, rejected, b"no photo"))
    deleted = ready(world)
    call(world, "DELETE", f"/v1/images/{deleted.id}")

    status, answer = restage(
        world,
        {"image_id": rejected.id},
        {"image_id": theirs.id},
        {"image_id": MADE_UP},
        {"image_id": fine.id},
        {"image_id": fine.id, "settings": {"style": "baroque"}},
        {"image": fine.id},
        {"image_id": deleted.id},
    )

    assert (status, answer["succeeded"], answer["failed"]) == (207, 1, 6)
    told = [(item["index"], item["status"], (item["error"] or {}).get("code")) for item in answer["items"]]
    assert told == [
        (0, 409, "image_not_ready"),
        (1, 404, "not_found"),
        (2, 404, "not_found"),
        (3, 202, None),
        (4, 422, "validation_failed"),
        (5, 422, "validation_failed"),
        (6, 404, "not_found"),
    ]
    assert answer["items"][1]["error"] == answer["items"][2]["error"]
    assert answer["items"][4]["error"]["errors"][0]["pointer"] == "/items/4/settings/style"
    assert world.usage().used == 1
    assert len(world.to_stage()) == 1


def test_when_no_item_can_be_staged_nothing_is_made(world: World) -> None:
    before = rows_of(world, "JOB#", "BATCH#", "LEDGER#")

    status, answer = restage(world, {"image_id": MADE_UP}, {})

    assert (status, answer["batch_id"], answer["succeeded"], answer["failed"]) == (422, None, 0, 2)
    assert rows_of(world, "JOB#", "BATCH#", "LEDGER#") == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"items": []}, "/items"),
        ({"items": [{"image_id": MADE_UP}] * 51}, "/items"),
        ({"items": [7]}, "/items/0"),
        ({"items": [{"image_id": MADE_UP}], "defaults": {"style": "baroque"}}, "/defaults/style"),
        ({"items": [{"image_id": MADE_UP}], "more": 1}, "/more"),
    ],
)
def test_what_is_wrong_with_the_whole_request_is_pointed_at(world: World, body: Any, pointer: str) -> None:
    status, problem = ask(world, "POST", "/v1/jobs", body)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in problem["errors"]] == [pointer]


@pytest.mark.parametrize("state", ["awaited", "ready"])
def test_the_33rd_job_for_an_image_is_refused_clearly(world: World, state: str) -> None:
    image = ready(world) if state == "ready" else factories.waiting(world, jobs=0)[0]
    sixteen = {"image_id": image.id, "settings": {"variations": 4, "styles": ["modern", "industrial"] * 2}}

    status, answer = restage(world, sixteen, sixteen, {"image_id": image.id})

    assert (status, [item["status"] for item in answer["items"]]) == (207, [202, 202, 409])
    assert answer["items"][2]["error"]["code"] == "too_many_waiting_jobs"
    assert world.usage().used == 32
    again = restage(world, {"image_id": image.id})
    assert again[0] == (422 if state == "awaited" else 202)


def test_what_the_quota_does_not_cover_is_refused_whole(world: World) -> None:
    image = ready(world)
    assert restage(world, *[{"image_id": image.id}] * 17)[0] == 202
    sixteen = {"variations": 4, "styles": ["modern", "industrial"] * 2}

    status, problem = restage(world, *[{"image_id": ready(world).id} for _ in range(12)], defaults=sixteen)

    assert (status, problem["code"]) == (402, "quota_exceeded")
    assert {name: problem[name] for name in ("limit", "used", "remaining", "requested")} == {
        "limit": 200, "used": 17, "remaining": 183, "requested": 192,
    }  # fmt: skip
    assert world.usage().used == 17
    assert len(rows_of(world, "JOB#")) == 17


def test_an_image_that_gets_its_file_meanwhile_is_staged_at_once(world: World) -> None:
    image, _ = factories.waiting(world, jobs=0)
    store, late = world.function("jobs_api").images, [image]

    def get_many(owner: str, ids: Any) -> list[Image]:
        if late:
            world.run("upload_complete", factories.uploaded(world, image, factories.photo()))
            return [late.pop()]
        return world.images.get_many(owner, ids)

    store.get_many = get_many
    status, answer = restage(world, {"image_id": image.id})

    assert (status, answer["items"][0]["job"]["status"]) == (202, "queued")
    assert len(world.to_stage()) == 1
    assert len(rows_of(world, "JOB#")) == 1


def test_an_image_deleted_meanwhile_is_not_found_and_costs_nothing(world: World) -> None:
    image = ready(world)
    store, late = world.function("jobs_api").images, [image]

    def get_many(owner: str, ids: Any) -> list[Image]:
        if late:
            call(world, "DELETE", f"/v1/images/{image.id}")
            return [late.pop()]
        return world.images.get_many(owner, ids)

    store.get_many = get_many
    status, answer = restage(world, {"image_id": image.id})

    assert (status, answer["items"][0]["error"]["code"]) == (422, "not_found")
    assert rows_of(world, "JOB#", "USAGE#", "LEDGER#") == []


def test_a_message_that_could_not_be_sent_is_sent_by_the_sweep(world: World) -> None:
    image, _ = arrived(world, factories.project(world))
    with faulty(world.sqs, "SendMessageBatch", CrashError()):
        assert restage(world, {"image_id": image.id})[0] == 500

    sweep(world, minutes=5)

    assert len(world.to_stage()) == 1
    assert len(rows_of(world, "JOB#")) == 1
    assert world.image(image).status is ImageStatus.READY
