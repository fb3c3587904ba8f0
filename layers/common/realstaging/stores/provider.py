"""Breaker, start schedule and owners' latest slots of each account at the provider, in rows that all starts share."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from realstaging.models import circuit_breaker as breaking
from realstaging.models import start_schedule
from realstaging.models.jobs import Job
from realstaging.models.provider import DEFAULT_ACCOUNT, Breaker, ModelBreakers, Slot, StartSchedule, micros
from realstaging.models.runtime_settings import Overrides
from realstaging.stores import keys
from realstaging.stores.runtime_settings import live
from realstaging.stores.table import Item, LostRaceError, Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

TRIES = 20
DAY = 24 * 60 * 60
BREAKER_ATTRIBUTES = ("until", "seconds", "probes", "reason", "failures")


@dataclass(frozen=True, slots=True)
class AccountState:
    """How it stands with one account at the provider; `last`: the latest slot of the job's owner there."""

    breaker: Breaker
    pace: StartSchedule
    last: Slot | None


@dataclass(frozen=True, slots=True)
class StartState:
    """What a start depends on, read at one moment."""

    job: Job | None
    live: Overrides
    models: ModelBreakers
    accounts: Mapping[str, AccountState]


class ProviderStore:
    """Breaker and schedule are those of one account, `of` gives another's; the models' breakers are all accounts'."""

    def __init__(self, table: "Table", account: str = DEFAULT_ACCOUNT) -> None:
        self._table, self._account, self._writes = table, account, Writes(table)

    def of(self, account: str) -> "ProviderStore":
        return ProviderStore(self._table, account)

    def read_state(self, owner: str, job_id: str, accounts: Iterable[str] = (DEFAULT_ACCOUNT,)) -> StartState:
        """The state for the start of a job, in one call."""
        of_account = {name: [keys.breaker(name), keys.pace(name), keys.place(owner, name)] for name in accounts}
        shared = [keys.job(owner, job_id), keys.live(), keys.model_breakers()]
        items = self._writes.get_many([*shared, *itertools.chain.from_iterable(of_account.values())])
        found = {(str(item["pk"]), str(item["sk"])): item for item in items}

        def read(wanted: list[keys.Key]) -> list[Item | None]:
            return [found.get((key["pk"], key["sk"])) for key in wanted]

        job, overrides, models = read(shared)
        return StartState(
            job=Job.model_validate(job) if job else None,
            live=live(overrides),
            models=_read_model_breakers(models),
            accounts={name: _read_account(*read(rows)) for name, rows in of_account.items()},
        )

    # -- the breaker -------------------------------------------------------------------------------

    def breaker(self) -> Breaker:
        """As it is; closed while `until` is None."""
        return _read_breaker(self._writes.get(keys.breaker(self._account)))

    def answers(self, accounts: Iterable[str] = (DEFAULT_ACCOUNT,)) -> bool:
        """Whether the breaker of one of these accounts is closed."""
        return any(self.of(name).breaker().until is None for name in accounts)

    def open(self, reason: str, at: datetime, seconds: int) -> bool:
        """Open the breaker; False if it was open already."""
        put = {"reason": reason, "until": keys.stamp(at + timedelta(seconds=seconds)), "seconds": seconds}
        write = self._writes.update(
            keys.breaker(self._account), put=put, drop=["probes"], when="attribute_not_exists(#until)"
        )
        return self._try_update(write)

    def note_failure(self) -> Breaker:
        """Count one more failure in a row; returns the breaker after it."""
        return _read_breaker(
            self._writes.update_item(self._writes.update(keys.breaker(self._account), add={"failures": 1}))
        )

    def forget_failures(self) -> None:
        """Reset the failures after an answer; an open breaker is left to its probe."""
        write = self._writes.update(keys.breaker(self._account), drop=["failures"], when="attribute_not_exists(#until)")
        self._try_update(write)

    def give_back(self, tried: Breaker, before: Breaker) -> None:
        """Undo a probe that was not made: restore `before`, unless the breaker has changed since."""
        assert tried.until is not None
        assert before.until is not None
        write = self._writes.update(
            keys.breaker(self._account),
            put={"until": keys.stamp(before.until), "seconds": before.seconds, "probes": before.probes},
            when="#until = :tried",
            values={":tried": keys.stamp(tried.until)},
        )
        self._try_update(write)

    def model_breakers(self) -> ModelBreakers:
        return _read_model_breakers(self._writes.get(keys.model_breakers()))

    def change_models(self, read: ModelBreakers, models: dict[str, Breaker]) -> bool:
        """Replace the models' breakers; False if they changed since they were read."""
        write = self._writes.update(
            keys.model_breakers(),
            put={"models": {id: each.model_dump(mode="json", exclude_none=True) for id, each in models.items()}},
            add={"version": 1},
            when="#version = :read" if read.version else "attribute_not_exists(#version)",
            values={":read": read.version} if read.version else None,
        )
        return self._try_update(write)

    def try_once(self, breaker: Breaker, at: datetime) -> Breaker | None:
        """Take the one probe of an open breaker; None if another start has it.

        The pause after a failed probe is written now, so that a probe that dies is only a delay.
        """
        assert breaker.until is not None
        seconds = breaking.next_seconds(breaker)
        write = self._writes.update(
            keys.breaker(self._account),
            put={"until": keys.stamp(at + timedelta(seconds=seconds)), "seconds": seconds},
            add={"probes": 1},
            when="#until = :read",
            values={":read": keys.stamp(breaker.until)},
        )
        try:
            return _read_breaker(self._writes.update_item(write))
        except LostRaceError:
            return None

    def close(self, breaker: Breaker) -> bool:
        """Close the breaker after a probe that was answered; False if it has changed since."""
        assert breaker.until is not None
        values = {":tried": keys.stamp(breaker.until)}
        return self._try_update(
            self._writes.update(
                keys.breaker(self._account), drop=BREAKER_ATTRIBUTES, when="#until = :tried", values=values
            )
        )

    # -- the schedule ------------------------------------------------------------------------------

    def take(
        self, pace: StartSchedule, last: Slot | None, at: datetime, per_minute: int
    ) -> tuple[Slot | None, StartSchedule]:
        """Take the next slot, if the owner whose latest slot is `last` may have it; also returns the schedule after it.

        `pace`: the schedule as it was read, or older.
        """
        step, horizon = start_schedule.step(per_minute), start_schedule.horizon(per_minute)
        for _ in range(TRIES):
            if start_schedule.opens_in(pace, last, at, per_minute):
                return None, pace
            now = pace.clock(at)
            values: Item = {":now": now, ":pace": per_minute}
            if start_schedule.idle(pace, at, per_minute):
                taken = {"put": {"next_at": now + step, "per_minute": per_minute}}
                when = "attribute_not_exists(#next_at) OR #next_at < :now OR #per_minute <> :pace"
            else:
                taken = {"add": {"next_at": step}}
                when = "#next_at BETWEEN :now AND :furthest AND #per_minute = :pace"
                values[":furthest"] = now + horizon
            write = self._writes.update(keys.pace(self._account), when=when, values=values, **taken)
            try:
                pace = _read_schedule(self._writes.update_item(write))
            except LostRaceError as error:
                pace = _read_schedule(error.failed[0])
                continue
            return Slot(at=pace.next_at - step, per_minute=per_minute, account=self._account), pace
        raise RuntimeError("the schedule kept changing")

    def note_place(self, owner: str, slot: Slot, at: datetime) -> None:
        """Store the owner's latest slot. It only decides whose turn is next, so it may be a little old."""
        put = slot.model_dump(mode="json") | {"expires_at": int(at.timestamp()) + DAY}
        self._writes.update_item(self._writes.update(keys.place(owner, self._account), put=put))

    def hold(self, at: datetime, seconds: float) -> None:
        """Delay all starts by `seconds`; concurrent calls count once."""
        now, added = micros(at), round(seconds * 1_000_000)
        write = self._writes.update(
            keys.pace(self._account),
            put={"held_until": now + added},
            add={"held": added},
            when="attribute_not_exists(#held_until) OR #held_until <= :now",
            values={":now": now},
        )
        self._try_update(write)

    def _try_update(self, write: dict[str, Item]) -> bool:
        try:
            self._writes.update_item(write)
        except LostRaceError:
            return False
        return True


def _read_account(breaker: Item | None, pace: Item | None, last: Item | None) -> AccountState:
    return AccountState(_read_breaker(breaker), _read_schedule(pace), Slot.model_validate(last) if last else None)


def _read_breaker(item: Item | None) -> Breaker:
    return Breaker.model_validate(item or {})


def _read_schedule(item: Item | None) -> StartSchedule:
    return StartSchedule.model_validate(item or {})


def _read_model_breakers(item: Item | None) -> ModelBreakers:
    return ModelBreakers.model_validate(item or {})
