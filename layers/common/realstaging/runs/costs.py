"""The cost of a run, booked when it ends.

The provider bills what was delivered, usable or not, and a run that was stopped after
it had begun (`canceled`); a run that failed, or was stopped before it began (`aborted`), is free.
A run whose end is unknown is booked when the provider reports it after all; until then it counts as free.
"""

from decimal import Decimal

from realstaging.image_models.run_price import Size, price
from realstaging.models.images import Image
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.runs import Prediction, Run

BILLED = ("succeeded", "canceled")


def build_run(job: Job, outcome: str, run: Prediction | None, photo: Image | None, made: Size | None = None) -> Run:
    """The line for an attempt's end. `made`: the size of what was delivered; else that of the photo is taken."""
    billed = run is not None and is_billed(run)
    seconds = run.predict_seconds if run else None
    return Run(
        attempt=job.start_number,
        model=job.model,
        outcome=outcome,
        account=job.provider_account,
        cost_usd=price(job, photo, made) if billed else Decimal(0),
        predict_seconds=None if seconds is None else Decimal(str(round(seconds, 3))),
    )


def is_billed(run: Prediction) -> bool:
    return run.status in BILLED


def find_unbooked(job: Job, start_number: int) -> Job | None:
    """The job as it was in an attempt that ended without a cost; None if the attempt goes on or has one."""
    line = next((run for run in job.runs if run.attempt == start_number), None)
    if line and line.cost_usd:
        return None
    if start_number == job.start_number:
        # Queued without a line, it was put off.
        return job if line or job.status.final or job.status is JobStatus.QUEUED else None
    if not 0 < start_number < job.start_number:
        return None
    # Its input is known only if the next attempt used the same model; its run, only by our marker. A start that was
    # put off has left nothing: most likely it was the same model's.
    model = line.model if line else job.model
    sent = job.input if model == job.model else None
    number = {"attempt": start_number, "deferrals": 0}
    return job.model_copy(update=number | {"model": model, "input": sent, "prediction_id": None})
