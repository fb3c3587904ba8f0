"""Paid runs at the provider, and the messages about them."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from pydantic import AwareDatetime

from realstaging.ids import ULID_PATTERN
from realstaging.models.base import Frozen
from realstaging.models.provider import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from realstaging.models.jobs import Job

DELIVERED = "delivered"

# A job's marker: its id and attempt, as it stands in the file name of a run's input.
MARKER = re.compile(rf"job_{ULID_PATTERN}-\d+")


def without_queries(text: str) -> str:
    """The provider's words without what follows a question mark in addresses: our signatures are there."""
    return re.sub(r"\?[^\s\"']+", "?…", text)


# How often a message goes from its function back into the queue that feeds it. Lambda stops a chain of about 16.
MAX_ROUNDS = 12
# A job that has a place in the schedule needs only one more as a rule; parked, it would come too late for it.
MAX_ROUNDS_WITH_PLACE = 15
# What is left of them for a job that has waited in the table: there are many then, and each asks seldom.
ROUNDS_AFTER_PARKING = 2


class StageMessage(Frozen):
    """StageQueue: start this job. `rounds`: how often it has come back to the queue since a sweep or a request;
    `delay_seconds`: how long it was to be hidden.
    """

    owner: str
    job_id: str
    traceparent: str
    correlation_id: str
    rounds: int | None = None
    delay_seconds: int | None = None


class Prediction(Frozen):
    """What the provider says of one paid run. `status` may be one we have never heard of."""

    id: str
    status: str
    output: Any = None
    error: str | None = None
    predict_seconds: float | None = None
    marks: str = ""

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """From the provider's own JSON, whatever it holds. `marks`: our markers in its input."""
        error, metrics = data.get("error"), data.get("metrics")
        seconds = metrics.get("predict_time") if isinstance(metrics, dict) else None
        return cls(
            id=str(data.get("id") or ""),
            status=str(data.get("status") or ""),
            output=data.get("output"),
            error=None if error is None else without_queries(str(error))[:2000],
            predict_seconds=seconds if isinstance(seconds, int | float) else None,
            marks=" ".join(MARKER.findall(str(data.get("input")))),
        )

    @property
    def finished(self) -> bool:
        return self.status in ("succeeded", "failed", "canceled", "aborted")


class Run(Frozen):
    """What became of one attempt and what it cost: `outcome` is `delivered` or the code of an error.

    `attempt` is the job's `start_number`, here and in the messages and addresses below. `account`: whom the provider
    bills.
    """

    attempt: int
    model: str
    outcome: str
    account: str = DEFAULT_ACCOUNT
    cost_usd: Decimal = Decimal(0)
    predict_seconds: Decimal | None = None


class UnbookedRun(Frozen):
    """The run of a job that was deleted before its end was told; `cost_usd` if it is billed.

    `marker` is what its input carries of us. `called_off`: its owner canceled or deleted it while it was under way.
    `first`: no other run of the job was billed. Nobody asks for it after `until`.
    """

    attempt: int
    account: str = DEFAULT_ACCOUNT
    prediction_id: str | None = None
    marker: str
    project_id: str
    period: str
    traceparent: str
    cost_usd: Decimal
    called_off: bool
    first: bool
    until: AwareDatetime


class ResultMessage(Frozen):
    """ResultQueue: what became of this attempt; without a prediction: go and ask.

    `account` is that of the run; with a prediction, the one whose secret has signed it. With `cancel`, the run of this
    id is of no use any more: tell the provider.
    """

    owner: str
    job_id: str
    attempt: int
    account: str = DEFAULT_ACCOUNT
    traceparent: str
    prediction: Prediction | None = None
    cancel: str | None = None

    @classmethod
    def ask(cls, job: "Job") -> Self:
        """Go and ask what became of the job's current attempt."""
        return cls(
            owner=job.owner,
            job_id=job.id,
            attempt=job.start_number,
            account=job.provider_account,
            traceparent=job.traceparent,
        )

    @classmethod
    def stop(cls, job: "Job", run_id: str) -> Self:
        """Nobody waits for this run any more."""
        return cls.ask(job).model_copy(update={"cancel": run_id})
