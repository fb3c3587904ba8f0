"""A job that its owner cancels in the very moment in which something is decided about it stays canceled."""

from decimal import Decimal

import pytest

from realstaging.models.jobs import Job, JobStatus
from realstaging.models.runs import StageMessage
from tests.support import factories
from tests.support.fault_injection import before
from tests.support.steps import failures, finish, results, started, told
from tests.support.virtual_clock import NO_CREDIT, Limited, messages, starter
from tests.support.world import World


@pytest.mark.parametrize("refusal", ["create:429", "create:402", "create:422"])
def test_a_job_canceled_while_its_start_is_refused_stays_canceled(world: World, refusal: str) -> None:
    _, [job] = factories.queued(world)
    world.provider.script({"then": refusal})
    operation, nth = ("TransactWriteItems", 1) if refusal.endswith("422") else ("UpdateItem", 2)
    nth += refusal.endswith("402")  # the breaker's row comes first

    with before(world, operation, lambda: factories.canceled(world, job), nth=nth):
        answer = world.run("stage_image", factories.to_start(job))

    assert failures(answer) == []
    assert world.job(job).status is JobStatus.CANCELED
    assert world.to_stage() == []


def test_a_job_canceled_while_its_start_is_deferred_stays_canceled(world: World) -> None:
    provider = Limited(world.clock)
    provider.fault = lambda: NO_CREDIT
    _, [first, job] = factories.queued(world, jobs=2)
    making = starter(world, provider)
    making.start(_message(first), world.clock.at)
    world.to_stage()

    with before(world, "UpdateItem", lambda: factories.canceled(world, job)):
        making.start(_message(job), world.clock.at)

    assert world.job(job).status is JobStatus.CANCELED
    assert world.to_stage() == []


@pytest.mark.parametrize("error", ["Director: unexpected error (E9828)", "flagged as sensitive (E005)"])
def test_a_job_canceled_while_its_attempt_fails_stays_canceled(world: World, error: str) -> None:
    job = factories.processing(world)
    operation = "TransactWriteItems" if "E005" in error else "UpdateItem"

    with before(world, operation, lambda: factories.canceled(world, job)):
        answer = finish(world, [told(job, 1, "failed", error=error)])

    assert failures(answer) == []
    now = world.job(job)
    assert (now.status, [run.outcome for run in now.runs], now.cost_usd) == (JobStatus.CANCELED, ["canceled"], None)
    assert world.to_stage() == []


def test_a_job_canceled_while_its_result_is_delivered_stays_canceled(world: World) -> None:
    job = started(world)
    heard = results(world, job)

    with before(world, "TransactWriteItems", lambda: factories.canceled(world, job)):
        finish(world, heard)

    now = world.job(job)
    assert (now.status, now.charged, now.cost_usd) == (JobStatus.CANCELED, False, Decimal("0.03"))
    assert world.objects("staged/") == []


def test_a_job_canceled_while_its_unusable_result_is_booked_stays_canceled(world: World) -> None:
    job = started(world, "result:square")
    heard = results(world, job)

    with before(world, "TransactWriteItems", lambda: factories.canceled(world, job)):
        finish(world, heard)

    now = world.job(job)
    assert now.cost_usd == Decimal("0.03")
    assert (now.status, [run.outcome for run in now.runs]) == (JobStatus.CANCELED, ["canceled"])


def test_a_late_end_reported_twice_is_booked_once(world: World) -> None:
    job = started(world, "hang")
    factories.canceled(world, job)
    late = told(job, 1, "canceled")

    with before(world, "TransactWriteItems", lambda: finish(world, [late])):
        answer = finish(world, [late])

    assert failures(answer) == []
    assert len(world.job(job).runs) == 1


def _message(job: Job) -> StageMessage:
    return StageMessage.model_validate(messages([job])[0])
