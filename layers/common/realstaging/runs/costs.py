"""What a run costs us: by its model's own rule and the real pixels, in the provider's terms.

The provider names no price. It bills what was delivered, usable or not, and a run that was stopped after
it had begun (`canceled`); a run that failed, or was stopped before it began (`aborted`), is free.
A run whose end nobody could tell is booked when it is told after all, and else counts as free.
"""

from decimal import Decimal

from realstaging.image_models import registry
from realstaging.models.images import Image
from realstaging.models.jobs import Job
from realstaging.models.runs import Prediction, Run

Size = tuple[int, int]
BILLED = ("succeeded", "canceled")


def ended(job: Job, outcome: str, run: Prediction | None, photo: Image | None, made: Size | None = None) -> Run:
    """The line for an attempt's end. `made`: the size of what was delivered; else that of the photo is taken."""
    billed = run is not None and run.status in BILLED
    seconds = run.predict_seconds if run else None
    return Run(
        attempt=job.attempt,
        model=job.model,
        outcome=outcome,
        cost_usd=price(job, photo, made) if billed else Decimal(0),
        predict_seconds=None if seconds is None else Decimal(str(round(seconds, 3))),
    )


def price(job: Job, photo: Image | None, made: Size | None) -> Decimal:
    """Of one run of the job's current model; of one that a later deployment does not know, nobody can say."""
    if not registry.known(job.model):
        return Decimal(0)
    given = (photo.master_width or 1, photo.master_height or 1) if photo else (1, 1)
    width, height = made or given
    return registry.get(job.model).price.cost(width, height, given, job.input)


def not_booked(job: Job, attempt: int) -> Job | None:
    """The job as it was in an attempt that is over without a cost of its own; None if that one is not."""
    line = next((run for run in job.runs if run.attempt == attempt), None)
    if attempt == job.attempt:
        over = job.status.final if line is None else not line.cost_usd
        return job if over else None
    if line is None or line.cost_usd:
        return None
    # What was set for it is only known if the same model has gone on; its run, by our mark alone.
    sent = job.input if line.model == job.model else None
    return job.model_copy(update={"attempt": attempt, "model": line.model, "input": sent, "prediction_id": None})


def pixels_matter(job: Job) -> bool:
    """Whether the photo must be read to know what a run of its current model costs."""
    rule = registry.get(job.model).price if registry.known(job.model) else None
    return rule is not None and bool(rule.megapixel_in or rule.megapixel_out)
