"""Photos sent inside the request, as a machine does that the provider cannot reach."""

from typing import Any

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.steps import failures, settle, started, sweep
from tests.support.world import World


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"replicate": overrides["replicate"] | {"inputs": "inline", "results": "poll"}}


def test_a_photo_travels_with_the_request(world: World) -> None:
    job = started(world)
    world.provider.wait_for_runs()
    settle(world)

    [creation] = world.provider.log()["creations"]
    assert creation["input"]["image"][0].startswith("data:image/jpeg;base64")
    assert world.job(job).status is JobStatus.READY


def test_a_run_that_cannot_be_found_again_is_given_up_and_never_paid_twice(world: World) -> None:
    _, [job] = factories.queued(world)
    world.provider.script(["create:reset_after_create", "webhook:drop"])
    world.run("stage_image", factories.to_start(job))  # the photo itself was sent: nothing names the job

    sweep(world, minutes=3)
    settle(world)

    now = world.job(job)
    assert now.status is JobStatus.FAILED
    assert now.error is not None
    assert (now.error.code, now.error.retryable) == ("run_lost", True)
    assert (len(world.provider.runs()), world.usage().used) == (1, 0)
    assert world.to_stage() == []


def test_a_photo_that_cannot_be_read_just_now_costs_no_attempt(world: World) -> None:
    _, [job] = factories.queued(world)

    with faulty(world.s3, "GetObject", CrashError()):
        answer = world.run("stage_image", factories.to_start(job))
    assert len(failures(answer)) == 1
    assert world.job(job) == job
    world.run("stage_image", factories.to_start(job))

    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.PROCESSING, 1)
