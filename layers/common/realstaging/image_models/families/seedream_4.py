"""Seedream 4, by ByteDance: results up to 4K at one price."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from realstaging.image_models.families import _seedream
from realstaging.image_models.registry import Order, Price, StagingModel, register


class Input(_seedream.Input):
    prompt: str = Field(min_length=1)
    image_input: list[str] = Field(min_length=1, max_length=10)
    size: Literal["1K", "2K", "4K", "custom"] = "2K"
    aspect_ratio: Literal["match_input_image", "1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9"] = (
        "match_input_image"
    )
    enhance_prompt: bool = True


def build(order: Order) -> Input:
    # Not enhanced: that rewrites the prompt, and what must not change in the room comes first in ours.
    return Input(prompt=order.prompt, image_input=[order.image], enhance_prompt=False)


register(
    StagingModel(
        id="bytedance/seedream-4",
        version=None,
        name="Seedream 4",
        description="Rich detail at 2K, slower; keeps the photo's shape.",
        input=Input,
        build=build,
        price=Price(Decimal("0.03")),
        typical_seconds=14.4,
        accepts_seed=False,
        keeps_aspect=True,
        max_inputs=10,
        max_pixels=_seedream.MAX_PIXELS,
        output_formats=("jpg",),
        image_field="image_input",
        fixed=("sequential_image_generation", "max_images"),
        unverified=(
            "output_formats: not in the schema; jpg is what was seen",
            "keeps_aspect: how near match_input_image comes to the photo's shape",
        ),
    )
)
