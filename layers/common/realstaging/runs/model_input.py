"""Builds the input of a run: the model, its parameters, the prompt, the photo and the seed."""

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from realstaging.config import Settings
from realstaging.errors import InputRefusedError, ModelUnavailableError
from realstaging.gateways.media import Media, master_key
from realstaging.gateways.secrets import Secrets
from realstaging.image_models import prompts
from realstaging.image_models.registry import Order, StagingModel
from realstaging.jobs.builder import MAX_SEED
from realstaging.models.jobs import Job
from realstaging.observability import count, log
from realstaging.runs import ladder, model_selection
from realstaging.stores.images import ImageStore

URL_MARGIN_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Plan:
    """A run, ready to be created."""

    model: StagingModel
    input: dict[str, Any]
    seed: int | None
    prompt_version: str
    ordered: Job

    @property
    def chosen(self) -> dict[str, Any]:
        """What the job's row stores: neither the photo's URL nor the prompt, nor a secret."""
        shown = {name: value for name, value in self.input.items() if name not in self.model.private}
        remembered = {
            "model": self.model.id,
            "ordered_model": self.ordered.model,
            "model_version": self.model.version,
            "prompt_version": self.prompt_version,
            "seed": self.seed,
            "seed_given": self.ordered.seed,
        }
        # The table holds no floats.
        exact = json.loads(json.dumps(shown), parse_float=Decimal)
        return {name: value for name, value in remembered.items() if value is not None} | {"input": exact}


class ModelInputBuilder:
    def __init__(self, *, images: ImageStore, media: Media, secrets: Secrets) -> None:
        self._images, self._media, self._secrets = images, media, secrets

    def plan(self, job: Job, settings: Settings, is_open: Callable[[str], bool] = lambda _: False) -> Plan:
        """Everything that can fail without the provider fails here. `is_open`: whether a model's breaker is open.

        Raises InputRefusedError, and ModelUnavailableError where only models are left that the provider refuses.
        """
        ordered = job.ordered()
        prompt = prompts.ordered(ordered, settings)
        image = self._images.find(job.owner, job.image_id) if model_selection.shape_matters(job, settings) else None
        order = model_selection.order_of(job, prompt.text, image)
        available = [each.id for each in model_selection.chain(job, settings) if self._is_available(each, job, order)]
        model = model_selection.choose(job, settings, lambda it: it.id in available and not is_open(it.id))
        if model is None and (any(map(is_open, available)) or _has_refusal(job, available)):
            raise ModelUnavailableError(
                "The model is not available now, and no other one takes this photo as ordered. Choose another one, "
                "or try again later."
            )
        if model is None:
            raise InputRefusedError(
                "The model is not offered any more, and no other one takes this photo as ordered. Choose another one."
            )
        parameters = settings.models.parameters.get(model.id, {})
        seed = _choose_seed(order, model, parameters, ladder.rerolls(job))
        complete = replace(
            order, image=self._build_photo_url(job, settings), seed=seed, secrets=self._find_secrets(model)
        )
        return Plan(model, _fill(model, complete, parameters), seed, prompt.version, ordered)

    def _is_available(self, model: StagingModel, job: Job, order: Order) -> bool:
        has_keys = not model.needs_secret or bool(self._find_secrets(model))
        return has_keys and model_selection.takes_over(model, job, order)

    def _find_secrets(self, model: StagingModel) -> dict[str, str]:
        if not (model.needs_secret and model.needed_secret):
            return {}
        key = self._secrets.find(model.needed_secret)
        return {model.needs_secret: key} if key else {}

    def _build_photo_url(self, job: Job, settings: Settings) -> str:
        key = master_key(job.owner, job.image_id)
        if settings.replicate.inputs == "inline":
            return "data:image/jpeg;base64," + base64.b64encode(self._media.read(key)).decode()
        seconds = settings.replicate.cancel_after_seconds + URL_MARGIN_SECONDS
        return self._media.link(key, seconds, name=f"{job.id}-{job.start_number + 1}.jpg")


def _has_refusal(job: Job, models: list[str]) -> bool:
    return any(run.outcome == ModelUnavailableError.code and run.model in models for run in job.runs)


def _fill(model: StagingModel, order: Order, parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return model.fill(order, parameters)
    except ValidationError:
        # They were valid when they were set; a deployment since has changed the model.
        log.error("stored parameters no longer valid", model=model.id)
        count("SettingUnfit")
        return model.fill(order)


def _choose_seed(order: Order, model: StagingModel, parameters: Mapping[str, Any], rerolls: int = 0) -> int | None:
    """The owner's seed, else the one in the parameters, else a random one, so that every run can be repeated.

    Each of the `rerolls` (results that failed their checks) adds one: the same seed makes the same picture.
    """
    if not model.accepts_seed:
        return None
    if order.seed is not None:
        return _count_up(order.seed, rerolls)
    chosen = parameters.get("seed")
    if isinstance(chosen, int | Decimal) and 0 <= chosen <= MAX_SEED:
        return _count_up(int(chosen), rerolls)
    return random.randint(1, MAX_SEED)  # noqa: S311 (not a secret)


def _count_up(seed: int, by: int) -> int:
    return (seed + by - 1) % MAX_SEED + 1 if by else seed
