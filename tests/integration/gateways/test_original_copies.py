"""The original is copied inside the store: the very bytes that were read, once."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from realstaging.gateways.media import Upload, original_key, upload_key
from realstaging.models.images import ImageStatus
from tests.support import factories
from tests.support.fault_injection import faulty
from tests.support.pictures import encoded, room
from tests.support.world import World

REFUSED = ClientError({"Error": {"Code": "PreconditionFailed"}}, "CopyObject")


def test_the_original_has_the_type_that_was_found(world: World) -> None:
    image, _ = factories.waiting(world, content_type="application/octet-stream")
    data = encoded(room(640, 520), "image/heic")

    world.run("upload_complete", factories.uploaded(world, image, data))

    now = world.image(image)
    assert (now.status, now.content_type) == (ImageStatus.READY, "image/heic")
    stored = world.s3.get_object(Bucket="media", Key=original_key("alice", str(now.sha256)))
    assert (stored["ContentType"], stored["Body"].read()) == ("image/heic", data)


def test_what_was_read_is_kept_when_another_upload_came_meanwhile(world: World) -> None:
    image, _ = factories.waiting(world)
    data = factories.photo()

    with faulty(world.s3, "CopyObject", REFUSED):
        world.run("upload_complete", factories.uploaded(world, image, data))

    key = original_key("alice", str(world.image(image).sha256))
    assert world.s3.get_object(Bucket="media", Key=key)["Body"].read() == data


def test_an_original_that_is_there_is_left_as_it_is(world: World) -> None:
    image, _ = factories.waiting(world)
    world.media.put_once(original_key("alice", "a" * 64), b"first", "image/jpeg")

    with faulty(world.s3, "CopyObject", REFUSED):
        written = world.media.keep_original(image, "a" * 64, Upload(6, b"second", '"x"'), "image/jpeg")

    assert written is False
    assert world.media.read(original_key("alice", "a" * 64)) == b"first"


def test_the_copy_holds_to_what_was_read_and_to_what_is_there(world: World) -> None:
    image, _ = factories.waiting(world)
    seen: list[dict[str, Any]] = []
    world.s3.meta.events.register("before-parameter-build.s3.CopyObject", lambda params, **_: seen.append(dict(params)))

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    [params] = seen
    assert params["IfNoneMatch"] == "*"
    assert params["CopySourceIfMatch"]
    assert params["CopySource"] == "media/" + upload_key("alice", image.id)


def test_another_fault_of_the_store_is_not_taken_for_that(world: World) -> None:
    image, _ = factories.waiting(world)

    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "CopyObject")
    with faulty(world.s3, "CopyObject", denied), pytest.raises(ClientError):
        world.run("upload_complete", factories.uploaded(world, image, factories.photo()))
