"""GPT Image 1, by OpenAI: runs on an OpenAI key of ours, which OpenAI bills."""

from decimal import Decimal

from pydantic import SecretStr

from realstaging.image_models.families import _gpt_image
from realstaging.image_models.registry import Order, Price, StagingModel, register

KEY = "openai_api_key"


class Input(_gpt_image.Input):
    openai_api_key: SecretStr


def build(order: Order) -> Input:
    return Input(openai_api_key=SecretStr(order.secrets[KEY]), **_gpt_image.filled(order))


register(
    StagingModel(
        id="openai/gpt-image-1",
        version=None,
        name="GPT Image 1",
        description="Understands instructions very well, redraws details; for photos of 3:2, 2:3 or 1:1 only.",
        input=Input,
        build=build,
        price=Price(
            Decimal("0.25"), unless=(("quality", "low", Decimal("0.016")), ("quality", "medium", Decimal("0.063")))
        ),
        typical_seconds=45.9,
        accepts_seed=False,
        keeps_aspect=False,
        max_inputs=16,
        max_pixels=_gpt_image.MAX_PIXELS,
        output_formats=("png", "jpg", "webp"),
        image_field="input_images",
        fixed=("number_of_images",),
        aspect_ratios=_gpt_image.RATIOS,
        needs_secret=KEY,
        unverified=(
            "price: OpenAI's per picture that is not square, from a secondary source; input tokens come on top",
            "max_inputs: OpenAI's own limit; none in the schema",
        ),
    )
)
