"""The capabilities that clients build their forms from."""

from typing import get_args

from realstaging.accounts.quota import plan_options
from realstaging.config import Settings
from realstaging.image_models import registry
from realstaging.models.catalog import Capabilities, Limits, ModelOption, ResultOptions
from realstaging.models.content_types import CONTENT_TYPES
from realstaging.models.picture_checks import CheckPolicy, Format, Size
from realstaging.models.requests import StageSettings
from realstaging.models.verdicts import Mode


def capabilities(settings: Settings) -> Capabilities:
    uploads, images = settings.uploads, settings.images
    return Capabilities(
        room_types=list(settings.room_types),
        styles=list(settings.styles),
        models=[
            ModelOption(
                id=model.id,
                name=model.name,
                description=model.description,
                accepts_seed=model.accepts_seed,
                aspect_ratios=list(model.aspect_ratios),
                max_prompt_length=model.max_prompt,
                price_usd=model.typical_usd(settings.models.parameters.get(model.id)),
                typical_seconds=model.typical_seconds,
                default=model.id == settings.models.default,
            )
            for model in map(registry.get, filter(registry.known, settings.models.enabled))
        ],
        results=ResultOptions(
            modes=list(get_args(Mode)),
            checks=list(get_args(CheckPolicy)),
            default_check=settings.checks.default,
            sizes=list(get_args(Size)),
            formats=list(get_args(Format)),
        ),
        limits=Limits(
            max_files=uploads.max_files,
            max_bytes=uploads.max_bytes,
            max_pixels=images.max_pixels,
            max_pixels_whole=images.max_pixels_whole,
            min_side=images.min_side,
            content_types=list(CONTENT_TYPES),
            styles_per_image=_bound("styles", "max_length"),
            variations=_bound("variations", "le"),
            prompt_min_length=_bound("prompt", "min_length"),
            prompt_max_length=_bound("prompt", "max_length"),
        ),
        plans=plan_options(settings.plans),
    )


def _bound(field: str, name: str) -> int:
    """A constraint of a field of StageSettings: `ge`, `le`, `min_length` or `max_length`."""
    found = (getattr(each, name, None) for each in StageSettings.model_fields[field].metadata)
    return int(next(each for each in found if each is not None))
