"""Images and the jobs that wait for them move together, or not at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from realstaging.errors import NotFoundError
from realstaging.models.base import Failure
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores.due_index import DueRow
from realstaging.stores.table import LostRaceError
from tests.support import factories
from tests.support.world import World

WHY = Failure(code="image_too_small", title="t", detail="d", retryable=False)


def test_an_accepted_image_releases_its_jobs_and_counts_its_content(world: World) -> None:
    image, jobs = factories.waiting(world, jobs=3)

    world.images.accept(image, jobs, world.clock.at, factories.FACTS, look_again=world.clock.at + timedelta(seconds=60))

    now = world.image(image)
    assert (now.status, now.version, now.waiting_jobs, now.width) == (ImageStatus.READY, 2, [], 768)
    assert {world.job(job).status for job in jobs} == {JobStatus.QUEUED}
    content = world.item({"pk": "USER#alice", "sk": "HASH#" + "0" * 64})
    assert content["references"] == 1
    due = world.due.overdue(world.clock.at + timedelta(days=3), per_shard=50)
    assert {each.kind for each in due} == {"JOB"}


def test_a_rejected_image_fails_its_jobs_with_the_same_code_and_costs_nothing(world: World) -> None:
    image, jobs = factories.waiting(world, jobs=16)

    world.images.reject(image, ImageStatus.REJECTED, jobs, world.clock.at, WHY)

    assert (world.image(image).status, world.image(image).error) == (ImageStatus.REJECTED, WHY)
    assert {world.job(job).error for job in jobs} == {WHY}
    assert world.usage().used == 0
    assert set(world.ledger().values()) == {"released"}


MOVES: dict[str, Callable[[World, Image, list[Job]], None]] = {
    "accept": lambda world, image, jobs: world.images.accept(
        image, jobs, world.clock.at, factories.FACTS, look_again=world.clock.at
    ),
    "turn away": lambda world, image, jobs: world.images.reject(image, ImageStatus.REJECTED, jobs, world.clock.at, WHY),
}


@pytest.mark.parametrize("move", MOVES)
def test_a_job_canceled_meanwhile_stops_the_whole_move(world: World, move: str) -> None:
    image, jobs = factories.waiting(world, jobs=3)
    factories.canceled(world, jobs[1])
    before = world.rows()

    with pytest.raises(LostRaceError):
        MOVES[move](world, image, jobs)

    assert world.rows() == before


def test_an_image_is_accepted_once(world: World) -> None:
    image, jobs = factories.waiting(world)
    world.images.accept(image, jobs, world.clock.at, factories.FACTS, look_again=world.clock.at)
    before = world.rows()

    with pytest.raises(LostRaceError):
        world.images.accept(image, [], world.clock.at, factories.FACTS, look_again=world.clock.at)
    with pytest.raises(LostRaceError):
        world.images.reject(image, ImageStatus.EXPIRED, [], world.clock.at, WHY)

    assert world.rows() == before


def test_the_same_photo_twice_is_one_content_with_two_references(world: World) -> None:
    for _ in range(2):
        image, jobs = factories.waiting(world)
        world.images.accept(image, jobs, world.clock.at, factories.FACTS, look_again=world.clock.at)

    assert world.item({"pk": "USER#alice", "sk": "HASH#" + "0" * 64})["references"] == 2


def test_a_new_form_is_waited_for_that_much_longer(world: World) -> None:
    image, _ = factories.waiting(world)
    later = world.clock.at + timedelta(hours=30)

    extended = world.images.expect(image, world.clock.at, upload_by=later, look_again=later)

    assert (extended.upload_by, extended.due_at, extended.version) == (later, later, 2)
    with pytest.raises(LostRaceError):
        world.images.expect(image, world.clock.at, upload_by=later, look_again=later)


def test_no_form_is_waited_for_once_the_photo_is_there(world: World) -> None:
    image, _ = factories.queued(world)

    with pytest.raises(LostRaceError):
        world.images.expect(image, world.clock.at, upload_by=world.clock.at, look_again=world.clock.at)


def test_of_two_who_look_at_an_overdue_image_only_one_puts_it_off(world: World) -> None:
    image, _ = factories.waiting(world)

    world.images.look_again(image, world.clock.at + timedelta(hours=2))
    with pytest.raises(LostRaceError):
        world.images.look_again(image, world.clock.at + timedelta(hours=2))

    assert DueRow("IMAGE", "alice", image.id) not in world.due.overdue(
        world.clock.at + timedelta(hours=1), per_shard=50
    )


def test_another_owners_image_is_not_there(world: World) -> None:
    image, _ = factories.waiting(world)

    assert world.images.find("bob", image.id) is None
    with pytest.raises(NotFoundError):
        world.images.get("bob", image.id)


def test_a_projects_images_come_newest_first_each_with_its_own_jobs(world: World) -> None:
    project = factories.project(world)
    groups = factories.planned(world, project, count=5, jobs=2)
    factories.waiting(world)  # another project
    expected = [(image.id, [job.id for job in reversed(jobs)]) for image, jobs in reversed(groups)]

    first, more = world.images.of_project(project.id, limit=2, before=None)
    second, rest = world.images.of_project(project.id, limit=3, before=more)

    shown = [(image.id, [job.id for job in jobs]) for image, jobs in [*first, *second]]
    assert shown == expected
    assert more == expected[1][0]
    assert rest is None
