"""What one run costs us: by its model's own rule and the real pixels, in the provider's terms. It names no price."""

from decimal import Decimal

from realstaging.image_models import registry
from realstaging.models.images import Image
from realstaging.models.jobs import Job

Size = tuple[int, int]


def price(job: Job, photo: Image | None, made: Size | None) -> Decimal:
    """Of one run of the job's current model; of one that a later deployment does not know, nobody can say.

    `made`: the size of what was delivered, in pixels; else that of the photo is taken.
    """
    if not registry.known(job.model):
        return Decimal(0)
    given = (photo.master_width or 1, photo.master_height or 1) if photo else (1, 1)
    width, height = made or given
    return registry.get(job.model).price.cost(width, height, given, job.input)


def pixels_matter(job: Job) -> bool:
    """Whether the photo must be read to know what a run of its current model costs."""
    rule = registry.get(job.model).price if registry.known(job.model) else None
    return rule is not None and bool(rule.megapixel_in or rule.megapixel_out)
