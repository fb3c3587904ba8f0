"""A model that the provider refuses is that model's trouble: it is booked, taken over and alarmed, by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from realstaging.gateways.replicate.errors import ModelRefusedError
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.runs import StageMessage
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore
from realstaging.stores.table import Item
from tests.support import factories
from tests.support.steps import sweep
from tests.support.virtual_clock import NO_CREDIT, Limited, deliver, messages, starter
from tests.support.world import World

BAD = "black-forest-labs/flux-kontext-pro"


class Choosy(Limited):
    """Runs all models but one."""

    refuses = True

    def create(self, *, model: str, **more: Any) -> Any:
        if model == BAD and self.refuses:
            self.asked += 1
            raise ModelRefusedError("status 403", None)
        return super().create(model=model, **more)


def test_one_refused_model_keeps_no_other_waiting(world: World) -> None:
    provider = Choosy(world.clock)
    bad = [factories.queued(world, order={"model": BAD, "seed": None})[1][0] for _ in range(5)]
    good = [factories.queued(world)[1][0] for _ in range(5)]
    began = world.clock.at

    for _ in deliver(world, starter(world, provider), bad + good, until=timedelta(minutes=2)):
        pass

    assert world.clock.at - began < timedelta(minutes=2)
    assert {world.job(job).status for job in good + bad} == {JobStatus.PROCESSING}
    assert BAD not in {world.job(job).model for job in bad}
    assert ProviderStore(world.table).answers()
    assert provider.asked <= 13  # the refused model once, and once after each pause


def test_a_refused_attempt_is_booked_and_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    provider = Choosy(world.clock)
    [job] = factories.queued(world, order={"model": BAD, "seed": None})[1]

    starter(world, provider)
    world.run("stage_image", factories.to_start(job))

    now = world.job(job)
    assert [(run.model, run.outcome) for run in now.runs] == [(BAD, "model_unavailable")]
    assert now.cost_usd is None
    assert '"ModelRefused":[' in capsys.readouterr().out


def test_it_is_tried_again_by_one_run_after_its_pause(world: World) -> None:
    provider = Choosy(world.clock)
    _start(world, provider, factories.queued(world, order={"model": BAD, "seed": None})[1][0])
    world.clock.forward(seconds=6)
    _start(world, provider, factories.queued(world, order={"model": BAD, "seed": None})[1][0])
    pause = ProviderStore(world.table).model_breakers().models[BAD].seconds
    provider.refuses = False
    world.clock.forward(seconds=11)
    [job] = factories.queued(world, order={"model": BAD, "seed": None})[1]

    _start(world, provider, job)

    assert pause == 10
    assert world.job(job).model == BAD
    assert ProviderStore(world.table).model_breakers().models == {}


def test_when_nobody_takes_over_the_job_fails_and_is_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    provider = Choosy(world.clock)
    factories.set_now(world, {"models.default": BAD, "models.fallbacks": []})
    [job] = factories.queued(world, order={"model": BAD, "seed": None})[1]

    starter(world, provider)
    for _ in range(2):
        world.run("stage_image", factories.to_start(job))

    now = world.job(job)
    assert (now.status, now.error and now.error.code) == (JobStatus.FAILED, "model_unavailable")
    assert now.error is not None
    assert now.error.retryable
    assert '"JobFailed":[' in capsys.readouterr().out
    assert world.usage().used == 0


def test_settings_that_are_refused_at_the_start_are_counted_as_a_failure(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    [job] = factories.queued(world)[1]
    world.provider.script({"then": "create:422"})

    world.run("stage_image", factories.to_start(job))

    assert '"JobFailed":[' in capsys.readouterr().out


def test_a_probe_whose_claim_is_lost_is_left_to_the_next(world: World) -> None:
    provider = Limited(world.clock)
    provider.fault = lambda: NO_CREDIT
    first, job, next_job = factories.queued(world, jobs=3)[1]
    _start(world, provider, first)
    provider.fault = lambda: None
    world.clock.forward(seconds=6)

    class LateStore(JobStore):
        """Somebody cancels the job just before it is claimed."""

        def claim(self, job: Job, at: datetime, deadline: datetime, chosen: Item | None = None) -> Job:
            factories.canceled(world, job)
            return super().claim(job, at, deadline, chosen)

    [message] = messages([job])
    starter(world, provider, jobs=LateStore(world.table)).start(StageMessage.model_validate(message), world.clock.at)

    _start(world, provider, next_job)

    assert world.job(next_job).status is JobStatus.PROCESSING
    assert ProviderStore(world.table).answers()


def test_a_message_does_not_come_back_to_its_own_queue_for_ever(world: World) -> None:
    """Lambda stops such a chain after about sixteen rounds."""
    provider = Limited(world.clock)
    provider.fault = lambda: NO_CREDIT
    jobs = factories.queued(world, jobs=3)[1]

    rounds = [
        message.get("rounds") or 0
        for message in deliver(world, starter(world, provider), jobs, until=timedelta(hours=6))
    ]

    assert max(rounds) < 16
    assert len(rounds) > 3 * 16


def test_a_job_that_is_parked_is_sent_by_the_sweep_at_its_time(world: World) -> None:
    provider = Limited(world.clock)
    provider.fault = lambda: NO_CREDIT
    [job] = factories.queued(world)[1]
    message = StageMessage.model_validate(messages([job])[0] | {"rounds": 11})

    starter(world, provider).start(message, world.clock.at)

    now = world.job(job)
    assert (now.status, now.parked, world.to_stage()) == (JobStatus.QUEUED, True, [])
    assert now.due_at == world.clock.at + timedelta(seconds=5)
    sweep(world, seconds=6)
    [sent] = world.to_stage()
    assert (sent["job_id"], sent["delay"]) == (job.id, 0)


def _start(world: World, provider: Limited, *jobs: Any) -> None:
    for message in messages(jobs):
        starter(world, provider).start(StageMessage.model_validate(message), world.clock.at)
    world.to_stage()
