"""No file outlives the rows that tell of it, whatever S3 answers and whenever files come."""

from typing import Any
from urllib.parse import quote

import pytest

from realstaging.gateways.media import Media, ObjectsLeftError
from tests.support import factories
from tests.support.fault_injection import faulty, refusal
from tests.support.http_client import call
from tests.support.steps import arrived, ask, purge, purge_everything
from tests.support.world import World


def test_what_s3_did_not_remove_is_removed_by_a_later_purge(world: World) -> None:
    image, _ = arrived(world, factories.project(world))
    call(world, "DELETE", f"/v1/images/{image.id}")
    key = f"masters/alice/{image.id}.jpg"
    wrong = {"Errors": [{"Key": key, "Code": "InternalError", "Message": "again"}]}
    with faulty(world.s3, "DeleteObjects", wrong):
        assert purge(world, minutes=3)["failed"] == 1
    for minutes in (5, 61, 600):
        purge(world, minutes=minutes)

    assert world.objects() == []


def test_an_object_that_is_left_is_a_fault(world: World) -> None:
    wrong = {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "no"}]}

    with faulty(world.s3, "DeleteObjects", wrong), pytest.raises(ObjectsLeftError, match="AccessDenied"):
        Media(world.s3, "media").remove("a", "b")


def test_a_file_that_comes_long_after_its_image_was_deleted_is_removed(world: World) -> None:
    [(image, _)] = factories.planned(world, factories.project(world))
    call(world, "DELETE", f"/v1/images/{image.id}")
    purge_everything(world)

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert world.objects() == []


def test_a_file_that_comes_after_its_account_was_closed_is_removed(world: World) -> None:
    [(image, _)] = factories.planned(world, factories.project(world))
    assert call(world, "DELETE", "/v1/account")[0] in (202, 204)
    for minutes in (3, 3, 3):
        purge(world, minutes=minutes)
    assert [row["sk"] for row in world.rows() if row["sk"].startswith("IMAGE#")] == []

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert world.objects() == []


def test_a_second_file_by_the_same_form_is_removed_and_changes_nothing(world: World) -> None:
    image, _ = arrived(world, factories.project(world))
    before = world.objects()

    world.run("upload_complete", factories.uploaded(world, image, factories.photo(900, 600)))

    assert (world.objects(), world.image(image)) == (before, image)


def test_two_conditional_writes_that_meet_are_tried_again(world: World) -> None:
    media = Media(world.s3, "media")
    with faulty(world.s3, "PutObject", refusal("ConditionalRequestConflict"), at=(1, 2)):
        assert media.put_once("a", b"1", "image/jpeg")
    with faulty(world.s3, "PutObject", refusal("ConditionalRequestConflict")):
        assert not media.put_once("a", b"2", "image/jpeg")
    assert media.read("a") == b"1"


def test_overdue_rows_come_the_longest_waiting_first_over_all_shards(world: World) -> None:
    groups = []
    for _ in range(12):
        groups += factories.planned(world, factories.project(world))
        world.clock.forward(seconds=1)

    found = world.due.overdue(world.clock.forward(hours=1), per_shard=50)

    assert [due.id for due in found if due.kind == "IMAGE"] == [image.id for image, _ in groups]


@pytest.mark.parametrize(
    "name", ["リビングルーム.jpg", "ダイニングルーム.jpg", "Ku\u0308che.jpg", "रसोई.jpg", "ห้องนั่งเล่น.jpg"]
)
def test_a_download_keeps_the_name_of_its_photo(world: World, name: str) -> None:
    image, _ = arrived(world, factories.project(world), filename=name)

    media = world.function("jobs_api").media
    given: list[str] = []
    link = media.link

    def noted(*args: Any, **more: Any) -> str:
        given.append(str(more["name"]))
        return str(link(*args, **more))

    media.link = noted
    url = ask(world, "GET", f"/v1/images/{image.id}/file", query={"download": "1"})[1]["url"]

    assert given == [name]
    assert quote(quote(name.removesuffix(".jpg"), safe=""), safe="") in url
