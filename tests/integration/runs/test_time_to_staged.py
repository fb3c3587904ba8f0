"""How long a job took from the queue to its result, counted for the objective in slos.yaml."""

import pytest

from realstaging.models.jobs import JobStatus
from tests.support.steps import delivery, finish, results, started
from tests.support.stripe_events import metrics
from tests.support.world import World


def test_a_result_within_five_minutes_is_not_late(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    job = started(world)
    messages = results(world, job)
    world.clock.forward(minutes=4)
    capsys.readouterr()

    finish(world, messages)

    counted = metrics(capsys)
    assert (counted["JobDelivered"], counted.get("JobLate", 0)) == (1, 0)
    assert counted["TimeToStaged"] == pytest.approx(4 * 60_000, abs=1_000)


def test_a_later_one_is_counted_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    job = started(world)
    messages = results(world, job)
    world.clock.forward(minutes=6)
    capsys.readouterr()

    finish(world, messages * 2)

    counted = metrics(capsys)
    assert (counted["JobDelivered"], counted["JobLate"]) == (1, 1)


def test_another_attempt_does_not_start_the_clock_anew(world: World) -> None:
    job = started(world, "error_director")
    began = world.job(job).waits_since
    for attempt in (1, 2):
        world.clock.forward(minutes=1)
        finish(world, results(world, job, attempt))
        assert world.job(job).status is JobStatus.QUEUED
        world.run("stage_image", delivery("sqs-stage-queue", world.to_stage()))

    now = world.job(job)
    assert now.waits_since == began
    assert now.queued_at is not None
    assert now.queued_at > began
