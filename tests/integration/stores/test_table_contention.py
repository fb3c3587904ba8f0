"""What DynamoDB answers when others are at the same rows: conflicts, throttling, an answer lost on the way."""

import random
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from realstaging.models.jobs import JobStatus
from realstaging.stores import keys
from realstaging.stores import table as writing
from realstaging.stores.table import LostRaceError, Writes, retry_on_conflict
from tests.support import factories
from tests.support.books import check_books
from tests.support.fault_injection import conflict, contended, faulty, lost_to_itself, refusal
from tests.support.steps import ask, keyed
from tests.support.world import World

KEY = {"pk": "USER#alice", "sk": "NOTE"}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "wait_before_retry", lambda *given: None)


@pytest.mark.parametrize(
    "code", ["TransactionConflictException", "ProvisionedThroughputExceededException", "ThrottlingException"]
)
def test_an_update_of_a_row_that_is_held_or_throttled_is_tried_again(world: World, code: str) -> None:
    [(image, _)] = factories.planned(world, factories.project(world))

    # The SDK makes up to three calls of its own for a throttled one.
    with faulty(world.table.meta.client, "UpdateItem", refusal(code), at=range(1, 3)) as calls:
        status, form = ask(world, "POST", f"/v1/images/{image.id}/upload-url")

    assert (status, form["method"], len(calls) >= 2) == (200, "POST", True)


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_is_refused_for_the_moment_is_tried_again(world: World, reason: str) -> None:
    job = factories.processing(world)
    lost = conflict("None", reason, "None")

    with faulty(world.table.meta.client, "TransactWriteItems", lost, at=(1, 2, 3)) as calls:
        world.jobs.close(job, JobStatus.FAILED, world.clock.at, None)

    assert (len(calls), world.job(job).status) == (4, JobStatus.FAILED)


def test_a_row_that_is_always_held_is_a_fault_in_the_end(world: World) -> None:
    held = refusal("TransactionConflictException")

    with faulty(world.table.meta.client, "UpdateItem", held, at=range(100)) as calls, pytest.raises(ClientError):
        Writes(world.table).update_item(Writes(world.table).update(KEY, put={"a": 1}))

    assert len(calls) == writing.CONFLICT_TRIES


def test_a_claim_whose_answer_was_lost_is_not_lost_to_itself(world: World) -> None:
    """The SDK sends the update again; the row that refuses it is the first one's work."""
    _, [job] = factories.queued(world)
    deadline = world.clock.at + timedelta(seconds=60)
    claimed = world.jobs.claim(job, world.clock.at, deadline)

    own = lost_to_itself(world.item(keys.job(job.owner, job.id)))
    with faulty(world.table.meta.client, "UpdateItem", own):
        assert world.jobs.claim(job, world.clock.at, deadline) == claimed


def test_a_repeated_claim_that_meets_anothers_work_has_lost(world: World) -> None:
    _, [job] = factories.queued(world)
    deadline = world.clock.at + timedelta(seconds=60)
    world.jobs.claim(job, world.clock.at - timedelta(seconds=1), deadline)

    others = lost_to_itself(world.item(keys.job(job.owner, job.id)))
    with faulty(world.table.meta.client, "UpdateItem", others), pytest.raises(LostRaceError):
        world.jobs.claim(job, world.clock.at, deadline)


def test_what_keeps_changing_is_given_up(world: World) -> None:
    tries: list[int] = []

    def act(number: int) -> int:
        tries.append(number)
        raise LostRaceError({})

    numbers = iter(range(10))
    with pytest.raises(LostRaceError):
        retry_on_conflict(act, lambda: next(numbers), 99, tries=3)

    assert tries == [99, 0, 1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_conflicts_at_random_change_no_answer(world: World, seed: int) -> None:
    """A fifth of all writes meet a conflict or no capacity, as on a busy table."""
    file = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
    project = factories.project(world)
    with contended(world.table.meta.client, random.Random(seed), share=0.2) as refused:
        status, answer, _ = keyed(world, "/v1/uploads", {"project_id": project.id, "files": [file] * 6})
        assert status == 201
        for item in answer["items"]:
            assert ask(world, "POST", f"/v1/images/{item['image']['id']}/upload-url")[0] == 200
        made = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": answer["items"][0]["image"]["id"]}]})
        assert made[0] == 202
        job = made[1]["items"][0]["job"]["id"]
        assert ask(world, "POST", f"/v1/jobs/{job}/cancel")[0] == 200
        assert ask(world, "DELETE", f"/v1/projects/{project.id}")[0] == 204

    assert refused
    check_books(world.rows())
