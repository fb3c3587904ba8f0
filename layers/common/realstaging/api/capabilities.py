"""Everything a form needs to know before it asks for anything."""

from realstaging.config import Settings
from realstaging.image_models import registry
from realstaging.models.catalog import Capabilities, Limits, ModelOption, Option, PlanOption


def capabilities(settings: Settings) -> Capabilities:
    uploads, images = settings.uploads, settings.images
    return Capabilities(
        room_types=[Option(**choice.model_dump()) for choice in settings.room_types],
        styles=[Option(**choice.model_dump()) for choice in settings.styles],
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
        limits=Limits(
            max_files=uploads.max_files,
            max_bytes=uploads.max_bytes,
            max_pixels=images.max_pixels,
            min_side=images.min_side,
            content_types=["image/jpeg", "image/png", "image/webp", "image/heic"],
            styles_per_image=4,
            variations=4,
            prompt_min_length=10,
            prompt_max_length=2000,
        ),
        plans=[
            PlanOption(id=id, name=plan.name, price_usd=plan.price_usd, images_per_month=plan.images_per_month)
            for id, plan in settings.plans.items()
        ],
    )
