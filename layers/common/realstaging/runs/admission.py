"""Whether a run may start now: the circuit breaker is closed, and it is the job's turn."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from realstaging.config import Settings
from realstaging.models import circuit_breaker as breaking
from realstaging.models import start_schedule
from realstaging.models.jobs import Job
from realstaging.models.provider import Breaker, Slot
from realstaging.observability import count, log
from realstaging.stores.provider import ProviderStore, StartState


@dataclass(frozen=True, slots=True)
class Throttled:
    """Not now: try again in so many seconds, with the slot that the job has until then."""

    seconds: int
    why: str
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """The run may start. `probe` is set for the one run that tests whether the provider accepts runs again; `before` is
    the breaker that was read."""

    slot: Slot | None = None
    before: Breaker = field(default_factory=Breaker)
    probe: Breaker | None = None


class Admission:
    def __init__(self, provider: ProviderStore, pause: Callable[[float], object] = time.sleep) -> None:
        self._provider, self._pause = provider, pause

    def check_breaker(self, state: StartState, at: datetime) -> Throttled | None:
        """Asked first, because no job ends while the breaker is open."""
        if breaking.open_for(state.breaker, at):
            return Throttled(breaking.wait(state.breaker, at), "breaker open")
        return None

    def admit(
        self, state: StartState, job: Job, settings: Settings, at: datetime, in_line: timedelta = timedelta()
    ) -> Permit | Throttled:
        """Asked last: a permit uses up a slot, or the probe, so the run must start at once.

        `in_line`: how long the job's message stood behind others.
        """
        taken = self._take_slot(state, job, settings.replicate.creations_per_minute, at, in_line)
        if isinstance(taken, Throttled):
            return taken
        slot, wait = taken
        if wait > start_schedule.WORTH_WAITING:
            return Throttled(math.ceil(wait.total_seconds()), "not its turn", slot)
        probe = None
        if state.breaker.until:
            probe = self._provider.try_once(state.breaker, at)
            if probe is None:
                return Throttled(breaking.PROBE_SECONDS, "another one tries", slot)
        if wait:
            self._pause(wait.total_seconds())
        return Permit(slot, state.breaker, probe)

    def _take_slot(
        self, state: StartState, job: Job, per_minute: int | None, at: datetime, in_line: timedelta
    ) -> tuple[Slot | None, timedelta] | Throttled:
        """The job's slot and the time until then, or no slot yet."""
        if per_minute is None:
            return None, timedelta()
        slot, pace = job.slot, state.pace
        if slot is None or not start_schedule.keeps(slot, pace, at, per_minute):
            slot, pace = self._provider.take(pace, state.last, at, per_minute)
            if slot is None:
                opens = start_schedule.opens_in(pace, state.last, at, per_minute)
                waited = at - (job.queued_at or job.created_at)
                return Throttled(start_schedule.look_again_in(opens, waited, in_line, per_minute), "no slot yet")
            self._provider.note_place(job.owner, slot, at)
        return slot, max(pace.time_of(slot) - at, timedelta())

    def give_back(self, permit: Permit) -> None:
        """Nothing was started after all: the next start gets the probe."""
        if permit.probe:
            self._provider.give_back(permit.probe, permit.before)

    # -- what the provider answered --------------------------------------------------------------------

    def note_answer(self, permit: Permit) -> None:
        """The provider works. Writes only if there are failures to forget or a breaker to close."""
        if permit.probe:
            if self._provider.close(permit.probe):
                count("BreakerClosed")
                log.warning("provider available again")
        elif permit.before.failures:
            self._provider.forget_failures()

    def note_failure(self, permit: Permit, settings: Settings, at: datetime) -> None:
        """No clear answer: several of them in a row open the breaker."""
        if permit.probe:
            return  # the next pause is running already
        limits = settings.replicate
        if self._provider.note_failure().failures >= limits.breaker_failures:
            self._open_breaker("no answers", limits.breaker_seconds, at)

    def note_refusal(self, permit: Permit, settings: Settings, at: datetime) -> int:
        """Our account was refused, as it would be for every job: open the breaker. Returns the pause in seconds."""
        if permit.probe:
            return permit.probe.seconds
        self._open_breaker("account", settings.replicate.breaker_seconds, at)
        return settings.replicate.breaker_seconds

    def note_throttling(self, permit: Permit, at: datetime, seconds: float) -> None:
        """Too many runs at once: delay all starts, in the same order."""
        self.note_answer(permit)
        if permit.slot:
            self._provider.hold(at, seconds)

    def _open_breaker(self, reason: str, seconds: int, at: datetime) -> None:
        if self._provider.open(reason, at, seconds):
            count("BreakerOpened")
            log.error("breaker open", reason=reason, seconds=seconds)
