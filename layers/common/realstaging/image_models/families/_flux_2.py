"""What FLUX.2 [pro] and [max] share: their input, and how it is filled."""

from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import Order, ProviderInput, Seed

MAX_PIXELS = 2048 * 2048


class Input(ProviderInput):
    prompt: str = Field(min_length=1)
    input_images: list[str] = Field(min_length=1, max_length=8)
    aspect_ratio: Literal[
        "match_input_image", "custom", "1:1", "16:9", "3:2", "2:3", "4:5", "5:4", "9:16", "3:4", "4:3"
    ] = "1:1"
    resolution: Literal["match_input_image", "0.5 MP", "1 MP", "2 MP", "4 MP"] = "1 MP"
    width: int | None = Field(default=None, ge=256, le=2048)
    height: int | None = Field(default=None, ge=256, le=2048)
    safety_tolerance: int = Field(default=2, ge=1, le=5)
    seed: Seed | None = None
    output_format: Literal["webp", "jpg", "png"] = "webp"
    output_quality: int = Field(default=80, ge=0, le=100)


def build(order: Order) -> Input:
    # 2 MP: the provider advises against more, and each megapixel is billed.
    return Input(
        prompt=order.prompt,
        input_images=[order.image],
        aspect_ratio="match_input_image",
        resolution="2 MP",
        seed=order.seed,
        output_format="png",
        output_quality=95,
    )
