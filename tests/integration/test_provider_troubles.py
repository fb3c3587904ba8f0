"""What people reported of the provider: reports that never come or are too large, throttling when credit runs low."""

import json
import time
from datetime import timedelta

from realstaging.models.jobs import JobStatus
from tests.support import factories, virtual_clock
from tests.support.events import event, webhook
from tests.support.fake_replicate import SECRET
from tests.support.steps import settle, started, sweep
from tests.support.virtual_clock import deliver
from tests.support.world import World

TOO_LARGE = 1_200_000


def test_a_report_too_large_to_take_is_asked_for_and_its_result_is_not_lost(world: World) -> None:
    job = started(world, "webhook:drop")
    world.provider.wait_for_runs()
    body = json.loads(event("replicate-webhook")["body"]) | {"id": job.prediction_id, "logs": "x" * TOO_LARGE}
    sent = webhook(SECRET, int(time.time()), owner=job.owner, job_id=job.id, body=body)

    assert world.run("replicate_webhook", sent)["statusCode"] == 413
    assert world.to_settle() == []
    sweep(world, seconds=world.settings.replicate.ask_after_seconds + 1)
    settle(world)

    now = world.job(job)
    assert (now.status, now.attempt, world.usage().captured) == (JobStatus.READY, 1, 1)
    assert len(world.provider.runs()) == 1


def test_jobs_throttled_when_credit_runs_low_all_get_their_one_run(world: World) -> None:
    """Only the text of the refusal says for how long: no header, no field."""
    factories.set_now(world, {"replicate.creations_per_minute": 60})
    jobs = factories.queued(world, jobs=8)[1]
    world.provider.script({"then": "create:429", "times": 20})
    replicate = world.function("stage_image").replicate.of("default")
    create, refused, taken = replicate.create, [world.clock.at], [world.clock.at]

    def noted(**asked: object) -> object:
        refused.append(world.clock.at)
        made = create(**asked)
        refused.pop()
        taken.append(world.clock.at)
        return made

    replicate.create = noted
    for _ in deliver(world, virtual_clock.starter(world, replicate), jobs, until=timedelta(hours=3)):
        pass

    now = [world.job(job) for job in jobs]
    assert {(job.status, job.attempt) for job in now} == {(JobStatus.PROCESSING, 1)}
    assert sum(job.deferrals for job in now) == len(refused) - 1 == 20
    assert len({job.prediction_id for job in now}) == len(world.provider.runs()) == 8
    # Not one refusal after the other: they hold the schedule together.
    assert refused[-1] - refused[0] < timedelta(minutes=20 / 2 + 1)
    assert taken[-1] - refused[-1] < timedelta(seconds=30 + 8 + 10)
