"""Whether a run may start now: the provider takes runs, and it is the job's turn."""

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
    """Not now: look again in so many seconds, with the place that the job has by then."""

    seconds: int
    why: str
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """Go. `probe` is set for the one run that tries whether the provider takes runs again; `before` is the breaker
    that was read."""

    slot: Slot | None = None
    before: Breaker = field(default_factory=Breaker)
    probe: Breaker | None = None


class Admission:
    def __init__(self, provider: ProviderStore, pause: Callable[[float], None] = time.sleep) -> None:
        self._provider, self._pause = provider, pause

    def closed(self, scene: StartState, at: datetime) -> Throttled | None:
        """The first question, before anything is looked at: while the breaker is open, nobody's job ends."""
        if breaking.open_for(scene.breaker, at):
            return Throttled(breaking.wait(scene.breaker, at), "breaker open")
        return None

    def turn(
        self, scene: StartState, job: Job, settings: Settings, at: datetime, in_line: timedelta = timedelta()
    ) -> Permit | Throttled:
        """The last question. Who may go starts at once: a place, or the right to try, is used up.

        `in_line`: how long the job's message stood behind others.
        """
        place = self._place(scene, job, settings.replicate.creations_per_minute, at, in_line)
        if isinstance(place, Throttled):
            return place
        slot, wait = place
        if wait > start_schedule.WORTH_WAITING:
            return Throttled(math.ceil(wait.total_seconds()), "not its turn", slot)
        probe = None
        if scene.breaker.until:
            probe = self._provider.try_once(scene.breaker, at)
            if probe is None:
                return Throttled(breaking.PROBE_SECONDS, "another one tries", slot)
        if wait:
            self._pause(wait.total_seconds())
        return Permit(slot, scene.breaker, probe)

    def _place(
        self, scene: StartState, job: Job, per_minute: int | None, at: datetime, in_line: timedelta
    ) -> tuple[Slot | None, timedelta] | Throttled:
        """The job's place and the time until then; or it waits without one."""
        if per_minute is None:
            return None, timedelta()
        slot, pace = job.slot, scene.pace
        if slot is None or not start_schedule.keeps(slot, pace, at, per_minute):
            slot, pace = self._provider.take(pace, scene.last, at, per_minute)
            if slot is None:
                opens = start_schedule.opens_in(pace, scene.last, at, per_minute)
                waited = at - (job.queued_at or job.created_at)
                return Throttled(start_schedule.look_again_in(opens, waited, in_line, per_minute), "no place yet")
            self._provider.note_place(job.owner, slot, at)
        return slot, max(pace.time_of(slot) - at, timedelta())

    def give_back(self, turn: Permit) -> None:
        """Nothing was started after all: the right to try is left to the next one."""
        if turn.probe:
            self._provider.give_back(turn.probe, turn.before)

    # -- what the provider said --------------------------------------------------------------------

    def answered(self, turn: Permit) -> None:
        """It works. Costs a write only where there is something to forget."""
        if turn.probe:
            if self._provider.close(turn.probe):
                count("BreakerClosed")
                log.warning("provider takes runs again")
        elif turn.before.failures:
            self._provider.forget_failures()

    def failed(self, turn: Permit, settings: Settings, at: datetime) -> None:
        """No clear answer, or none: several of them in a row open the breaker."""
        if turn.probe:
            return  # the next pause is running already
        limits = settings.replicate
        if self._provider.note_failure().failures >= limits.breaker_failures:
            self._open("no answers", limits.breaker_seconds, at)

    def refused(self, turn: Permit, settings: Settings, at: datetime) -> int:
        """Our account cannot be used: everybody would hear the same. The length of the pause, in seconds."""
        if turn.probe:
            return turn.probe.seconds
        self._open("account", settings.replicate.breaker_seconds, at)
        return settings.replicate.breaker_seconds

    def throttled(self, turn: Permit, at: datetime, seconds: float) -> None:
        """Too many at once: everybody waits so much longer, in the same order."""
        self.answered(turn)
        if turn.slot:
            self._provider.hold(at, seconds)

    def _open(self, reason: str, seconds: int, at: datetime) -> None:
        if self._provider.open(reason, at, seconds):
            count("BreakerOpened")
            log.error("breaker open", reason=reason, seconds=seconds)
