"""A provider that cannot take runs: work waits, one tries, nobody's job fails."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from realstaging.gateways.replicate.errors import UnreachableError, UnsureError
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.provider import Breaker
from realstaging.models.runs import StageMessage
from realstaging.stores import keys
from realstaging.stores.provider import ProviderStore
from realstaging.stores.runtime_settings import OverrideStore
from tests.support import factories
from tests.support.fault_injection import watched
from tests.support.steps import delivery, one_call_at_a_time, settle, stage, sweep
from tests.support.virtual_clock import NO_ANSWER, NO_CREDIT, Limited, deliver, messages, starter
from tests.support.world import World

PAUSE = 5  # seconds; config/local.yaml


def queued(world: World, count: int = 1) -> list[Job]:
    return factories.queued(world, jobs=count)[1]


def start(world: World, provider: Limited, *jobs: Job) -> list[dict[str, Any]]:
    """What is in the queue afterwards."""
    for message in messages(jobs):
        starter(world, provider).start(StageMessage.model_validate(message), world.clock.at)
    return world.to_stage()


def breaker(world: World) -> Breaker:
    return Breaker.model_validate(world.table.get_item(Key=keys.breaker()).get("Item", {}))


def opened(world: World, provider: Limited) -> Breaker:
    provider.fault = lambda: NO_CREDIT
    start(world, provider, *queued(world))
    provider.fault = lambda: None
    return breaker(world)


def test_a_refused_account_opens_it_at_once_and_the_job_waits(world: World) -> None:
    _, [job] = factories.queued(world)
    world.provider.script({"then": "create:402", "times": 1})

    world.run("stage_image", factories.to_start(job))

    now = world.job(job)
    assert (now.status, now.attempt, now.deferrals) == (JobStatus.QUEUED, 0, 1)
    [message] = world.to_stage()
    assert (message["job_id"], message["delay"]) == (job.id, PAUSE)
    assert breaker(world).reason == "account"
    assert breaker(world).until == world.clock.at + timedelta(seconds=PAUSE)
    world.clock.forward(seconds=PAUSE)
    world.run("stage_image", delivery("sqs-stage-queue", [message]))
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.PROCESSING, 1)


@pytest.mark.parametrize("fault", [NO_ANSWER, UnsureError("ReadTimeout"), UnreachableError("no connection", None)])
def test_several_failures_in_a_row_open_it(world: World, fault: Exception) -> None:
    provider = Limited(world.clock)
    provider.fault = lambda: fault
    jobs = queued(world, 6)

    start(world, provider, *jobs[:4])
    assert breaker(world).until is None
    start(world, provider, *jobs[4:])

    assert (breaker(world).failures, breaker(world).reason) == (5, "no answers")
    assert provider.asked == 5


def test_an_answer_in_between_starts_the_count_anew(world: World) -> None:
    provider = Limited(world.clock)
    for _ in range(3):
        provider.fault = lambda: NO_ANSWER
        start(world, provider, *queued(world, 4))
        provider.fault = lambda: None
        start(world, provider, *queued(world))

    assert (breaker(world).failures, breaker(world).until) == (0, None)


def test_how_many_failures_open_it_for_how_long_is_set(world: World) -> None:
    factories.set_now(world, {"replicate.breaker_failures": 1, "replicate.breaker_seconds": 40})
    provider = Limited(world.clock)
    provider.fault = lambda: NO_ANSWER

    start(world, provider, *queued(world))

    assert breaker(world).until == world.clock.at + timedelta(seconds=40)


def test_while_it_is_open_nothing_is_claimed_and_every_job_keeps_its_date_behind_the_pause(world: World) -> None:
    provider = Limited(world.clock)
    until = opened(world, provider).until
    jobs = queued(world, 10)
    assert until is not None

    sent = start(world, provider, *jobs)

    assert provider.asked == 1
    for job, message in zip(jobs, sent, strict=True):
        now = world.job(job)
        assert (now.status, now.attempt, now.deferrals, now.version) == (JobStatus.QUEUED, 0, 0, job.version)
        assert now.due_at is not None
        assert world.clock.at + timedelta(seconds=message["delay"]) >= until
        assert now.due_at > world.clock.at + timedelta(seconds=message["delay"])
    assert sweep(world, seconds=PAUSE + 30)["looked"] == 0


def test_while_it_is_open_nobody_fails_however_long_that_is(world: World) -> None:
    factories.set_now(world, {"replicate.breaker_seconds": 900})
    provider = Limited(world.clock)
    [job] = queued(world)
    world.clock.forward(hours=23, minutes=55)
    opened(world, provider)
    world.clock.forward(minutes=10)

    [message] = start(world, provider, job)

    assert world.job(job).status is JobStatus.QUEUED
    assert message["delay"] <= 900


def test_an_outage_longer_than_a_jobs_day_fails_nobody(world: World) -> None:
    factories.set_now(world, {"replicate.breaker_seconds": 900})
    provider = Limited(world.clock)
    began = world.clock.at
    provider.fault = lambda: NO_CREDIT if world.clock.at < began + timedelta(hours=27) else None
    jobs = queued(world, 2)

    for _ in deliver(world, starter(world, provider), jobs, until=timedelta(hours=29)):
        pass

    assert {(world.job(job).status, world.job(job).attempt) for job in jobs} == {(JobStatus.PROCESSING, 1)}


def test_a_job_that_was_sent_away_is_asked_for_once_before_its_time_is_over(world: World) -> None:
    provider = Limited(world.clock, most=1)
    opened(world, provider)
    [kept, second] = queued(world, 2)
    start(world, provider, kept, second)
    world.clock.forward(hours=25)

    start(world, provider, kept)
    start(world, provider, second)

    assert world.job(kept).status is JobStatus.PROCESSING
    ended = world.job(second)
    assert (ended.status, ended.error and ended.error.code) == (JobStatus.FAILED, "staging_timed_out")
    assert provider.throttled == 1


def test_a_run_that_began_late_is_asked_for_like_any_other_and_given_up_in_no_outage(world: World) -> None:
    job = factories.queued(world)[1][0]
    world.provider.script({"then": ["hang", "webhook:drop"]})
    world.clock.forward(hours=25)
    world.jobs.postpone(job, world.clock.at, None)
    world.run("stage_image", factories.to_start(job))

    sweep(world, minutes=3)
    settle(world)
    assert world.job(job).status is JobStatus.PROCESSING

    store = ProviderStore(world.table)
    store.open("account", world.clock.at, 900)
    world.clock.forward(hours=25)
    assert not store.answers()
    sweep(world)
    settle(world)
    assert not {run.outcome for run in world.job(job).runs} & {"run_lost"}
    assert world.job(job).status is not JobStatus.FAILED


def test_each_vain_try_doubles_the_pause(world: World) -> None:
    provider = Limited(world.clock)
    opened(world, provider)
    provider.fault = lambda: NO_ANSWER
    pauses = []

    for _ in range(9):
        pauses.append(breaker(world).seconds)
        world.clock.forward(seconds=breaker(world).seconds)
        start(world, provider, *queued(world, 3))

    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 900]
    assert provider.asked == 1 + 9


def test_a_try_that_is_answered_closes_it_for_all(world: World) -> None:
    provider = Limited(world.clock)
    opened(world, provider)
    world.clock.forward(seconds=PAUSE)

    start(world, provider, *queued(world, 5))

    assert breaker(world) == Breaker()
    assert provider.asked == 1 + 5


def test_of_many_workers_at_once_one_tries(world: World) -> None:
    provider = Limited(world.clock)
    opened(world, provider)
    world.clock.forward(seconds=PAUSE)
    jobs = queued(world, 8)
    making, begin, sent_away = starter(world, provider), threading.Barrier(8), threading.Semaphore(0)

    def answers_when_the_others_are_gone() -> None:
        assert all(sent_away.acquire(timeout=120) for _ in range(7))

    provider.fault = answers_when_the_others_are_gone

    def run(message: dict[str, Any]) -> None:
        begin.wait()
        making.start(StageMessage.model_validate(message), world.clock.at)
        sent_away.release()

    with one_call_at_a_time(), ThreadPoolExecutor(8) as pool:
        list(pool.map(run, messages(jobs)))

    assert provider.asked == 1 + 1
    assert sorted(world.job(job).status for job in jobs) == [JobStatus.PROCESSING, *[JobStatus.QUEUED] * 7]
    assert breaker(world) == Breaker()


def test_who_dies_trying_leaves_the_next_one_to_try(world: World) -> None:
    provider = Limited(world.clock)
    opened(world, provider)
    world.clock.forward(seconds=PAUSE)
    died = ProviderStore(world.table).try_once(breaker(world), world.clock.at)
    assert died is not None

    start(world, provider, *queued(world))
    assert provider.asked == 1
    world.clock.forward(seconds=2 * PAUSE)
    start(world, provider, *queued(world))

    assert provider.asked == 2
    assert breaker(world) == Breaker()


def test_a_late_winner_does_not_close_the_next_pause(world: World) -> None:
    provider, store = Limited(world.clock), ProviderStore(world.table)
    opened(world, provider)
    first = store.try_once(breaker(world), world.clock.at)
    second = store.try_once(breaker(world), world.clock.forward(seconds=10))
    assert first is not None
    assert second is not None

    assert not store.close(first)
    assert store.close(second)


def test_an_outage_costs_nobody_a_job(world: World) -> None:
    provider = Limited(world.clock)
    began = world.clock.at
    provider.fault = lambda: NO_CREDIT if world.clock.at < began + timedelta(minutes=30) else None
    jobs = queued(world, 12)

    for message in deliver(world, starter(world, provider), jobs, until=timedelta(hours=2)):
        assert world.jobs.get(message["owner"], message["job_id"]).status in {JobStatus.QUEUED, JobStatus.PROCESSING}

    assert {(world.job(job).status, world.job(job).attempt) for job in jobs} == {(JobStatus.PROCESSING, 1)}
    assert provider.asked < 12 + 12  # tries, not every job every time


def test_success_costs_no_write_when_there_is_nothing_to_forget(world: World) -> None:
    provider = Limited(world.clock)

    with watched(world.table.meta.client, "UpdateItem") as writes:
        start(world, provider, *queued(world, 3))

    assert breaker(world) == Breaker()
    assert [write for write in writes if "PROVIDER" in str(write)] == []


def test_input_that_is_refused_is_an_answer_too(world: World) -> None:
    world.provider.script({"then": "create:503", "times": 4}, {"then": "create:422"})
    for job in queued(world, 5):
        world.run("stage_image", factories.to_start(job))

    assert breaker(world).failures == 0


def test_waiting_jobs_are_read_with_what_is_set_now(world: World) -> None:
    """A row of settings is there, and one of the breaker: each is read as what it is."""
    factories.set_now(world, {"replicate.breaker_seconds": 7})
    opened(world, Limited(world.clock))
    [job] = queued(world)

    scene = ProviderStore(world.table).read_state(job.owner, job.id)

    assert (scene.job, scene.live) == (world.job(job), OverrideStore(world.table).current())
    assert scene.accounts["default"].breaker.seconds == 7


def test_a_message_of_a_job_that_ended_while_it_waited_does_nothing(world: World) -> None:
    provider = Limited(world.clock)
    opened(world, provider)
    [job] = queued(world)
    sent: Sequence[dict[str, Any]] = start(world, provider, job)
    factories.canceled(world, job)

    world.run("stage_image", delivery("sqs-stage-queue", sent))

    assert stage(world) is None
    assert world.job(job).status is JobStatus.CANCELED
