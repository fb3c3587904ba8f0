"""An uploaded photo: taken in once, whatever S3 does, and its jobs set going."""

import hashlib
import io
import itertools

import pytest
from PIL import Image as Pillow

from realstaging.gateways.media import master_key, original_key, thumbnail_key, upload_key
from realstaging.gateways.queues import QueueRefusedError
from realstaging.imaging import encoding
from realstaging.models.images import ImageStatus
from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.events import event, together
from tests.support.fault_injection import CrashError, faulty
from tests.support.pictures import encoded, opened, quarters, room
from tests.support.world import World


def stored(world: World, key: str) -> bytes:
    data: bytes = world.s3.get_object(Bucket="media", Key=key)["Body"].read()
    return data


def test_a_good_photo_is_kept_and_its_jobs_are_queued_and_sent(world: World) -> None:
    image, jobs = factories.waiting(world, jobs=2)
    data = factories.photo(1200, 900)
    arrival = factories.uploaded(world, image, data)

    world.run("upload_complete", arrival)

    now = world.image(image)
    assert (now.status, now.width, now.height, now.size_bytes) == (ImageStatus.READY, 1200, 900, len(data))
    assert now.sha256 == hashlib.sha256(data).hexdigest()
    assert stored(world, original_key("alice", now.sha256)) == data
    assert opened(stored(world, master_key("alice", image.id))).size == (now.master_width, now.master_height)
    assert max(opened(stored(world, thumbnail_key("alice", image.id))).size) == 512
    assert world.objects("uploads/") == []
    assert {world.job(job).status for job in jobs} == {JobStatus.QUEUED}
    messages = world.to_stage()
    assert [message["job_id"] for message in messages] == [job.id for job in jobs]
    assert {message["traceparent"] for message in messages} == {factories.TRACE}


def test_the_same_event_twice_changes_nothing_more(world: World) -> None:
    image, _ = factories.waiting(world)
    arrival = factories.uploaded(world, image, factories.photo())
    world.run("upload_complete", arrival)
    before, objects = world.rows(), world.objects()
    world.to_stage()

    world.run("upload_complete", arrival)
    world.run("upload_complete", together(arrival, arrival))

    assert (world.rows(), world.objects(), world.to_stage()) == (before, objects, [])


def test_the_photo_lands_again_after_it_was_taken_in_and_nothing_moves(world: World) -> None:
    image, _ = factories.waiting(world)
    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))
    before, sha = world.rows(), world.image(image).sha256

    world.run("upload_complete", factories.uploaded(world, image, factories.photo(900, 900)))

    assert world.rows() == before
    assert world.image(image).sha256 == sha


def test_an_event_for_nothing_is_harmless(world: World) -> None:
    image, [job] = factories.waiting(world)

    world.run("upload_complete", event("s3-object-created", owner="alice", image_id=image.id))
    world.run("upload_complete", event("s3-object-created", owner="alice", image_id="img_unknown"))
    world.run("upload_complete", event("s3-object-created", owner="bob", image_id=image.id))
    strange = event("s3-object-created")
    strange["Records"][0]["s3"]["object"]["key"] = "uploads/alice/a/b"
    world.run("upload_complete", strange)

    assert world.job(job) == job
    assert world.image(image) == image


def test_an_event_after_the_upload_has_expired_revives_nothing(world: World) -> None:
    image, jobs = factories.waiting(world)
    world.clock.forward(hours=25)
    world.run("sweep", event("schedule-sweep"))
    before = world.rows()

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert world.rows() == before
    assert world.image(image).status is ImageStatus.EXPIRED
    assert world.job(jobs[0]).status is JobStatus.FAILED
    assert world.to_stage() == []


def test_an_upload_without_jobs_is_taken_in_and_nothing_sent(world: World) -> None:
    image, _ = factories.waiting(world, jobs=0)

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert world.image(image).status is ImageStatus.READY
    assert world.to_stage() == []


def test_a_job_canceled_before_the_photo_came_is_left_out(world: World) -> None:
    image, jobs = factories.waiting(world, jobs=2)
    factories.canceled(world, jobs[0])

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert [message["job_id"] for message in world.to_stage()] == [jobs[1].id]
    assert world.job(jobs[0]).status is JobStatus.CANCELED


def test_a_job_canceled_while_the_photo_is_taken_in_stays_canceled(world: World) -> None:
    image, jobs = factories.waiting(world, jobs=2)
    arrival = factories.uploaded(world, image, factories.photo())
    client = world.table.meta.client

    def cancel_first(**_: object) -> None:
        client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", cancel_first)
        factories.canceled(world, jobs[0])

    client.meta.events.register_first("before-call.dynamodb.TransactWriteItems", cancel_first)
    world.run("upload_complete", arrival)

    assert world.image(image).status is ImageStatus.READY
    assert [message["job_id"] for message in world.to_stage()] == [jobs[1].id]
    assert world.job(jobs[0]).status is JobStatus.CANCELED


def test_messages_lost_after_the_transaction_are_sent_by_the_sweep(world: World) -> None:
    image, [job] = factories.waiting(world)
    arrival = factories.uploaded(world, image, factories.photo())
    lost = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}], "Successful": []}

    with faulty(world.sqs, "SendMessageBatch", lost), pytest.raises(QueueRefusedError):
        world.run("upload_complete", arrival)
    world.run("upload_complete", arrival)  # Lambda tries an event again

    assert world.job(job).status is JobStatus.QUEUED
    assert world.to_stage() == []
    world.clock.forward(minutes=5)
    world.run("sweep", event("schedule-sweep"))
    assert [message["job_id"] for message in world.to_stage()] == [job.id]


@pytest.mark.parametrize(("call", "dies_at"), [("CopyObject", 1), ("PutObject", 1), ("PutObject", 2)])
def test_a_crash_while_the_files_are_written_is_made_up_for(world: World, call: str, dies_at: int) -> None:
    image, [job] = factories.waiting(world)
    arrival = factories.uploaded(world, image, factories.photo())

    with faulty(world.s3, call, CrashError(), at=(dies_at,)), pytest.raises(CrashError):
        world.run("upload_complete", arrival)
    assert world.image(image) == image
    world.run("upload_complete", arrival)

    assert world.image(image).status is ImageStatus.READY
    assert [message["job_id"] for message in world.to_stage()] == [job.id]
    assert len(world.objects()) == 3


@pytest.mark.parametrize("dies_at", [1, 2], ids=["master", "thumbnail"])
def test_memory_that_runs_out_while_a_file_is_made_is_made_up_for(
    world: World, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    image, [job] = factories.waiting(world)
    arrival = factories.uploaded(world, image, factories.photo())
    jpeg, calls = encoding.jpeg, itertools.count(1)

    def runs_out(picture: Pillow.Image, quality: int) -> bytes:
        if next(calls) == dies_at:
            raise MemoryError
        return jpeg(picture, quality)

    monkeypatch.setattr(encoding, "jpeg", runs_out)
    with pytest.raises(MemoryError):
        world.run("upload_complete", arrival)
    assert world.image(image) == image
    world.run("upload_complete", arrival)

    assert world.image(image).status is ImageStatus.READY
    assert [message["job_id"] for message in world.to_stage()] == [job.id]
    assert len(world.objects()) == 3


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("image/png", "image/png"),
        ("image/webp", "image/webp"),
        ("image/heic", "image/heic"),
        ("image/heif", "image/heic"),
    ],
)
def test_every_kind_of_photo_is_taken_in(world: World, declared: str, kind: str) -> None:
    image, _ = factories.waiting(world, content_type=declared)
    data = encoded(room(640, 520), kind)

    world.run("upload_complete", factories.uploaded(world, image, data))

    now = world.image(image)
    assert (now.status, now.content_type, now.width, now.height) == (ImageStatus.READY, kind, 640, 520)
    assert opened(stored(world, master_key("alice", image.id))).format == "JPEG"


def test_a_photo_lying_on_its_side_stands_upright_and_says_not_where_it_was_taken(world: World) -> None:
    image, _ = factories.waiting(world)
    # As it should look is "red above left"; the camera was turned, so it is stored turned back.
    lying = room(800, 600).transpose(Pillow.Transpose.ROTATE_90)
    exif = Pillow.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    file = io.BytesIO()
    lying.save(file, "JPEG", exif=exif, comment=b"52.52 N 13.40 E")

    world.run("upload_complete", factories.uploaded(world, image, file.getvalue()))

    now = world.image(image)
    assert (now.width, now.height) == (800, 600)
    for key in (master_key("alice", image.id), thumbnail_key("alice", image.id)):
        data = stored(world, key)
        shown = opened(data)
        assert quarters(shown) == "RWWW"
        assert shown.width > shown.height
        assert not shown.getexif()
        assert b"Exif" not in data
        assert b"52.52" not in data


def test_the_announced_checksum_is_accepted(world: World) -> None:
    data = factories.photo()
    image, _ = factories.waiting(world, sha256=hashlib.sha256(data).hexdigest())

    world.run("upload_complete", factories.uploaded(world, image, data))

    assert world.image(image).status is ImageStatus.READY


def test_the_same_photo_twice_is_stored_once(world: World) -> None:
    for _ in range(2):
        image, _ = factories.waiting(world)
        world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert len(world.objects("originals/")) == 1
    assert len(world.objects("masters/")) == 2


def test_an_owner_whose_name_is_encoded_in_keys_is_found_again(world: World) -> None:
    image, _ = factories.waiting(world, owner="auth0!7C672f5e0c9b1d4a0087f3c211")

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert world.image(image).status is ImageStatus.READY
    assert world.objects("uploads/") == []
    assert upload_key(image.owner, image.id).startswith("uploads/auth0!7C")
