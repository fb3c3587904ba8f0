"""POST /v1/uploads and fresh forms: item by item, in order, charged for what is made and for nothing else."""

from typing import Any

import pytest

from realstaging.models.images import ImageStatus
from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.http_client import call
from tests.support.world import World

FILE: dict[str, Any] = {"filename": "living room.jpg", "content_type": "image/jpeg", "size_bytes": 3_000_000}


@pytest.fixture
def overrides(overrides: dict[str, object]) -> dict[str, object]:
    return overrides | {"plans": {"free": {"images_per_month": 20}}}


def upload(world: World, *files: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    body = {"project_id": factories.project(world).id, "files": list(files), **more}
    status, answer, headers = call(world, "POST", "/v1/uploads", body=body)
    assert headers["X-Request-Id"]
    return status, answer


def made(world: World) -> list[str]:
    return [row["sk"].split("#")[0] for row in world.rows() if row["sk"].startswith(("IMAGE#", "JOB#", "BATCH#"))]


def test_each_file_gets_an_image_its_jobs_and_a_form(world: World) -> None:
    status, answer = upload(world, FILE, FILE | {"filename": "b.jpg"}, defaults={"styles": ["modern", "industrial"]})

    assert (status, answer["succeeded"], answer["failed"]) == (201, 2, 0)
    assert [item["index"] for item in answer["items"]] == [0, 1]
    for item in answer["items"]:
        image = world.images.get("alice", item["image"]["id"])
        assert (image.status, image.filename) == (ImageStatus.AWAITING_UPLOAD, item["image"]["filename"])
        jobs = [world.jobs.get("alice", job["id"]) for job in item["jobs"]]
        assert [job.style for job in jobs] == ["modern", "industrial"]
        assert {job.status for job in jobs} == {JobStatus.AWAITING_UPLOAD}
        assert {job.batch_id for job in jobs} == {answer["batch_id"]}
        form = item["upload"]
        assert form["method"] == "POST"
        assert form["fields"]["key"] == f"uploads/alice/{image.id}"
        assert form["fields"]["Content-Type"] == "image/jpeg"
    assert world.usage().used == 4


def test_a_file_may_choose_for_itself_or_for_nothing(world: World) -> None:
    status, answer = upload(
        world,
        FILE,
        FILE | {"settings": {"style": "industrial"}},
        FILE | {"settings": {"room_type": "bedroom"}},
        FILE | {"settings": None},
        FILE | {"settings": {"variations": 2, "seed": 41}},
        defaults={"room_type": "kitchen", "styles": ["modern", "traditional"], "seed": 7},
    )

    assert status == 201
    chosen = [[(job["room_type"], job["style"], job["seed"]) for job in item["jobs"] or []] for item in answer["items"]]
    assert chosen == [
        [("kitchen", "modern", 7), ("kitchen", "traditional", 7)],
        [("kitchen", "industrial", 7)],
        [("bedroom", "modern", 7), ("bedroom", "traditional", 7)],
        [],
        [("kitchen", style, seed) for style in ("modern", "traditional") for seed in (41, 42)],
    ]
    assert world.usage().used == 9


def test_files_without_any_settings_are_only_stored(world: World) -> None:
    status, answer = upload(world, FILE)

    assert (status, answer["items"][0]["jobs"]) == (201, [])
    assert world.usage().used == 0


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": (FILE | {"filename": ""}, "/files/1/filename"),
    "a kind nobody can stage": (FILE | {"content_type": "image/gif"}, "/files/1/content_type"),
    "no size": ({name: value for name, value in FILE.items() if name != "size_bytes"}, "/files/1/size_bytes"),
    "too large": (FILE | {"size_bytes": 50 * 2**20 + 1}, "/files/1/size_bytes"),
    "a strange checksum": (FILE | {"sha256": "XYZ"}, "/files/1/sha256"),
    "an unknown style": (FILE | {"settings": {"style": "baroque"}}, "/files/1/settings/style"),
    "an unknown room": (FILE | {"settings": {"room_type": "cellar"}}, "/files/1/settings/room_type"),
    "an unknown model": (FILE | {"settings": {"model": "acme/x"}}, "/files/1/settings/model"),
    "a wish too short": (FILE | {"settings": {"prompt": "plants"}}, "/files/1/settings/prompt"),
    "style said twice": (FILE | {"settings": {"style": "modern", "styles": ["modern"]}}, "/files/1/settings/styles"),
    "one of many styles unknown": (FILE | {"settings": {"styles": ["modern", "x"]}}, "/files/1/settings/styles/1"),
    "too many variations": (FILE | {"settings": {"variations": 5}}, "/files/1/settings/variations"),
    "a seed too large": (FILE | {"settings": {"seed": 2**32}}, "/files/1/settings/seed"),
    "something we know nothing of": (FILE | {"owner": "bob"}, "/files/1/owner"),
    "half a character": (FILE | {"filename": "\ud800.jpg"}, "/files/1/filename"),
}


@pytest.mark.parametrize("kind", BAD)
def test_one_bad_file_is_pointed_at_and_the_others_are_made(world: World, kind: str) -> None:
    bad, pointer = BAD[kind]

    status, answer = upload(world, FILE, bad, FILE, defaults={"style": "modern"})

    assert (status, answer["succeeded"], answer["failed"]) == (207, 2, 1)
    assert [item["status"] for item in answer["items"]] == [201, 422, 201]
    error = answer["items"][1]["error"]
    assert error["code"] == "validation_failed"
    assert [each["pointer"] for each in error["errors"]] == [pointer]
    assert answer["items"][1].get("image") is None
    assert world.usage().used == 2
    assert len(made(world)) == 1 + 2 * 2


def test_when_no_file_is_good_nothing_is_made(world: World) -> None:
    status, answer = upload(world, FILE | {"size_bytes": 0}, {}, defaults={"style": "modern"})

    assert (status, answer["batch_id"], answer["succeeded"], answer["failed"]) == (422, None, 0, 2)
    assert made(world) == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"files": []}, "/files"),
        ({"files": [FILE] * 51}, "/files"),
        ({"files": "many"}, "/files"),
        ({"files": [FILE], "defaults": {"style": "baroque"}}, "/defaults/style"),
        ({"files": [FILE], "defaults": {"color": "red"}}, "/defaults/color"),
        ({"files": [FILE], "more": 1}, "/more"),
        ({"files": [7]}, "/files/0"),
    ],
)
def test_what_is_wrong_with_the_whole_request_is_pointed_at_and_nothing_is_made(
    world: World, body: dict[str, Any], pointer: str
) -> None:
    status, problem, _ = call(world, "POST", "/v1/uploads", body={"project_id": factories.project(world).id} | body)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in problem["errors"]] == [pointer]
    assert made(world) == []


def test_strange_names_of_fields_are_pointed_at_and_no_fault(world: World) -> None:
    status, answer = upload(world, FILE | {"a/b~c": 1}, FILE | {"\ud800": 1})

    assert status == 422
    assert answer["items"][0]["error"]["errors"][0]["pointer"] == "/files/0/a~1b~0c"


def test_fifty_files_come_back_in_their_order(world: World) -> None:
    files = [FILE | {"filename": f"{number}.jpg"} for number in range(50)]

    status, answer = upload(world, *files)

    assert status == 201
    assert [item["image"]["filename"] for item in answer["items"]] == [file["filename"] for file in files]
    ids = [item["image"]["id"] for item in answer["items"]]
    assert ids == sorted(ids)


def test_what_the_quota_does_not_cover_is_refused_whole_with_the_numbers(world: World) -> None:
    assert upload(world, FILE, defaults={"variations": 4, "styles": ["modern"] * 4})[0] == 201
    before = made(world)

    status, problem = upload(world, *[FILE] * 5, defaults={"style": "modern"})

    assert (status, problem["code"]) == (402, "quota_exceeded")
    numbers = {name: problem[name] for name in ("limit", "used", "remaining", "requested")}
    assert numbers == {"limit": 20, "used": 16, "remaining": 4, "requested": 5}
    assert made(world) == before
    assert upload(world, *[FILE] * 4, defaults={"style": "modern"})[0] == 201
    _, usage, _ = call(world, "GET", "/v1/account/usage")
    assert (usage["limit"], usage["used"], usage["remaining"]) == (20, 20, 0)


def test_a_fresh_form_is_given_while_the_file_is_awaited(world: World) -> None:
    image, _ = factories.waiting(world)
    world.clock.forward(hours=23, minutes=30)

    status, form, _ = call(world, "POST", f"/v1/images/{image.id}/upload-url")

    assert (status, form["method"]) == (200, "POST")
    assert form["fields"]["key"] == f"uploads/alice/{image.id}"
    assert world.image(image).upload_by > image.upload_by
    world.clock.forward(minutes=45)
    assert world.image(image).status is ImageStatus.AWAITING_UPLOAD


def test_no_form_is_given_for_a_photo_that_is_there(world: World) -> None:
    image, _ = factories.queued(world)

    status, problem, _ = call(world, "POST", f"/v1/images/{image.id}/upload-url")

    assert (status, problem["code"]) == (409, "image_not_awaiting_upload")


def test_a_photo_that_arrives_while_a_form_is_asked_for_is_a_conflict_and_no_fault(world: World) -> None:
    image, jobs = factories.waiting(world)
    client = world.table.meta.client

    def arrives_first(**_: object) -> None:
        client.meta.events.unregister("before-call.dynamodb.UpdateItem", arrives_first)
        world.images.accept(image, jobs, world.clock.at, factories.FACTS, look_again=world.clock.at)

    world.function("upload_urls").gate(f"Bearer {world.token('alice')}")  # the user's row is there
    client.meta.events.register_first("before-call.dynamodb.UpdateItem", arrives_first)
    status, problem, _ = call(world, "POST", f"/v1/images/{image.id}/upload-url")

    assert status == 409
    assert problem["code"] in ("image_not_awaiting_upload", "version_conflict", "conflict")
