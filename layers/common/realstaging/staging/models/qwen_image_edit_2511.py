"""Qwen Image Edit 2511: edits a photo by instruction, keeps its shape, cheap and quick."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from realstaging.staging.registry import Order, Price, StagingModel, register


class Input(BaseModel):
    """The provider's fields, names, defaults and bounds; what we choose differently is in `build`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: list[str] = Field(min_length=1, max_length=3)
    prompt: str = Field(min_length=1)
    aspect_ratio: Literal["match_input_image", "1:1", "16:9", "9:16", "4:3", "3:4"] = "match_input_image"
    go_fast: bool = True
    seed: int | None = Field(default=None, ge=0)
    output_format: Literal["webp", "jpg", "png"] = "webp"
    output_quality: int = Field(default=95, ge=0, le=100)
    disable_safety_checker: bool = False


def build(order: Order) -> Input:
    # PNG: we encode the result ourselves, and one lossy step shows less than two. The quality is sent
    # all the same, so that a provider that ignores the format does not fall back to a lower one.
    return Input(image=[order.image], prompt=order.prompt, seed=order.seed, output_format="png", output_quality=95)


register(
    StagingModel(
        id="qwen/qwen-image-edit-2511",
        version=None,
        name="Qwen Image Edit 2511",
        description="Furnishes quickly and at low cost; keeps the photo's viewpoint and shape.",
        input=Input,
        build=build,
        price=Price(Decimal("0.03")),
        typical_seconds=8.0,
        accepts_seed=True,
        keeps_aspect=True,
        max_inputs=3,
        max_pixels=None,
        output_formats=("webp", "jpg", "png"),
        unverified=(
            "price: 0.02 to 0.03 USD per image in secondary sources",
            "typical_seconds: inferred from its predecessor's 6.4 s",
            "input: field names seen; defaults and enums taken from qwen-image-edit-plus",
            "max_inputs: 'works best with 1 to 3 images'",
            "seed: upper bound not stated",
        ),
    )
)
