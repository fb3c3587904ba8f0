"""Seedream 4.5, by ByteDance: Seedream 4 refined; prompts of 4,000 characters at most."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from realstaging.image_models.families import _seedream
from realstaging.image_models.registry import Order, Price, StagingModel, register

MAX_PROMPT = 4000


class Input(_seedream.Input):
    prompt: str = Field(min_length=1, max_length=MAX_PROMPT)
    image_input: list[str] = Field(min_length=1, max_length=14)
    size: Literal["2K", "4K", "custom"] = "2K"
    aspect_ratio: Literal[
        "match_input_image", "1:1", "4:3", "3:4", "4:5", "5:4", "16:9", "9:16", "3:2", "2:3", "21:9", "9:21"
    ] = "match_input_image"
    disable_safety_checker: bool = False


def build(order: Order) -> Input:
    return Input(prompt=order.prompt, image_input=[order.image])


register(
    StagingModel(
        id="bytedance/seedream-4.5",
        version=None,
        name="Seedream 4.5",
        description="The finest detail of the Seedream models, at 2K; keeps the photo's shape.",
        input=Input,
        build=build,
        price=Price(Decimal("0.04")),
        typical_seconds=14.4,
        accepts_seed=False,
        keeps_aspect=True,
        max_inputs=14,
        max_pixels=_seedream.MAX_PIXELS,
        output_formats=("jpg",),
        image_field="image_input",
        fixed=("sequential_image_generation", "max_images"),
        max_prompt=MAX_PROMPT,
        unverified=(
            "typical_seconds: not measured; taken from seedream-4",
            "output_formats: not in the schema; jpg is what was seen",
            "keeps_aspect: how near match_input_image comes to the photo's shape",
        ),
    )
)
