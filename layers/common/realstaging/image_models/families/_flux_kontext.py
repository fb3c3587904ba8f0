"""What FLUX.1 Kontext [pro] and [max] share: their input, and how it is filled."""

from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import Order, ProviderInput, Seed


class Input(ProviderInput):
    prompt: str = Field(min_length=1)
    input_image: str
    aspect_ratio: Literal[
        "match_input_image",
        "1:1",
        "16:9",
        "9:16",
        "4:3",
        "3:4",
        "3:2",
        "2:3",
        "4:5",
        "5:4",
        "21:9",
        "9:21",
        "2:1",
        "1:2",
    ] = "match_input_image"
    output_format: Literal["jpg", "png"] = "png"
    # The schema goes to 6, but 2 is the most it takes together with a picture, and there always is one.
    safety_tolerance: int = Field(default=2, ge=0, le=2)
    prompt_upsampling: bool = False
    seed: Seed | None = None


def build(order: Order) -> Input:
    # No upsampling: it rewrites the prompt, and what must not change in the room comes first in ours.
    return Input(
        prompt=order.prompt, input_image=order.image, seed=order.seed, output_format="png", prompt_upsampling=False
    )
