"""Nano Banana (Gemini 2.5 Flash Image), by Google."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import Order, Price, ProviderInput, StagingModel, register


class Input(ProviderInput):
    prompt: str = Field(min_length=1)
    image_input: list[str] = Field(min_length=1)
    aspect_ratio: Literal[
        "match_input_image", "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"
    ] = "match_input_image"
    output_format: Literal["jpg", "png"] = "jpg"


def build(order: Order) -> Input:
    return Input(prompt=order.prompt, image_input=[order.image], output_format="png")


register(
    StagingModel(
        id="google/nano-banana",
        version=None,
        name="Nano Banana",
        description="Understands long instructions well; results of about a megapixel in the photo's shape.",
        input=Input,
        build=build,
        price=Price(Decimal("0.039")),
        typical_seconds=10.5,
        accepts_seed=False,
        keeps_aspect=True,
        max_inputs=3,
        max_pixels=None,
        output_formats=("jpg", "png"),
        image_field="image_input",
        unverified=(
            "keeps_aspect: match_input_image may fall on the nearest of its ten ratios",
            "max_inputs: no limit in the schema; 3 advised",
        ),
    )
)
