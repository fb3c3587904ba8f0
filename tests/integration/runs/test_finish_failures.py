"""Runs that came to nothing: tried again where that may help, never charged, and told in our words."""

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.steps import delivery, failures, finish, hear, results, settle, started, sweep, told
from tests.support.world import World


def test_a_failure_that_may_pass_is_tried_three_times_and_then_costs_nothing(world: World) -> None:
    job = started(world, "error_director")

    for attempt in (1, 2, 3):
        assert (world.job(job).status, world.job(job).attempt) == (JobStatus.PROCESSING, attempt)
        finish(world, results(world, job, attempt))
        if attempt < 3:
            assert world.job(job).status is JobStatus.QUEUED
            [message] = world.to_stage()
            assert message["delay"] == 5 * attempt
            world.run("stage_image", delivery("sqs-stage-queue", [message]))

    failed = world.job(job)
    assert failed.status is JobStatus.FAILED
    assert failed.error is not None
    assert (failed.error.code, failed.error.retryable) == ("staging_failed", True)
    assert "E9828" not in failed.error.detail
    assert (len(world.provider.runs()), world.usage().used) == (3, 0)
    assert world.ledger() == {job.id: "released"}
    assert world.to_stage() == []


def test_a_refused_content_fails_at_once_and_is_not_tried_again(world: World) -> None:
    job = started(world, "sensitive")

    finish(world, results(world, job))

    failed = world.job(job)
    assert (failed.status, failed.attempt) == (JobStatus.FAILED, 1)
    assert failed.error is not None
    assert (failed.error.code, failed.error.retryable) == ("content_refused", False)
    assert world.usage().used == 0
    assert world.to_stage() == []


@pytest.mark.parametrize("status", ["aborted", "canceled"])
def test_a_run_that_was_stopped_gets_another_attempt(world: World, status: str) -> None:
    job = factories.processing(world)

    finish(world, [told(job, 1, status)])

    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.QUEUED, 1)
    assert [message["job_id"] for message in world.to_stage()] == [job.id]


def test_an_aborted_run_without_a_webhook_is_found_by_asking(world: World) -> None:
    job = started(world, "abort")
    world.provider.wait_for_runs()

    sweep(world, minutes=5)
    settle(world)

    assert world.job(job).status is JobStatus.QUEUED


def test_a_status_nobody_knows_is_asked_for_again_and_not_forever(world: World) -> None:
    job = started(world, "unknown_status")
    world.provider.wait_for_runs()
    assert hear(world, job) == [202]
    assert world.to_settle() == []

    sweep(world, seconds=40)
    settle(world)
    waiting = world.job(job)
    assert (waiting.status, waiting.attempt) == (JobStatus.PROCESSING, 1)
    assert waiting.due_at is not None
    assert waiting.due_at > world.clock.at

    sweep(world, minutes=10)
    settle(world)
    assert world.job(job).status is JobStatus.QUEUED


@pytest.mark.parametrize(
    "outcome", ["result:square", "result:html", "result:text", "result:truncated", "result:gone", "result:none"]
)
def test_a_result_that_is_no_use_is_not_charged_but_tried_again(world: World, outcome: str) -> None:
    job = started(world, outcome)

    assert failures(finish(world, results(world, job))) == []

    assert (world.job(job).status, world.usage().captured) == (JobStatus.QUEUED, 0)
    assert world.objects("staged/") == []
    assert len(world.to_stage()) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://foreign.invalid/out.webp",
        "https://replicate.delivery.example.test/out.png",
        "http://replicate.delivery/out.png",
        "https://user:secret@replicate.delivery/out.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//replicate.delivery/out.png",
    ],
)
def test_results_are_fetched_from_the_providers_own_hosts_only(world: World, url: str) -> None:
    job = factories.processing(world)

    assert failures(finish(world, [told(job, 1, output=[url])])) == []

    assert world.job(job).status is JobStatus.QUEUED
    assert world.objects("staged/") == []
