"""The cost of a run, booked when it ends.

The provider bills what was delivered, usable or not, and a run that was stopped after
it had begun (`canceled`); a run that failed, or was stopped before it began (`aborted`), is free.
A run whose end is unknown is booked when the provider reports it after all; until then it counts as free.
"""

from decimal import Decimal

from realstaging.image_models.run_price import Size, price
from realstaging.models.images import Image
from realstaging.models.jobs import Job
from realstaging.models.runs import Prediction, Run

BILLED = ("succeeded", "canceled")


def build_run(job: Job, outcome: str, run: Prediction | None, photo: Image | None, made: Size | None = None) -> Run:
    """The line for an attempt's end. `made`: the size of what was delivered; else that of the photo is taken."""
    billed = run is not None and is_billed(run)
    seconds = run.predict_seconds if run else None
    return Run(
        attempt=job.attempt,
        model=job.model,
        outcome=outcome,
        cost_usd=price(job, photo, made) if billed else Decimal(0),
        predict_seconds=None if seconds is None else Decimal(str(round(seconds, 3))),
    )


def is_billed(run: Prediction) -> bool:
    return run.status in BILLED


def find_unbooked(job: Job, attempt: int) -> Job | None:
    """The job as it was in an attempt that ended without a cost; None if the attempt goes on or has one."""
    line = next((run for run in job.runs if run.attempt == attempt), None)
    if attempt == job.attempt:
        over = job.status.final if line is None else not line.cost_usd
        return job if over else None
    if line is None or line.cost_usd:
        return None
    # Its input is known only if the next attempt used the same model; its run, only by our marker.
    sent = job.input if line.model == job.model else None
    return job.model_copy(update={"attempt": attempt, "model": line.model, "input": sent, "prediction_id": None})
