"""Starts on a clock of our own: a queue whose delays pass at once, and a provider with a limit."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from realstaging.gateways.replicate.accounts import ReplicateAccounts
from realstaging.gateways.replicate.client import Replicate
from realstaging.gateways.replicate.errors import AccountError, NotTakenError, UnsureError
from realstaging.models.jobs import Job
from realstaging.models.runs import MAX_ROUNDS, ROUNDS_AFTER_PARKING, Prediction, StageMessage
from realstaging.runs.admission import Admission
from realstaging.runs.model_input import ModelInputBuilder
from realstaging.runs.start import Starter
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore
from realstaging.stores.runtime_settings import OverrideStore
from tests.support.world import Clock, World


class Limited:
    """Takes `most` runs in any `window`, and is out of order while `fault` says so."""

    def __init__(self, clock: Clock, *, most: int = 1_000_000, window: float = 60) -> None:
        self._clock, self._most, self._window = clock, most, timedelta(seconds=window)
        self.taken: list[datetime] = []
        self.throttled = self.asked = 0
        self.fault: Callable[[], Exception | None] = lambda: None

    def prepare(self) -> None:
        """No token is needed here."""

    def close(self) -> None:
        """There are no connections."""

    def create(
        self, *, model: str, version: str | None, input: dict[str, Any], webhook: str | None, cancel_after: int
    ) -> Prediction:
        self.asked += 1
        if (fault := self.fault()) is not None:
            raise fault
        at = self._clock.at
        lately = [each for each in self.taken[-self._most :] if each > at - self._window]
        if len(lately) >= self._most:
            self.throttled += 1
            free = lately[-self._most] + self._window - at
            raise NotTakenError("throttled", max(free.total_seconds(), 1))
        self.taken.append(at)
        return Prediction(id=f"run{len(self.taken)}", status="starting")

    def find(self, prediction_id: str) -> Prediction | None:
        return None

    def find_marked(self, marker: str, since: datetime, until: datetime) -> Prediction | None:
        return None

    def cancel(self, prediction_id: str) -> None:
        """Nothing runs here."""


def starter(
    world: World,
    provider: Limited | Replicate | Mapping[str, Limited],
    *,
    jobs: JobStore | None = None,
    pause: Callable[[float], object] | None = None,
) -> Starter:
    """The function's own from now on, with this provider, or one for each account, and with waits that pass at once."""
    of_account = provider if isinstance(provider, Mapping) else {"default": provider}
    module = world.function("stage_image")
    breakers = ProviderStore(world.table)
    module.starter = made = Starter(
        RuntimeSettings(world.settings, OverrideStore(world.table)),
        jobs=jobs or world.jobs,
        provider=breakers,
        planner=ModelInputBuilder(images=world.images, media=module.media, secrets=module.secrets),
        admission=Admission(breakers, pause or (lambda seconds: world.clock.forward(seconds=seconds))),
        replicate=ReplicateAccounts(cast(Mapping[str, Replicate], of_account)),
        queue=world.stage_queue,
        results=world.result_queue,
        webhook_base=world.provider.receiver.url,
    )
    return made


def messages(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    return [{"owner": job.owner, "job_id": job.id, "traceparent": "", "correlation_id": "1"} for job in jobs]


def deliver(world: World, starter: Starter, jobs: Sequence[Job], *, until: timedelta) -> Iterator[dict[str, Any]]:
    """Each message when its delay is over, in the order in which they are due; the clock follows."""
    ends = world.clock.at + until
    waiting = [(world.clock.at, number, message) for number, message in enumerate(messages(jobs))]
    number = len(waiting)
    heapq.heapify(waiting)
    while waiting and waiting[0][0] <= ends:
        due, _, message = heapq.heappop(waiting)
        world.clock.at = max(world.clock.at, due)
        starter.start(StageMessage.model_validate(message), world.clock.at)
        yield message
        for sent in (again := world.to_stage()):
            number += 1
            heapq.heappush(waiting, (world.clock.at + timedelta(seconds=sent.pop("delay")), number, sent))
        job = None if again else world.jobs.find(message["owner"], message["job_id"])
        if job and job.parked and job.due_at and job.status == "queued":
            # The sweep finds it within a minute of its date.
            number += 1
            found = message | {"rounds": MAX_ROUNDS - ROUNDS_AFTER_PARKING}
            heapq.heappush(waiting, (job.due_at + timedelta(seconds=30), number, found))


NO_ANSWER, NO_CREDIT = UnsureError("status 503"), AccountError("out of credit", None)
