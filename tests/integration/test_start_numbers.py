"""A start that was put off keeps no number for the next one: runs, reports and files of two starts never meet."""

from typing import Any

import pytest

from realstaging.gateways.media import staged_key
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.runs import Prediction
from tests.support import factories
from tests.support.steps import failures, finish, hear, settle, stage, sweep
from tests.support.world import World


def with_a_run_that_shows_late(world: World) -> tuple[Job, dict[str, Any], list[dict[str, Any]]]:
    """A job whose first start made a run that the provider's list did not show in time, and which is started again.

    Also: that run's report, and the second one's.
    """
    world.provider.script({"then": "create:reset_after_create", "times": 1})
    _, [job] = factories.queued(world)
    world.run("stage_image", factories.to_start(job))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.function("finish_job").replicate.of("default"), "find_marked", lambda *_: None)
        sweep(world, minutes=3)
        settle(world)
    assert (world.job(job).status, world.job(job).attempt, world.job(job).deferrals) == (JobStatus.QUEUED, 0, 1)
    stage(world)
    now = world.job(job)
    assert (now.status, now.attempt) == (JobStatus.PROCESSING, 1)
    hear(world, job, count=2)
    heard = world.to_settle()
    [second] = [message for message in heard if message["prediction"]["id"] == now.prediction_id]
    [first] = [message for message in heard if message is not second]
    return job, first, [second]


def test_two_starts_share_neither_mark_nor_address_nor_file(world: World) -> None:
    job, first, [second] = with_a_run_that_shows_late(world)

    one, two = world.provider.runs()
    assert one["webhook"] != two["webhook"]
    assert not {*Prediction.of(one).marks.split()} & {*Prediction.of(two).marks.split()}
    assert first["attempt"] != second["attempt"]

    finish(world, [second])
    done = world.job(job)
    assert (done.status, done.attempt) == (JobStatus.READY, 1)
    assert done.result_key == staged_key(job.owner, job.id, second["attempt"])


@pytest.mark.parametrize("order", ["before the second", "after the second", "twice"])
def test_the_run_that_shows_late_is_booked_and_nothing_else(world: World, order: str) -> None:
    job, first, second = with_a_run_that_shows_late(world)

    messages = {"before the second": [first, *second], "after the second": [*second, first]}
    assert failures(finish(world, messages.get(order, [first, first, *second, first]))) == []

    done = world.job(job)
    assert (done.status, done.attempt, done.prediction_id) == (
        JobStatus.READY,
        1,
        second[0]["prediction"]["id"],
    )
    assert [(str(run.cost_usd), run.outcome) for run in done.runs] == [
        ("0.03", "staging_timed_out"),
        ("0.03", "delivered"),
    ]
    assert world.usage().captured == 1


def test_the_run_that_shows_late_is_booked_while_the_job_waits_for_its_next_start(world: World) -> None:
    world.provider.script({"then": "create:reset_after_create", "times": 1})
    _, [job] = factories.queued(world)
    world.run("stage_image", factories.to_start(job))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.function("finish_job").replicate.of("default"), "find_marked", lambda *_: None)
        sweep(world, minutes=3)
        settle(world)

    hear(world, job)
    settle(world)

    now = world.job(job)
    assert (now.status, str(now.cost_usd)) == (JobStatus.QUEUED, "0.03")
    stage(world)
    assert world.job(job).status is JobStatus.PROCESSING


def test_a_start_that_woke_late_takes_nothing_from_the_next_one(world: World) -> None:
    """Its process froze while it created the run; meanwhile the start was put off, and the next one was made."""
    _, [job] = factories.queued(world)
    replicate = world.function("stage_image").replicate.of("default")
    create, seen = replicate.create, list[str]()

    def frozen(**asked: Any) -> Prediction:
        made: Prediction = create(**asked)
        if not seen:
            seen.append(made.id)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(world.function("finish_job").replicate.of("default"), "find_marked", lambda *_: None)
                sweep(world, minutes=3)
                settle(world)
            stage(world)
        return made

    replicate.create = frozen
    world.run("stage_image", factories.to_start(job))

    now = world.job(job)
    _, two = world.provider.runs()
    assert (now.status, now.prediction_id) == (JobStatus.PROCESSING, two["id"])
    assert [message["cancel"] for message in world.to_settle() if message.get("cancel")] == seen


def test_who_calls_a_job_off_after_a_start_was_put_off_has_called_no_run_off(world: World) -> None:
    world.provider.script({"then": "create:429", "times": 1})
    _, [job] = factories.queued(world)
    world.run("stage_image", factories.to_start(job))

    canceled = factories.canceled(world, world.job(job))

    assert not canceled.has_unbooked_run
