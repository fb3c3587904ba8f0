"""Whether a run may start now, and in which account: its breaker is closed, and it is the job's turn there."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from realstaging.config import Settings
from realstaging.models import circuit_breaker as breaking
from realstaging.models import start_schedule
from realstaging.models.jobs import Job
from realstaging.models.provider import DEFAULT_ACCOUNT, Breaker, Slot
from realstaging.observability import count, count_by_account, log
from realstaging.stores.provider import AccountState, ProviderStore, StartState


@dataclass(frozen=True, slots=True)
class Throttled:
    """Not now: try again in so many seconds, with the slot that the job has until then."""

    seconds: int
    why: str
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """The run may start in `account`. `probe` is set for the one run that tests whether the account is taken again;
    `before` is the breaker that was read."""

    slot: Slot | None = None
    before: Breaker = field(default_factory=Breaker)
    probe: Breaker | None = None
    account: str = DEFAULT_ACCOUNT


@dataclass(frozen=True, slots=True)
class _Turn:
    account: str
    slot: Slot | None
    wait: timedelta


class Admission:
    def __init__(self, provider: ProviderStore, pause: Callable[[float], object] = time.sleep) -> None:
        self._provider, self._pause = provider, pause

    def check_breaker(self, state: StartState, settings: Settings, at: datetime) -> Throttled | None:
        """Asked first, because no job ends while the breakers of all accounts are open."""
        paces = settings.replicate.paces
        if not paces or usable(state, settings, at):
            return None
        return Throttled(min(breaking.wait(state.accounts[name].breaker, at) for name in paces), "breaker open")

    def admit(
        self,
        state: StartState,
        job: Job,
        settings: Settings,
        at: datetime,
        *,
        accounts: Sequence[str],
        in_line: timedelta = timedelta(),
    ) -> Permit | Throttled:
        """Asked last: a permit uses up a slot, or the probe, so the run must start at once.

        `accounts`: which may be used. `in_line`: how long the job's message stood behind others.
        """
        left = {name: state.accounts[name] for name in accounts}
        refused = Throttled(breaking.LONGEST_SECONDS, "no account takes runs")
        while left:
            turn = self._find_turn(left, job, settings.replicate.paces, at, in_line)
            if isinstance(turn, Throttled):
                return turn
            if turn.wait > start_schedule.WORTH_WAITING:
                return Throttled(math.ceil(turn.wait.total_seconds()), "not its turn", turn.slot)
            before, probe = left[turn.account].breaker, None
            if before.until:
                probe = self._provider.of(turn.account).try_once(before, at)
                if probe is None:
                    refused = Throttled(breaking.PROBE_SECONDS, "another one tries", turn.slot)
                    del left[turn.account]
                    continue
            if turn.wait:
                self._pause(turn.wait.total_seconds())
            return Permit(turn.slot, before, probe, turn.account)
        return refused

    def _find_turn(
        self,
        accounts: Mapping[str, AccountState],
        job: Job,
        paces: Mapping[str, int | None],
        at: datetime,
        in_line: timedelta,
    ) -> _Turn | Throttled:
        """The slot that the job has, or the first that it may have in one of these accounts; or none yet."""
        had = job.slot
        if had and had.account in accounts and (per_minute := paces[had.account]):
            pace = accounts[had.account].pace
            if start_schedule.keeps(had, pace, at, per_minute):
                return _Turn(had.account, had, max(pace.time_of(had) - at, timedelta()))
        schedules = {name: each.pace for name, each in accounts.items()}
        opens: dict[str, timedelta] = {}
        while ready := [name for name in accounts if name not in opens]:
            # The first place of all; of several at the same time any, so that no account's rows get all of them.
            times = {name: start_schedule.next_time(schedules[name], at, paces[name]) for name in ready}
            account = random.choice([name for name in ready if times[name] == min(times.values())])  # noqa: S311
            per_minute, last = paces[account], accounts[account].last
            if per_minute is None:
                return _Turn(account, None, timedelta())
            store = self._provider.of(account)
            slot, pace = store.take(schedules[account], last, at, per_minute)
            if slot:
                store.note_place(job.owner, slot, at)
                return _Turn(account, slot, max(pace.time_of(slot) - at, timedelta()))
            schedules[account] = pace
            opens[account] = start_schedule.opens_in(pace, last, at, per_minute)
        first = min(opens, key=lambda name: opens[name])
        waited = at - (job.queued_at or job.created_at)
        seconds = start_schedule.look_again_in(opens[first], waited, in_line, paces[first] or 1)
        return Throttled(seconds, "no slot yet")

    def give_back(self, permit: Permit) -> None:
        """Nothing was started after all: the next start gets the probe."""
        if permit.probe:
            self._provider.of(permit.account).give_back(permit.probe, permit.before)

    # -- what the provider answered --------------------------------------------------------------------

    def note_answer(self, permit: Permit) -> None:
        """The account works. Writes only if there are failures to forget or a breaker to close."""
        store = self._provider.of(permit.account)
        if permit.probe:
            if store.close(permit.probe):
                count("BreakerClosed")
                log.warning("provider available again", account=permit.account)
        elif permit.before.failures:
            store.forget_failures()

    def note_failure(self, permit: Permit, settings: Settings, at: datetime) -> None:
        """No clear answer: several of them in a row open the breaker."""
        if permit.probe:
            return  # the next pause is running already
        if self._provider.of(permit.account).note_failure().failures >= settings.replicate.breaker_failures:
            self._open_breaker(permit.account, "no answers", settings, at)

    def note_refusal(self, permit: Permit, settings: Settings, at: datetime) -> int:
        """Our account was refused, as it would be for every job: open its breaker. Returns the pause in seconds."""
        if permit.probe:
            return permit.probe.seconds
        self._open_breaker(permit.account, "account", settings, at)
        return settings.replicate.breaker_seconds

    def note_throttling(self, permit: Permit, at: datetime, seconds: float) -> None:
        """Too many runs at once: delay all starts of the account, in the same order."""
        self.note_answer(permit)
        if permit.slot:
            self._provider.of(permit.account).hold(at, seconds)

    def _open_breaker(self, account: str, reason: str, settings: Settings, at: datetime) -> None:
        seconds = settings.replicate.breaker_seconds
        if self._provider.of(account).open(reason, at, seconds):
            count("BreakerOpened")
            if settings.replicate.accounts:
                count_by_account("AccountBreakerOpened", account)
            log.error("breaker open", account=account, reason=reason, seconds=seconds)


def usable(state: StartState, settings: Settings, at: datetime) -> list[str]:
    """The accounts in which a run may start, or try."""
    return [name for name in settings.replicate.paces if not breaking.open_for(state.accounts[name].breaker, at)]


def is_outage(state: StartState, settings: Settings) -> bool:
    """Whether no account is known to take runs; while nobody has tried again, it goes on."""
    paces = settings.replicate.paces
    return bool(paces) and all(state.accounts[name].breaker.until for name in paces)


def has_other(state: StartState, settings: Settings, account: str) -> bool:
    """Whether another account is known to take runs."""
    return any(name != account and not state.accounts[name].breaker.until for name in settings.replicate.paces)
