"""Nano Banana Pro (Gemini 3 Pro Image), by Google: dearer and slower, up to 4K."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import Order, Price, ProviderInput, StagingModel, register


class Input(ProviderInput):
    prompt: str = Field(min_length=1)
    image_input: list[str] = Field(min_length=1, max_length=14)
    aspect_ratio: Literal[
        "match_input_image", "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"
    ] = "match_input_image"
    resolution: Literal["1K", "2K", "4K"] = "2K"
    output_format: Literal["jpg", "png"] = "jpg"
    safety_filter_level: Literal["block_low_and_above", "block_medium_and_above", "block_only_high"] = "block_only_high"
    allow_fallback_model: bool = False


def build(order: Order) -> Input:
    # No fallback: it would quietly hand the photo to another vendor's model.
    return Input(
        prompt=order.prompt, image_input=[order.image], output_format="png", resolution="2K", allow_fallback_model=False
    )


register(
    StagingModel(
        id="google/nano-banana-pro",
        version=None,
        name="Nano Banana Pro",
        description="Premium: the most faithful to light and perspective, at 2K; keeps the photo's shape.",
        input=Input,
        build=build,
        price=Price(Decimal("0.15"), unless=(("resolution", "4K", Decimal("0.30")),)),
        typical_seconds=20.0,
        accepts_seed=False,
        keeps_aspect=True,
        max_inputs=14,
        max_pixels=None,
        output_formats=("jpg", "png"),
        image_field="image_input",
        unverified=(
            "typical_seconds: about 20 s in one secondary source",
            "keeps_aspect: match_input_image may fall on the nearest of its ten ratios",
        ),
    )
)
