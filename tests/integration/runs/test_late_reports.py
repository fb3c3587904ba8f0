"""Late and repeated reports of other attempts: no file is lost, no result is thrown away, nothing is paid twice."""

from typing import Any

import pytest

from realstaging.models.jobs import Job, JobStatus
from tests.support import factories
from tests.support.steps import failures, finish, hear, results, settle, stage, started, sweep, told
from tests.support.world import World

ERROR = "Director: unexpected error (E9828)"


def in_second_attempt(world: World) -> tuple[Job, list[dict[str, object]], list[dict[str, object]]]:
    """A job whose second attempt has its result; the late report of the first one, and that result."""
    job = started(world)
    late = results(world, job)
    finish(world, [told(job, 1, "failed", error=ERROR)])
    stage(world)
    return job, late, results(world, job, 2)


@pytest.mark.parametrize("delivered_twice", [False, True])
def test_a_late_report_of_the_first_attempt_costs_the_second_ones_result_nothing(
    world: World, delivered_twice: bool
) -> None:
    job, late, again = in_second_attempt(world)
    handler, seen = world.function("finish_job"), {"delivering": 0, "second": not delivered_twice}
    deliver, remove = handler.jobs.deliver, handler.media.remove

    def late_report_first(*given: object, **more: object) -> None:
        seen["delivering"] += 1
        if seen["delivering"] == 1:
            finish(world, late)
        deliver(*given, **more)

    def second_delivery_first(*names: str) -> None:
        if not seen["second"]:
            seen["second"] = True
            finish(world, again)
        remove(*names)

    handler.jobs.deliver, handler.media.remove = late_report_first, second_delivery_first

    assert failures(finish(world, again)) == []

    now = world.job(job)
    assert (now.status, now.charged) == (JobStatus.READY, True)
    assert now.result_key in world.objects("staged/")
    assert [str(run.cost_usd) for run in now.runs] == ["0.03", "0.03"]


def test_a_late_report_does_not_stop_a_retry(world: World) -> None:
    job, late, _ = in_second_attempt(world)
    handler = world.function("finish_job")
    seen: list[Any] = []
    requeue = handler.jobs.requeue

    def late_report_first(*given: object) -> Job:
        if not seen:
            seen.append(1)
            finish(world, late)
        made: Job = requeue(*given)
        return made

    handler.jobs.requeue = late_report_first

    finish(world, [told(world.job(job), 2, "failed", error=ERROR)])

    now = world.job(job)
    assert (now.status, [run.attempt for run in now.runs]) == (JobStatus.QUEUED, [1, 2])


def test_a_run_whose_photo_is_gone_is_paid_once(world: World) -> None:
    job = started(world)
    heard = results(world, job)
    world.table.delete_item(Key={"pk": f"USER#{job.owner}", "sk": f"IMAGE#{job.image_id}"})

    finish(world, heard)

    now = world.job(job)
    assert (now.status, now.error and now.error.code) == (JobStatus.FAILED, "output_unusable")
    assert world.to_stage() == []
    assert len(world.provider.runs()) == 1


@pytest.mark.parametrize(
    "error",
    [
        "could not download safety_checker/model.safetensors: timeout",
        "RuntimeError: failed to load nsfw detector weights",
        "content filter service is not reachable",
    ],
)
def test_a_fault_that_names_a_safety_checker_is_tried_again(world: World, error: str) -> None:
    job = factories.processing(world)

    finish(world, [told(job, 1, "failed", error=error)])

    assert world.job(job).status is JobStatus.QUEUED


@pytest.mark.parametrize(
    "error",
    [
        "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
        "NSFW content detected. Try running it again, or try a different prompt.",
        "Your request was rejected by the safety system.",
        "Blocked by content moderation",
    ],
)
def test_a_refusal_in_the_providers_own_phrases_is_final(world: World, error: str) -> None:
    job = factories.processing(world)

    finish(world, [told(job, 1, "failed", error=error)])

    now = world.job(job)
    assert (now.status, now.error and now.error.code) == (JobStatus.FAILED, "content_refused")


def test_a_lone_job_survives_a_partial_outage(world: World) -> None:
    """Creates fail, reads work: an attempt that certainly made no run is none."""
    world.provider.script({"then": "create:503"})
    _, [job] = factories.queued(world)
    world.run("stage_image", factories.to_start(job))

    for _ in range(10):
        sweep(world, minutes=1)
        settle(world)
        stage(world)

    assert not world.job(job).status.final
    world.provider.forget()
    for _ in range(3):
        if world.job(job).prediction_id is None:
            sweep(world, minutes=15)
            settle(world)
            stage(world)
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.PROCESSING, 1)


def test_a_job_that_never_gets_a_run_fails_in_the_end(world: World) -> None:
    factories.set_now(world, {"replicate.breaker_failures": 100})
    world.provider.script({"then": "create:503"})
    _, [job] = factories.queued(world)
    world.run("stage_image", factories.to_start(job))

    sweep(world, minutes=5)
    settle(world)
    world.clock.forward(hours=24)
    stage(world)
    for _ in range(4):
        sweep(world, minutes=5)
        settle(world)
        stage(world)

    now = world.job(job)
    assert (now.status, now.error and now.error.code) == (JobStatus.FAILED, "staging_timed_out")


def test_a_result_that_is_fetched_too_late_is_not_charged(world: World) -> None:
    job = started(world, "result:gone")
    hear(world, job)
    world.clock.forward(minutes=61)

    settle(world)

    now = world.job(job)
    assert (now.status, now.charged, str(now.cost_usd)) == (JobStatus.QUEUED, False, "0.03")
