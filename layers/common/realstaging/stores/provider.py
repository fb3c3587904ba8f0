"""How it stands with the provider, in the single table: two rows that all starts share, and each owner's place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from realstaging.models import circuit_breaker as breaking
from realstaging.models import start_schedule
from realstaging.models.jobs import Job
from realstaging.models.provider import Breaker, ModelBreakers, Slot, StartSchedule, micros
from realstaging.models.runtime_settings import Overrides
from realstaging.stores import keys
from realstaging.stores.runtime_settings import live
from realstaging.stores.table import Item, LostRaceError, Writes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TRIES = 20
DAY = 24 * 60 * 60
OPENED = ("until", "seconds", "probes", "reason", "failures")


@dataclass(frozen=True, slots=True)
class StartState:
    """All that a start depends on, as it stood at one moment."""

    job: Job | None
    live: Overrides
    breaker: Breaker
    pace: StartSchedule
    models: ModelBreakers
    last: Slot | None  # the latest place that the job's owner has taken


class ProviderStore:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)

    def scene(self, owner: str, job_id: str) -> StartState:
        """One call, whatever there is to know."""
        wanted = [
            keys.job(owner, job_id),
            keys.live(),
            keys.breaker(),
            keys.pace(),
            keys.place(owner),
            keys.model_breakers(),
        ]
        found = {(str(item["pk"]), str(item["sk"])): item for item in self._writes.get_many(wanted)}
        job, set_now, breaker, pace, last, models = (found.get((key["pk"], key["sk"])) for key in wanted)
        return StartState(
            job=Job.model_validate(job) if job else None,
            live=live(set_now),
            breaker=_breaker(breaker),
            pace=_pace(pace),
            models=_model_breakers(models),
            last=Slot.model_validate(last) if last else None,
        )

    # -- the breaker -------------------------------------------------------------------------------

    def answers(self) -> bool:
        """Whether the breaker is closed: as far as we know, the provider is there."""
        return _breaker(self._writes.get(keys.breaker())).until is None

    def open(self, reason: str, at: datetime, seconds: int) -> bool:
        """Whether it was closed until now."""
        put = {"reason": reason, "until": keys.stamp(at + timedelta(seconds=seconds)), "seconds": seconds}
        write = self._writes.update(keys.breaker(), put=put, drop=["probes"], when="attribute_not_exists(#until)")
        return self._happens(write)

    def note_failure(self) -> Breaker:
        """One more in a row; as it then is."""
        return _breaker(self._writes.update_item(self._writes.update(keys.breaker(), add={"failures": 1})))

    def forget_failures(self) -> None:
        """The provider has answered; if the breaker has opened meanwhile, that is for a probe to say."""
        write = self._writes.update(keys.breaker(), drop=["failures"], when="attribute_not_exists(#until)")
        self._happens(write)

    def give_back(self, tried: Breaker, before: Breaker) -> None:
        """The try was not made after all: it is `before` again for the next one, unless it has changed since."""
        assert tried.until is not None
        assert before.until is not None
        write = self._writes.update(
            keys.breaker(),
            put={"until": keys.stamp(before.until), "seconds": before.seconds, "probes": before.probes},
            when="#until = :tried",
            values={":tried": keys.stamp(tried.until)},
        )
        self._happens(write)

    def model_breakers(self) -> ModelBreakers:
        return _model_breakers(self._writes.get(keys.model_breakers()))

    def change_models(self, read: ModelBreakers, models: dict[str, Breaker]) -> bool:
        """Whether they were still as read."""
        write = self._writes.update(
            keys.model_breakers(),
            put={"models": {id: each.model_dump(mode="json", exclude_none=True) for id, each in models.items()}},
            add={"version": 1},
            when="#version = :read" if read.version else "attribute_not_exists(#version)",
            values={":read": read.version} if read.version else None,
        )
        return self._happens(write)

    def try_once(self, breaker: Breaker, at: datetime) -> Breaker | None:
        """Win the right to start one run while it is open; None if somebody else has it.

        The pause that follows if this is in vain begins now, so that one who dies trying costs only time.
        """
        assert breaker.until is not None
        seconds = breaking.next_seconds(breaker)
        write = self._writes.update(
            keys.breaker(),
            put={"until": keys.stamp(at + timedelta(seconds=seconds)), "seconds": seconds},
            add={"probes": 1},
            when="#until = :read",
            values={":read": keys.stamp(breaker.until)},
        )
        try:
            return _breaker(self._writes.update_item(write))
        except LostRaceError:
            return None

    def close(self, breaker: Breaker) -> bool:
        """After a try that was answered; False if it is not the same pause any more."""
        assert breaker.until is not None
        values = {":tried": keys.stamp(breaker.until)}
        return self._happens(self._writes.update(keys.breaker(), drop=OPENED, when="#until = :tried", values=values))

    # -- the schedule ------------------------------------------------------------------------------

    def take(
        self, pace: StartSchedule, last: Slot | None, at: datetime, per_minute: int
    ) -> tuple[Slot | None, StartSchedule]:
        """The next place in the schedule, if the owner whose latest one is `last` may have it, and the schedule as
        it then is. `pace`: as it was read, or older."""
        step, reach = start_schedule.step(per_minute), start_schedule.horizon(per_minute)
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
                values[":furthest"] = now + reach
            write = self._writes.update(keys.pace(), when=when, values=values, **taken)
            try:
                pace = _pace(self._writes.update_item(write))
            except LostRaceError as error:
                pace = _pace(error.failed[0])
                continue
            return Slot(at=pace.next_at - step, per_minute=per_minute), pace
        raise RuntimeError("the schedule kept changing")

    def note_place(self, owner: str, slot: Slot, at: datetime) -> None:
        """The owner's latest place. It only decides whose turn is next: that it may be a little old does not matter."""
        put = slot.model_dump(mode="json") | {"expires_at": int(at.timestamp()) + DAY}
        self._writes.update_item(self._writes.update(keys.place(owner), put=put))

    def hold(self, at: datetime, seconds: float) -> None:
        """Everybody waits so much longer; those who are told so together are told once."""
        now, longer = micros(at), round(seconds * 1_000_000)
        write = self._writes.update(
            keys.pace(),
            put={"held_until": now + longer},
            add={"held": longer},
            when="attribute_not_exists(#held_until) OR #held_until <= :now",
            values={":now": now},
        )
        self._happens(write)

    def _happens(self, write: dict[str, Item]) -> bool:
        try:
            self._writes.update_item(write)
        except LostRaceError:
            return False
        return True


def _breaker(item: Item | None) -> Breaker:
    return Breaker.model_validate(item or {})


def _pace(item: Item | None) -> StartSchedule:
    return StartSchedule.model_validate(item or {})


def _model_breakers(item: Item | None) -> ModelBreakers:
    return ModelBreakers.model_validate(item or {})
