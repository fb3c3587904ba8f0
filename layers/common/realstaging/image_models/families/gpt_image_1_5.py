"""GPT Image 1.5, by OpenAI: billed by the provider, no key of ours needed."""

from decimal import Decimal

from pydantic import SecretStr

from realstaging.image_models.families import _gpt_image
from realstaging.image_models.registry import Order, Price, StagingModel, register


class Input(_gpt_image.Input):
    openai_api_key: SecretStr | None = None  # with one, OpenAI bills its owner


def build(order: Order) -> Input:
    return Input(**_gpt_image.filled(order))


register(
    StagingModel(
        id="openai/gpt-image-1.5",
        version=None,
        name="GPT Image 1.5",
        description="Understands instructions very well, redraws details; for photos of 3:2, 2:3 or 1:1 only.",
        input=Input,
        build=build,
        price=Price(
            Decimal("0.136"), unless=(("quality", "low", Decimal("0.013")), ("quality", "medium", Decimal("0.05")))
        ),
        typical_seconds=47.5,
        accepts_seed=False,
        keeps_aspect=False,
        max_inputs=16,
        max_pixels=_gpt_image.MAX_PIXELS,
        output_formats=("png", "jpg", "webp"),
        image_field="input_images",
        fixed=("number_of_images",),
        aspect_ratios=_gpt_image.RATIOS,
        unverified=(
            "price: one secondary source, which has one price for all shapes",
            "typical_seconds: one run at high quality",
            "max_inputs: OpenAI's own limit; none in the schema",
        ),
    )
)
