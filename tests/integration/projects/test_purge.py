"""What deleted things leave behind goes, in bounded runs that may die anywhere, and nothing else goes."""

import contextlib
import hashlib
from typing import Any

import pytest

from realstaging.models.images import ImageStatus
from realstaging.stores import keys
from tests.support import factories
from tests.support.events import event
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.steps import arrived, ask, delivered, purge, purge_everything, rows_of
from tests.support.world import World

STAYS = ("PROFILE", "CAPTURED#", "COST", "USAGE#", "LEDGER#", "RATE#")


def content(world: World, data: bytes | None = None) -> dict[str, Any] | None:
    key = keys.content("alice", hashlib.sha256(data or factories.photo()).hexdigest())
    item: dict[str, Any] | None = world.table.get_item(Key=key).get("Item")
    return item


def furnished(world: World, owner: str = "alice") -> tuple[Any, Any, Any]:
    """A project with one image, one delivered job and one that is under way."""
    project = factories.project(world, owner)
    image, [done, going] = arrived(world, project, jobs=2)
    delivered(world, done)
    factories.claimed(world, going)
    return project, image, done


def test_a_deleted_projects_objects_go_and_its_books_stay(world: World) -> None:
    project, _, done = furnished(world)
    theirs = furnished(world, "bob")
    before = [row for row in world.rows() if "bob" in row["pk"]], [key for key in world.objects() if "/bob/" in key]
    assert len(world.objects()) == 2 * 5

    call(world, "DELETE", f"/v1/projects/{project.id}")
    purge_everything(world)

    assert [key for key in world.objects() if "/alice/" in key] == []
    assert {sort.split("#")[0] for sort in rows_of(world, "")} <= {kind.rstrip("#") for kind in STAYS}
    assert [sort.rsplit("#", 1)[0] for sort in rows_of(world, "COST")] == ["COST#ALL"]  # the owner's, not the project's
    assert sorted(world.ledger().values()) == ["captured", "released"]
    assert world.ledger()[done.id] == "captured"
    after = [row for row in world.rows() if "bob" in row["pk"]], [key for key in world.objects() if "/bob/" in key]
    assert after == before
    assert theirs[1].id in str(after)


def test_files_stay_as_long_as_a_function_may_still_be_writing_them(world: World) -> None:
    _, image, done = furnished(world)
    call(world, "DELETE", f"/v1/images/{image.id}")

    assert purge(world)["looked"] == 0
    assert len(world.objects()) == 5
    purge(world, minutes=3)
    assert [key.split("/")[0] for key in world.objects()] == ["originals"]
    [waits] = rows_of(world, "DELETED#")
    assert waits.startswith("DELETED#JOB#"), "the other job's run is still to be booked"
    assert done.id not in waits
    purge(world, minutes=30)
    assert rows_of(world, "DELETED#") == []


def test_one_content_is_kept_once_and_goes_with_its_last_image(world: World) -> None:
    project = factories.project(world)
    first, _ = arrived(world, project)
    second, _ = arrived(world, factories.project(world))
    assert len(world.objects("originals/")) == 1
    assert content(world)["references"] == 2  # type: ignore[index]

    call(world, "DELETE", f"/v1/projects/{project.id}")
    purge_everything(world)
    assert (content(world) or {})["references"] == 1
    assert len(world.objects("originals/")) == 1
    assert ask(world, "GET", f"/v1/images/{second.id}/file")[0] == 200
    assert call(world, "GET", f"/v1/images/{first.id}")[0] == 404

    call(world, "DELETE", f"/v1/images/{second.id}")
    purge(world, minutes=3)
    assert len(world.objects("originals/")) == 1, "not before its hour"
    purge(world, minutes=61)
    assert world.objects() == []
    assert content(world) is None


def test_content_uploaded_again_while_its_end_is_due_stays(world: World) -> None:
    project = factories.project(world)
    first, _ = arrived(world, project)
    call(world, "DELETE", f"/v1/images/{first.id}")
    purge(world, minutes=3)

    again, _ = arrived(world, project)
    purge(world, minutes=61)

    assert len(world.objects("originals/")) == 1
    assert world.image(again).status is ImageStatus.READY
    assert purge(world, hours=3)["looked"] == 0
    call(world, "DELETE", f"/v1/images/{again.id}")
    purge_everything(world)
    assert world.objects() == []


def test_content_uploaded_again_while_it_goes_waits_and_is_then_written_anew(world: World) -> None:
    project = factories.project(world)
    first, _ = arrived(world, project)
    call(world, "DELETE", f"/v1/images/{first.id}")
    purge(world, minutes=3)
    with faulty(world.s3, "DeleteObjects", CrashError()):
        assert purge(world, minutes=61)["failed"] == 1  # condemned, and nobody may take it up

    [(again, _)] = factories.planned(world, project)
    with pytest.raises(RuntimeError):
        world.run("upload_complete", factories.uploaded(world, again, factories.photo()))
    purge(world, minutes=10)
    assert world.objects("originals/") == []
    world.run("upload_complete", factories.uploaded(world, again, factories.photo()))

    assert world.image(again).status is ImageStatus.READY
    assert len(world.objects("originals/")) == 1


CALLS = [("dynamodb", name) for name in ("TransactWriteItems", "Query", "DeleteItem", "UpdateItem")] + [
    ("s3", "DeleteObjects"),
    ("s3", "ListObjectsV2"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", ["project", "image"])
def test_a_deletion_and_a_purge_may_die_anywhere_and_the_end_is_the_same(world: World, what: str, after: bool) -> None:
    project, image, _ = furnished(world)
    path = f"/v1/projects/{project.id}" if what == "project" else f"/v1/images/{image.id}"
    died = 0
    for service, operation in CALLS:
        client = world.s3 if service == "s3" else world.table.meta.client
        for nth in (1, 2, 4):
            with faulty(client, operation, CrashError(), at=(nth,), after=after) as calls:
                call(world, "DELETE", path)
                with contextlib.suppress(CrashError):
                    purge(world, minutes=3)
            died += len(calls) >= nth
    purge_everything(world)

    assert died >= 5
    assert call(world, "GET", path)[0] == 404
    assert world.objects() == []
    left = {sort.split("#")[0] for sort in rows_of(world, "")}
    assert left <= {kind.rstrip("#") for kind in STAYS} | ({"PROJECT", "BATCH"} if what == "image" else set())
    assert sorted(world.ledger().values()) == ["captured", "released"]


def test_a_large_project_goes_bit_by_bit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realstaging.projects.deletion.ROWS_PER_ROUND", 10)
    project = factories.project(world)
    groups = factories.planned(world, project, count=28, jobs=1)

    call(world, "DELETE", f"/v1/projects/{project.id}")
    left = len(rows_of(world, "IMAGE#", "JOB#"))
    assert 0 < left < 56
    purge_everything(world)

    assert rows_of(world, "IMAGE#", "JOB#", "DELETED#") == []
    assert world.ledger() == {job.id: "released" for _, [job] in groups}
    assert world.usage().used == 0


def test_one_run_looks_at_so_much_and_no_more(world: World) -> None:
    project = factories.project(world)
    for image, _ in factories.planned(world, project, count=12, jobs=0):
        call(world, "DELETE", f"/v1/images/{image.id}")
    module = world.function("purge")
    module.PER_SHARD = 1

    first = purge(world, minutes=3)["looked"]
    assert first <= keys.DUE_SHARDS
    assert len(rows_of(world, "DELETED#")) == 12 - first
    for _ in range(12):
        purge(world, minutes=1)
    assert rows_of(world, "DELETED#") == []


def test_two_purges_at_once_count_an_image_once(world: World) -> None:
    project = factories.project(world)
    first, _ = arrived(world, project)
    arrived(world, project)
    call(world, "DELETE", f"/v1/images/{first.id}")
    module = world.function("purge")
    at = world.clock.forward(minutes=3)
    due = module.due.overdue(at, per_shard=50, lane="PURGE")

    for each in [*due, *due]:
        module.purger.purge(each, at)

    assert content(world)["references"] == 1  # type: ignore[index]


def test_a_purge_out_of_time_leaves_the_rest_for_the_next_minute(world: World) -> None:
    image, _ = arrived(world, factories.project(world))
    call(world, "DELETE", f"/v1/images/{image.id}")
    world.clock.forward(minutes=3)
    assert world.run("purge", event("schedule-purge"), milliseconds=0)["looked"] == 0
    assert purge(world)["looked"] == 1
