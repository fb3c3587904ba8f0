"""What Qwen Image Edit Plus (2509) and 2511 share: several input pictures and a choice of shapes."""

from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import Order, ProviderInput, Seed


class Input(ProviderInput):
    image: list[str] = Field(min_length=1, max_length=3)
    prompt: str = Field(min_length=1)
    aspect_ratio: Literal["match_input_image", "1:1", "16:9", "9:16", "4:3", "3:4"] = "match_input_image"
    go_fast: bool = True
    seed: Seed | None = None
    output_format: Literal["webp", "jpg", "png"] = "webp"
    output_quality: int = Field(default=95, ge=0, le=100)
    disable_safety_checker: bool = False


def build(order: Order) -> Input:
    # PNG: we encode the result ourselves, and one lossy step shows less than two. The quality is sent
    # all the same, so that a provider that ignores the format does not fall back to a lower one.
    return Input(image=[order.image], prompt=order.prompt, seed=order.seed, output_format="png", output_quality=95)
