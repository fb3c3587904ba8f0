"""A pair of pictures is checked without a job: uploaded for it, or from what is there; once, whatever comes twice."""

import io
import json
from typing import Any

import pytest
from PIL import Image

from realstaging.gateways.media import original_key, pair_key
from realstaging.imaging.checks.check import check
from realstaging.models.verifications import Verification
from tests.support import factories, rooms
from tests.support.events import event, together
from tests.support.fault_injection import before
from tests.support.http_client import call
from tests.support.steps import delivery, failures, finish, results, stage, sweep
from tests.support.world import World

ROOM = rooms.room(3)
PHOTO = rooms.encoded(ROOM.image, 92)
FURNISHED = rooms.encoded(rooms.furnished(ROOM.image), 92)
FILE = {"filename": "room.jpg", "content_type": "image/jpeg", "size_bytes": 1000}


def create(world: World, **changes: Any) -> dict[str, Any]:
    body = {"original": FILE, "altered": FILE} | changes
    status, answer, _ = call(world, "POST", "/v1/verifications", body=body)
    assert status == 201, answer
    return dict(answer)


def upload(world: World, verification: dict[str, Any], **files: bytes) -> dict[str, Any]:
    """The files arrive, and S3 tells the queue of each. Returns what the function answers."""
    told = []
    for part, data in files.items():
        key = pair_key("alice", verification["id"], part)
        world.s3.put_object(Bucket="media", Key=key, Body=data)
        record = {"eventSource": "aws:s3", "s3": {"bucket": {"name": "media"}, "object": {"key": key}}}
        told.append({"Records": [record]})
    answer: dict[str, Any] = world.run("verify_pictures", delivery("sqs-verify-queue", told))
    return answer


def read(world: World, verification: dict[str, Any], owner: str = "alice") -> dict[str, Any]:
    status, answer, _ = call(world, "GET", f"/v1/verifications/{verification['id']}", owner=owner)
    assert status == 200, answer
    return dict(answer)


def verify_queued(world: World) -> Any:
    return world.run("verify_pictures", delivery("sqs-verify-queue", world.to_verify()))


def test_two_uploaded_files_are_checked_and_removed(world: World) -> None:
    made = create(world)
    assert (made["status"], made["report"]) == ("awaiting_upload", None)
    assert set(made["uploads"]) == {"original", "altered"}

    upload(world, made, original=PHOTO)
    assert read(world, made)["status"] == "awaiting_upload"
    upload(world, made, altered=FURNISHED)

    found = read(world, made)
    assert (found["status"], found["report"]["verdict"], found["error"]) == ("ready", "pass", None)
    assert found["version"] > made["version"]
    assert world.objects("pairs/") == []
    status, file, _ = call(world, "GET", f"/v1/verifications/{made['id']}/file")
    assert (status, file["content_type"]) == (200, "image/jpeg")
    assert world.objects("overlays/") == [f"overlays/alice/{made['id']}.jpg"]


def test_the_score_is_that_of_the_method(world: World) -> None:
    altered = rooms.encoded(rooms.painted_out(ROOM.image, ROOM.window), 92)
    made = create(world)
    upload(world, made, original=PHOTO, altered=altered)

    expected = check(picture(PHOTO), picture(altered), "staging").to_json()
    found = read(world, made)["report"]
    assert (found["score"], found["verdict"]) == (expected["score"], "fail")
    assert found["reasons"] == expected["reasons"]


def picture(data: bytes) -> Any:

    return Image.open(io.BytesIO(data)).convert("RGB")


def test_a_result_is_checked_against_its_photo_without_an_upload(world: World) -> None:
    image, [job] = factories.queued(world)
    world.media.put_once(original_key("alice", str(image.sha256)), factories.photo(), "image/jpeg")
    world.provider.script("succeed")
    stage(world) or world.run("stage_image", factories.to_start(job))
    finish(world, results(world, job))
    made = create(world, original={"image_id": image.id}, altered={"job_id": job.id})
    assert (made["status"], made["uploads"]) == ("processing", {"original": None, "altered": None})

    verify_queued(world)

    assert read(world, made)["status"] == "ready"
    assert world.usage().used == 1, "a verification costs nothing"


def test_messages_that_come_twice_change_nothing(world: World) -> None:
    made = create(world)
    upload(world, made, original=PHOTO, altered=FURNISHED)
    before = world.rows()

    upload(world, made, original=PHOTO, altered=FURNISHED)

    assert world.rows() == before
    assert world.objects("pairs/") == [], "a file that comes late is removed"


def test_what_s3_says_once_about_its_queue_is_no_file(world: World) -> None:
    told = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "media"}
    assert failures(world.run("verify_pictures", delivery("sqs-verify-queue", [told]))) == []


def test_a_file_that_is_no_picture_fails_with_words_that_say_which(world: World) -> None:
    made = create(world)
    upload(world, made, original=PHOTO, altered=b"%PDF-1.7 no picture")

    found = read(world, made)
    assert (found["status"], found["error"]["code"]) == ("failed", "unsupported_image_type")
    assert found["error"]["detail"].startswith("The altered: ")
    assert world.objects("pairs/") == []
    assert call(world, "GET", f"/v1/verifications/{made['id']}/file")[1]["code"] == "verification_not_ready"


def test_files_that_never_come_end_it_after_an_hour(world: World) -> None:
    made = create(world)
    upload(world, made, original=PHOTO)

    sweep(world, minutes=4)
    verify_queued(world)
    assert read(world, made)["status"] == "awaiting_upload"
    sweep(world, minutes=70)
    verify_queued(world)

    found = read(world, made)
    assert (found["status"], found["error"]["code"]) == ("failed", "upload_expired")
    assert world.objects("pairs/") == []
    assert sweep(world, minutes=70)["looked"] == 0


def test_an_upload_event_that_was_lost_is_made_up_for(world: World) -> None:
    made = create(world)
    for part, data in (("original", PHOTO), ("altered", FURNISHED)):
        world.s3.put_object(Bucket="media", Key=pair_key("alice", made["id"], part), Body=data)

    sweep(world, minutes=4)
    verify_queued(world)

    assert read(world, made)["status"] == "ready"


def test_a_message_that_was_lost_is_made_up_for(world: World) -> None:
    image, _ = factories.queued(world)
    world.media.put_once(original_key("alice", str(image.sha256)), PHOTO, "image/jpeg")
    made = create(world, original={"image_id": image.id}, altered={"image_id": image.id}, mode="enhancement")
    world.to_verify()  # lost

    sweep(world, minutes=4)
    verify_queued(world)

    assert read(world, made)["report"]["reasons"] == ["near_identical"]


def test_a_picture_that_is_deleted_meanwhile_is_not_looked_at(world: World) -> None:
    image, _ = factories.queued(world)
    world.media.put_once(original_key("alice", str(image.sha256)), PHOTO, "image/jpeg")
    made = create(world, original={"image_id": image.id}, altered={"image_id": image.id})
    assert call(world, "DELETE", f"/v1/images/{image.id}")[0] == 204

    verify_queued(world)

    found = read(world, made)
    assert (found["status"], found["error"]["code"]) == ("failed", "not_found")


def test_an_overlay_shows_no_room_that_was_deleted(world: World) -> None:
    image, _ = factories.queued(world)
    world.media.put_once(original_key("alice", str(image.sha256)), PHOTO, "image/jpeg")
    made = create(world, original={"image_id": image.id})
    upload(world, made, altered=FURNISHED)
    assert call(world, "GET", f"/v1/verifications/{made['id']}/file")[0] == 200
    assert call(world, "DELETE", f"/v1/images/{image.id}")[0] == 204

    assert call(world, "GET", f"/v1/verifications/{made['id']}/file")[0] == 404
    assert read(world, made)["report"]["verdict"] == "pass"


def test_of_others_nothing_is_told(world: World) -> None:
    image, _ = factories.queued(world, owner="alice")
    made = create(world)
    factories.user(world, "bob")

    assert call(world, "GET", f"/v1/verifications/{made['id']}", owner="bob")[0] == 404
    status, problem, _ = call(
        world, "POST", "/v1/verifications", body={"original": {"image_id": image.id}, "altered": FILE}, owner="bob"
    )
    assert (status, problem["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"original": {}}, "/original"),
        ({"original": {"image_id": "img_1"} | FILE}, "/original"),
        ({"original": {"filename": "a.jpg"}}, "/original"),
        ({"original": {"job_id": "job_1"}}, "/original/job_id"),
        ({"altered": {"job_id": "job_1", "image_id": "img_1"}}, "/altered"),
        ({"altered": FILE | {"size_bytes": 10**9}}, "/altered/size_bytes"),
        ({"altered": FILE | {"content_type": "application/pdf"}}, "/altered/content_type"),
        ({"mode": "renovation"}, "/mode"),
    ],
)
def test_what_cannot_be_verified_is_refused_with_a_pointer(world: World, changes: Any, pointer: str) -> None:
    body = {"original": FILE, "altered": FILE} | changes
    status, problem, _ = call(world, "POST", "/v1/verifications", body=body)
    assert (status, problem["code"]) == (422, "validation_failed")
    assert pointer in [each["pointer"] for each in problem["errors"]]


def test_an_image_without_a_file_cannot_be_verified(world: World) -> None:
    image, _ = factories.waiting(world)
    status, problem, _ = call(
        world, "POST", "/v1/verifications", body={"original": {"image_id": image.id}, "altered": FILE}
    )
    assert (status, problem["code"]) == (409, "image_not_ready")


def test_a_repeat_gives_the_first_answer(world: World) -> None:
    body = {"original": FILE, "altered": FILE}
    first = call(world, "POST", "/v1/verifications", body=body, headers={"idempotency-key": "k1"})
    again = call(world, "POST", "/v1/verifications", body=body, headers={"idempotency-key": "k1"})

    assert again[:2] == first[:2]
    assert len([row for row in world.rows() if row["sk"].startswith("VERIFICATION#")]) == 1


def test_after_seven_days_it_is_gone(world: World) -> None:
    made = create(world)
    upload(world, made, original=PHOTO, altered=FURNISHED)
    world.clock.forward(days=7, minutes=1)

    assert call(world, "GET", f"/v1/verifications/{made['id']}")[0] == 404


def test_changes_are_told_to_open_sockets(world: World) -> None:
    made = create(world)
    [old] = [row for row in world.rows() if row["sk"].startswith("VERIFICATION#")]
    upload(world, made, original=PHOTO, altered=FURNISHED)
    [new] = [row for row in world.rows() if row["sk"].startswith("VERIFICATION#")]
    module = world.function("push_status")

    message = module.announcement(new, old, world.clock.at, live=module.live, counters=module.counters)

    told = json.loads(message)
    assert told["type"] == "verification.updated"
    assert told["verification"] == read(world, made)
    assert "owner" not in told["verification"]
    assert Verification.model_validate(new).report is not None


def test_a_pair_that_crashes_every_try_is_given_up_after_an_hour(world: World) -> None:
    image, _ = factories.queued(world)
    world.media.put_once(original_key("alice", str(image.sha256)), PHOTO, "image/jpeg")
    made = create(world, original={"image_id": image.id}, altered={"image_id": image.id})
    world.to_verify()  # taken, and never handled to the end

    sweep(world, minutes=61)
    verify_queued(world)

    found = read(world, made)
    assert (found["status"], found["error"]["code"]) == ("failed", "internal_error")
    [row] = [row for row in world.rows() if row["sk"].startswith("VERIFICATION#")]
    assert {"due_at", "gsi2pk"} & set(row) == set(), "the sweep sees no more of it"


def test_of_two_workers_at_once_one_writes_the_report(world: World) -> None:
    made = create(world)
    upload(world, made, original=PHOTO)
    with before(world, "UpdateItem", lambda: upload(world, made, altered=FURNISHED)):
        answer = upload(world, made, altered=FURNISHED)

    assert failures(answer) == []
    found = read(world, made)
    assert (found["status"], found["version"]) == ("ready", 3)


def test_a_file_that_is_gone_when_it_is_read_fails_with_words(world: World) -> None:
    image, _ = factories.queued(world)  # a row whose original was never written
    made = create(world, original={"image_id": image.id}, altered={"image_id": image.id})

    verify_queued(world)

    found = read(world, made)
    assert (found["status"], found["error"]["code"]) == ("failed", "not_found")
    assert found["error"]["detail"].startswith("The original: ")


def test_the_same_request_at_once_creates_one(world: World) -> None:
    body, answers = {"original": FILE, "altered": FILE}, list[Any]()

    def other() -> None:
        answers.append(call(world, "POST", "/v1/verifications", body=body, headers={"idempotency-key": "k2"}))

    with before(world, "TransactWriteItems", other):
        answers.append(call(world, "POST", "/v1/verifications", body=body, headers={"idempotency-key": "k2"}))

    assert [status for status, _, _ in answers] == [201, 201]
    assert answers[0][1]["id"] == answers[1][1]["id"]
    assert len([row for row in world.rows() if row["sk"].startswith("VERIFICATION#")]) == 1


def test_its_event_is_the_one_that_is_sent(world: World) -> None:
    assert failures(world.run("verify_pictures", together(event("sqs-verify-queue")))) == []
