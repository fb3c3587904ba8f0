"""Starts under a limit: evenly spaced whoever makes them, and everybody gets their turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realstaging.models import start_schedule
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.provider import Slot, StartSchedule
from realstaging.models.runs import StageMessage
from realstaging.stores import keys
from realstaging.stores.provider import ProviderStore
from tests.support import factories as state
from tests.support.fault_injection import CrashError, faulty, watched
from tests.support.steps import failures, sweep
from tests.support.virtual_clock import Limited, deliver, messages, starter
from tests.support.world import World

HOUR = timedelta(hours=1)


def paced(world: World, per_minute: int | None) -> None:
    state.set_now(world, {"replicate.creations_per_minute": per_minute})


def pace(world: World) -> StartSchedule:
    return StartSchedule.model_validate(world.table.get_item(Key=keys.pace()).get("Item", {}))


def start(world: World, provider: Limited, *jobs: Job) -> list[dict[str, Any]]:
    for message in messages(jobs):
        starter(world, provider).start(StageMessage.model_validate(message), world.clock.at)
    return world.to_stage()


def queued(world: World, count: int) -> list[Job]:
    return [job for _ in range(0, count, 25) for job in state.queued(world, jobs=min(25, count))[1]][:count]


def most_in(window: timedelta, starts: Sequence[datetime]) -> int:
    return max(sum(first <= each < first + window for each in starts) for first in starts)


def test_fifty_photos_under_six_a_minute_all_get_their_turn(world: World) -> None:
    paced(world, 6)
    provider, jobs = Limited(world.clock, most=6), queued(world, 50)

    for _ in deliver(world, starter(world, provider), jobs, until=HOUR):
        pass

    assert {(world.job(job).status, world.job(job).attempt) for job in jobs} == {(JobStatus.PROCESSING, 1)}
    assert provider.throttled == 0
    assert (provider.taken[-1] - provider.taken[0]).total_seconds() == pytest.approx(490, abs=20)


def test_at_six_hundred_a_minute_hardly_any_start_is_throttled(world: World) -> None:
    paced(world, 600)
    provider, jobs = Limited(world.clock, most=10, window=1), queued(world, 75)

    for _ in deliver(world, starter(world, provider), jobs, until=HOUR):
        pass

    assert len(provider.taken) == 75
    assert provider.throttled < 0.02 * 75


def test_a_limit_lower_than_we_believe_delays_everybody_and_fails_nobody(world: World) -> None:
    """Low credit: the provider takes 6 a minute and we are set to 60."""
    paced(world, 60)
    provider, jobs = Limited(world.clock, most=6), queued(world, 25)

    for _ in deliver(world, starter(world, provider), jobs, until=HOUR):
        pass

    assert {(world.job(job).status, world.job(job).attempt) for job in jobs} == {(JobStatus.PROCESSING, 1)}
    assert provider.throttled <= 6


def test_a_job_keeps_its_place_and_its_date_lies_behind_it(world: World) -> None:
    paced(world, 1)
    provider, [first, second, third] = Limited(world.clock), queued(world, 3)
    at = world.clock.at

    sent = start(world, provider, first, second, third)

    assert [message["delay"] for message in sent] == [60, 120]
    now = world.job(third)
    assert (now.status, now.attempt, now.version) == (JobStatus.QUEUED, 0, third.version)
    assert now.slot is not None
    assert pace(world).time_of(now.slot) == at + timedelta(seconds=120)
    assert now.due_at is not None
    assert now.due_at > at + timedelta(seconds=120)
    # A message that comes early, or twice, waits on; nobody takes a second place.
    before = pace(world)
    assert [message["delay"] for message in start(world, provider, third, third)] == [120, 120]
    assert (pace(world), world.job(third).slot) == (before, now.slot)
    sweep(world, seconds=110)
    assert world.to_stage() == []


def test_a_place_is_used_once(world: World) -> None:
    paced(world, 1)
    provider, [first, second] = Limited(world.clock), queued(world, 2)
    start(world, provider, first, second)

    world.clock.forward(seconds=60)
    start(world, provider, second, second)

    assert len(provider.taken) == 2
    assert world.job(second).slot is None


def test_places_are_given_a_little_ahead_only_and_who_gets_none_asks_again_in_time(world: World) -> None:
    paced(world, 6)
    provider, jobs = Limited(world.clock), queued(world, 50)

    delays = [message["delay"] for message in start(world, provider, *jobs)]

    assert (len(provider.taken), [bool(world.job(job).slot) for job in jobs]) == (
        1,
        [False, *[True] * 3, *[False] * 46],
    )
    assert delays[:3] == [10, 20, 30]
    assert all(10 <= delay <= 20 for delay in delays[3:])
    assert len(set(delays[3:])) > 3


def test_canceled_jobs_hold_nobody_up_for_longer_than_the_horizon(world: World) -> None:
    paced(world, 6)
    provider = Limited(world.clock)
    for _ in range(6):
        jobs = queued(world, 10)
        start(world, provider, *jobs)
        for job in jobs:
            if world.job(job).status is JobStatus.QUEUED:
                state.canceled(world, job)

    [bob] = state.queued(world, owner="bob")[1]
    [message] = start(world, provider, bob)

    assert world.job(bob).slot is not None
    assert message["delay"] <= 40


@pytest.mark.parametrize(("per_minute", "horizon"), [(6, 40), (60, 30)])
def test_an_owner_with_few_photos_does_not_wait_for_one_with_many(world: World, per_minute: int, horizon: int) -> None:
    paced(world, per_minute)
    provider, many = Limited(world.clock), queued(world, 100)
    few = state.queued(world, owner="bob", jobs=3)[1]
    began = world.clock.at

    workers = starter(world, provider, pause=lambda seconds: None)  # many: who waits for its place holds up nobody

    for message in deliver(world, workers, [*many, *few], until=timedelta(minutes=5)):
        if message["owner"] == "bob" and all(world.job(job).status is JobStatus.PROCESSING for job in few):
            break

    started = [world.job(job).started_at for job in few]
    share = 2 * len(few) * 60 / per_minute
    assert all(each and (each - began).total_seconds() <= 2 * horizon + share for each in started)
    assert sum(world.job(job).status is JobStatus.QUEUED for job in many) > 20


def test_who_comes_long_after_its_turn_takes_another(world: World) -> None:
    paced(world, 1)
    provider, jobs = Limited(world.clock), queued(world, 4)
    start(world, provider, *jobs)

    world.clock.forward(minutes=10)
    start(world, provider, *jobs[1:])

    assert len(provider.taken) == 2


def test_another_pace_holds_for_those_who_wait_already(world: World) -> None:
    paced(world, 1)
    provider, jobs = Limited(world.clock), queued(world, 10)
    start(world, provider, *jobs)

    paced(world, 600)
    start(world, provider, *jobs[1:])

    assert len(provider.taken) == 10


def test_a_throttled_start_holds_everybody_by_what_the_provider_says(world: World) -> None:
    paced(world, 60)
    provider, [first, second, third] = Limited(world.clock, most=1, window=30), queued(world, 3)
    at = world.clock.at

    start(world, provider, first)
    world.clock.forward(seconds=1)
    start(world, provider, second)
    assert (provider.throttled, world.job(second).attempt, world.job(second).deferrals) == (1, 0, 1)
    sent = start(world, provider, third)

    place = world.job(second).slot
    assert place is not None
    assert pace(world).time_of(place) >= at + timedelta(seconds=30)
    assert sent[0]["delay"] >= 30
    assert provider.asked == 2


def test_those_who_are_throttled_together_hold_the_others_once(world: World) -> None:
    store = ProviderStore(world.table)

    for _ in range(5):
        store.hold(world.clock.at, 30)
    store.hold(world.clock.forward(seconds=31), 30)

    assert pace(world).held == 60_000_000


def test_without_a_limit_nobody_asks_for_a_place(world: World) -> None:
    paced(world, None)
    provider = Limited(world.clock)

    with watched(world.table.meta.client, "UpdateItem") as writes:
        start(world, provider, *queued(world, 3))

    assert len(provider.taken) == 3
    assert [write for write in writes if "PROVIDER" in str(write)] == []


def test_a_place_costs_one_call_and_one_more_that_says_whose_it_is(world: World) -> None:
    paced(world, 6)
    provider, jobs = Limited(world.clock), queued(world, 3)

    with watched(world.table.meta.client, "UpdateItem") as writes:
        start(world, provider, *jobs)

    assert len([write for write in writes if "PROVIDER" in str(write)]) == 3
    assert len([write for write in writes if "'PLACE'" in str(write)]) == 3


def test_a_process_that_dies_with_its_place_costs_a_place_and_no_job(world: World) -> None:
    paced(world, 1)
    [first, second] = queued(world, 2)
    world.run("stage_image", state.to_start(first))
    with faulty(world.sqs, "SendMessageBatch", CrashError()):
        answer = world.run("stage_image", state.to_start(second))
    assert len(failures(answer)) == 1

    sweep(world, minutes=3)

    assert [message["job_id"] for message in world.to_stage()] == [second.id]


def test_of_two_who_read_the_same_schedule_each_gets_a_place(world: World) -> None:
    store, read = ProviderStore(world.table), StartSchedule()

    places = [slot.at for _ in range(3) if (slot := store.take(read, None, world.clock.at, 60)[0])]

    assert [place - places[0] for place in places] == [0, 1_000_000, 2_000_000]


def test_two_owners_take_turns_however_often_one_of_them_asks(world: World) -> None:
    store, last = ProviderStore(world.table), dict[str, Slot]()
    taken = []
    for _ in range(60):
        for owner in ("alice", "alice", "alice", "bob"):
            slot, _ = store.take(pace(world), last.get(owner), world.clock.at, 60)
            if slot:
                last[owner] = slot
                taken.append(owner)
        world.clock.forward(milliseconds=500)

    later = taken[-20:]
    assert later.count("alice") == later.count("bob") == 10


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(0, 20)),
        st.tuples(st.just("pass"), st.integers(1, 90_000)),
        st.tuples(st.just("hold"), st.integers(1, 45)),
    ),
    max_size=25,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, per_minute=st.integers(1, 6000), window=st.integers(1, 300))
def test_no_window_holds_more_starts_than_the_limit_and_one(
    world: World, steps: list[tuple[str, int]], per_minute: int, window: int
) -> None:
    world.table.delete_item(Key=keys.pace())
    store, read, taken = ProviderStore(world.table), StartSchedule(), list[Slot]()
    for step, size in steps:
        if step == "pass":
            world.clock.forward(milliseconds=size)
        elif step == "hold":
            store.hold(world.clock.at, size)
        for _ in range(size if step == "take" else 0):
            # As it was read some time ago: what others have done since must not matter.
            slot, now = store.take(read, None, world.clock.at, per_minute)
            if slot:
                assert now.time_of(slot) >= world.clock.at
                seen = max(read.clock(world.clock.at), now.clock(world.clock.at))
                assert slot.at <= seen + start_schedule.horizon(per_minute)
                taken.append(slot)
            read = now if size % 3 else read

    times = [micros / 1_000_000 for micros in sorted(slot.at for slot in taken)]
    for first in times:
        assert sum(first <= each < first + window for each in times) <= per_minute * window / 60 + 1
