"""A wish goes out inside the parts that protect the room, unless its owner gives them up, plainly and for that wish."""

from typing import Any

import pytest

from realstaging.models.jobs import JobStatus
from realstaging.stores import keys
from tests.support import factories
from tests.support.steps import ask, stage
from tests.support.world import World

WISH = "Knock the wall down and put a pool where the kitchen was."
PHOTO: dict[str, Any] = {"filename": "living room.jpg", "content_type": "image/jpeg", "size_bytes": 3_000_000}
AS_IT_IS = {"prompt": WISH, "keep_structure": False}


def restaged(world: World, **settings: Any) -> dict[str, Any]:
    """The one job that such settings make of a photo that is there."""
    image, _ = factories.queued(world, jobs=0)
    status, answer = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image.id, "settings": settings}]})
    assert status == 202, answer
    job: dict[str, Any] = answer["items"][0]["job"]
    return job


def uploaded(world: World, *files: dict[str, Any], **more: Any) -> tuple[int, list[dict[str, Any]]]:
    body = {"project_id": factories.project(world).id, "files": list(files), **more}
    status, answer = ask(world, "POST", "/v1/uploads", body)
    return status, answer["items"]


def told(world: World) -> str:
    """What the model was told last."""
    stage(world)
    prompt: str = world.provider.runs()[-1]["input"]["prompt"]
    return prompt


def test_a_wish_is_wrapped_and_its_job_says_so(world: World) -> None:
    job = restaged(world, prompt=WISH, room_type="kitchen")

    assert job["keep_structure"] is True
    text = told(world)
    assert text.index("What must not change comes first.") < text.index(WISH) < text.index("How to place it:")


def test_a_wish_whose_owner_gives_the_protection_up_is_sent_as_it_is_and_its_job_says_so(world: World) -> None:
    job = restaged(world, **AS_IT_IS, room_type="kitchen", style="modern")

    assert job["keep_structure"] is False
    assert told(world) == WISH
    assert ask(world, "GET", f"/v1/jobs/{job['id']}")[1]["keep_structure"] is False
    assert world.jobs.get("alice", job["id"]).prompt_version == "as sent"


def test_what_was_given_up_stays_given_up_in_a_retry_and_only_there(world: World) -> None:
    job = restaged(world, **AS_IT_IS)
    world.jobs.close(world.jobs.get("alice", job["id"]), JobStatus.FAILED, world.clock.at, factories.failure())
    world.to_stage()

    again = ask(world, "POST", f"/v1/jobs/{job['id']}/retry")[1]

    assert (again["keep_structure"], again["prompt"]) == (False, WISH)
    assert told(world) == WISH
    assert restaged(world, prompt=WISH)["keep_structure"] is True
    assert told(world) != WISH


def test_a_batch_tried_again_keeps_what_each_job_said(world: World) -> None:
    image, _ = factories.queued(world, jobs=0)
    items = [{"image_id": image.id, "settings": AS_IT_IS}, {"image_id": image.id, "settings": {"prompt": WISH}}]
    answer = ask(world, "POST", "/v1/jobs", {"items": items})[1]
    for item in answer["items"]:
        world.jobs.close(
            world.jobs.get("alice", item["job"]["id"]), JobStatus.FAILED, world.clock.at, factories.failure()
        )

    again = ask(world, "POST", f"/v1/batches/{answer['batch_id']}/retry")[1]

    assert [item["job"]["keep_structure"] for item in again["items"]] == [False, True]


def test_keep_structure_is_merged_with_the_defaults(world: World) -> None:
    status, items = uploaded(
        world,
        PHOTO,
        PHOTO | {"settings": {"room_type": "kitchen", "variations": 2}},
        PHOTO | {"settings": {"keep_structure": True}},
        PHOTO | {"settings": {"prompt": "Another wish for this room."}},
        defaults=AS_IT_IS,
    )

    assert status == 201
    kept = [[job["keep_structure"] for job in item["jobs"]] for item in items]
    assert kept == [[False], [False, False], [True], [False]]


def test_the_defaults_may_say_it_for_the_wishes_of_the_photos(world: World) -> None:
    status, items = uploaded(
        world, PHOTO | {"settings": {"prompt": WISH}}, PHOTO, defaults={"keep_structure": False, "style": "modern"}
    )

    assert (status, [item["status"] for item in items]) == (207, [201, 422])
    assert items[0]["jobs"][0]["keep_structure"] is False
    assert [each["pointer"] for each in items[1]["error"]["errors"]] == ["/files/1/settings/keep_structure"]


@pytest.mark.parametrize(
    "settings",
    [
        {"keep_structure": False},
        {"keep_structure": False, "style": "modern"},
        {"keep_structure": False, "prompt": None},
        {"prompt": WISH, "keep_structure": "false"},
        {"prompt": WISH, "keep_structure": 0},
        {"prompt": WISH, "keep_structure": None},
    ],
)
def test_without_a_wish_or_a_plain_false_nothing_is_made_and_the_field_is_named(
    world: World, settings: dict[str, Any]
) -> None:
    image, _ = factories.queued(world, jobs=0)

    status, answer = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image.id, "settings": settings}]})

    assert (status, answer["items"][0]["status"]) == (422, 422)
    [complaint] = answer["items"][0]["error"]["errors"]
    assert complaint["pointer"] == "/items/0/settings/keep_structure"
    assert world.to_stage() == []


def test_a_job_from_before_there_was_a_choice_is_protected(world: World) -> None:
    job = restaged(world, prompt=WISH)
    world.table.update_item(Key=keys.job("alice", job["id"]), UpdateExpression="REMOVE keep_structure")

    assert ask(world, "GET", f"/v1/jobs/{job['id']}")[1]["keep_structure"] is True
    assert told(world) != WISH
