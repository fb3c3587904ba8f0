"""POST /v1/jobs with more jobs than one transaction holds: made whole, whatever happens between two of them."""

from typing import Any

import pytest

from realstaging.models.images import Image
from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.steps import ask, rows_of, sweep
from tests.support.world import World


def many(world: World, *, awaited: bool = False) -> tuple[list[Image], dict[str, Any]]:
    """A request that no single transaction holds: 3 images with 16 jobs each."""
    project = factories.project(world)
    groups = factories.planned(world, project, count=3, jobs=0)
    if not awaited:
        for image, _ in groups:
            world.images.accept(image, [], world.clock.at, factories.FACTS, look_again=world.clock.at)
    images = [world.image(image) for image, _ in groups]
    wish = {"variations": 4, "styles": ["modern", "industrial"] * 2}
    return images, {"items": [{"image_id": image.id} for image in images], "defaults": wish}


@pytest.mark.parametrize("awaited", [False, True], ids=["ready", "awaited"])
def test_what_no_single_transaction_holds_is_made_whole(world: World, awaited: bool) -> None:
    images, body = many(world, awaited=awaited)

    status, answer = ask(world, "POST", "/v1/jobs", body)

    assert (status, answer["succeeded"]) == (202, 3)
    assert len(rows_of(world, "JOB#")) == 48
    assert len(world.to_stage()) == (0 if awaited else 48)
    assert [len(world.image(image).waiting_jobs) for image in images] == [16 * awaited] * 3


@pytest.mark.parametrize("what", ["comes", "goes", "is bad", "gets more jobs"])
def test_an_image_that_changes_between_two_transactions_changes_nothing_for_the_others(world: World, what: str) -> None:
    images, body = many(world, awaited=True)
    last = images[-1]
    table = world.table.meta.client
    happened: list[str] = []

    def meanwhile(**_: Any) -> None:
        """After the first transaction."""
        if happened or not rows_of(world, "BATCH#", "JOB#")[1:]:
            return
        happened.append(what)
        if what == "goes":
            call(world, "DELETE", f"/v1/images/{last.id}")
        elif what == "gets more jobs":
            world.images.expect(last, world.clock.at, upload_by=last.upload_by, look_again=world.clock.at)
        else:
            photo = factories.photo() if what == "comes" else b"no photo"
            world.run("upload_complete", factories.uploaded(world, last, photo))

    table.meta.events.register("after-call.dynamodb.TransactWriteItems", meanwhile)
    try:
        status, answer = ask(world, "POST", "/v1/jobs", body)
    finally:
        table.meta.events.unregister("after-call.dynamodb.TransactWriteItems", meanwhile)
    sweep(world, minutes=6)

    assert happened
    assert status == 202
    ids = [job["id"] for item in answer["items"] for job in item["jobs"]]
    assert set(world.ledger()) == set(ids), "no job is made twice, none is missing"
    states = [job.status for job in world.jobs.get_many("alice", ids)]
    assert states[:32] == [JobStatus.AWAITING_UPLOAD] * 32
    expected = {"comes": "queued", "gets more jobs": "awaiting_upload"}.get(what, "failed")
    assert set(states[32:]) == {expected}
    assert {message["job_id"] for message in world.to_stage()} == (set(ids[32:]) if what == "comes" else set())
    assert world.usage().used == (48 if what in ("comes", "gets more jobs") else 32)


def test_a_request_that_dies_half_way_gives_back_what_it_had_not_made(world: World) -> None:
    _, body = many(world)
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2 + 1,)):
        assert ask(world, "POST", "/v1/jobs", body)[0] == 500
    made = len(rows_of(world, "JOB#"))
    assert 0 < made < 48

    sweep(world, minutes=6)

    assert world.usage().used == made
    assert {message["job_id"] for message in world.to_stage()} == {sort[4:] for sort in rows_of(world, "JOB#")}
