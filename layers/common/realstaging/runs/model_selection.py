"""Which model stages a job: the ordered one, or one that takes over from it."""

from collections.abc import Callable

from realstaging.config import Settings
from realstaging.errors import ModelUnavailableError, OutputUnusableError
from realstaging.image_models import registry
from realstaging.image_models.registry import Order, StagingModel
from realstaging.models.images import Image
from realstaging.models.jobs import Job

# After an attempt with this outcome, its model is not used again for the job.
OUT = (OutputUnusableError.code, ModelUnavailableError.code)


def chain(job: Job, settings: Settings) -> list[StagingModel]:
    """Who may stage it, of those on offer now: the model it was ordered with, those that take over, everybody's."""
    models = settings.models
    ids = dict.fromkeys((job.ordered().model, *models.fallbacks, models.default))
    return [registry.get(id) for id in ids if id in models.enabled and registry.known(id)]


def choose(job: Job, settings: Settings, takes: Callable[[StagingModel], bool]) -> StagingModel | None:
    """The model of the next attempt; None if nobody is left.

    A model that delivered something unusable is not paid a second time, and one that was refused is not
    asked for again. One that failed for reasons of its own goes
    on until its tries are used, and again when nobody else takes the job.
    """
    left = [model for model in chain(job, settings) if not _is_out(job, model) and takes(model)]
    fresh = (model for model in left if _count_tries(job, model) < settings.models.tries_each)
    return next(fresh, left[0] if left else None)


def order_of(job: Job, prompt: str, image: Image | None) -> Order:
    """The order for a model, without the photo itself; `image` is given if its size matters."""
    width, height = (image.master_width, image.master_height) if image else (None, None)
    return Order(image="", prompt=prompt, seed=job.ordered().seed, width=width, height=height)


def shape_matters(job: Job, settings: Settings) -> bool:
    return any(model.aspect_ratios for model in chain(job, settings))


def takes_over(model: StagingModel, job: Job, order: Order) -> bool:
    """Whether another model can do what was ordered. True for the ordered model: it refuses by itself."""
    if model.id == job.ordered().model:
        return True
    return model.refusal(order) is None and (order.seed is None or model.accepts_seed)


def objections(settings: Settings) -> list[str]:
    """What is wrong with the models that these settings name."""
    models = settings.models
    found = [why for id in models.enabled if (why := registry.objection(id))]
    named = {"models.default": models.default}
    named |= {f"models.fallbacks.{index}": id for index, id in enumerate(models.fallbacks)}
    named |= {f"plans.{name}.model": plan.model for name, plan in settings.plans.items() if plan.model}
    found += [f"{where}: {id} is not enabled." for where, id in named.items() if id not in models.enabled]
    for id, parameters in models.parameters.items():
        found += [f"models.parameters: {why}" for why in _check_parameters(id, parameters)]
    return found


def _check_parameters(model_id: str, parameters: dict[str, object]) -> list[str]:
    if not registry.known(model_id):
        return [f"{model_id} is not registered."]
    try:
        registry.get(model_id).check_parameters(parameters)
    except ValueError as error:  # pydantic's is one
        return [f"{model_id}: {error}"]
    return []


def attempts_made(job: Job) -> int:
    """Attempts, except those whose model the provider refused: there, nothing was tried."""
    return job.attempt - sum(run.outcome == ModelUnavailableError.code for run in job.runs)


def _is_out(job: Job, model: StagingModel) -> bool:
    return any(run.model == model.id and run.outcome in OUT for run in job.runs)


def _count_tries(job: Job, model: StagingModel) -> int:
    return sum(run.model == model.id for run in job.runs)
