"""Seedream 3, by ByteDance: makes pictures from text alone, so it cannot stage a photo and is not offered."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import Order, Price, ProviderInput, Seed, StagingModel, register


class Input(ProviderInput):
    prompt: str = Field(min_length=1)
    aspect_ratio: Literal["1:1", "3:4", "4:3", "16:9", "9:16", "2:3", "3:2", "21:9", "custom"] = "16:9"
    size: Literal["small", "regular", "big"] = "regular"
    width: int = Field(default=2048, ge=512, le=2048)
    height: int = Field(default=2048, ge=512, le=2048)
    guidance_scale: float = Field(default=2.5, ge=1, le=10)
    seed: Seed | None = None


def build(order: Order) -> Input:
    return Input(prompt=order.prompt, seed=order.seed)


register(
    StagingModel(
        id="bytedance/seedream-3",
        version=None,
        name="Seedream 3",
        description="Draws a room from words; it takes no photo.",
        input=Input,
        build=build,
        price=Price(Decimal("0.03")),
        typical_seconds=14.4,
        accepts_seed=True,
        keeps_aspect=False,
        max_inputs=0,
        max_pixels=2048 * 2048,
        output_formats=("jpg",),
        offered=False,
        unverified=(
            "price: secondary source, which also reports the model as out of service",
            "typical_seconds: not measured; taken from seedream-4",
            "output_formats: not in the schema",
        ),
    )
)
