"""Qwen Image Edit: the first edition, one picture in and no choice of shape."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import Order, Price, ProviderInput, Seed, StagingModel, register


class Input(ProviderInput):
    image: str
    prompt: str = Field(min_length=1)
    go_fast: bool = True
    seed: Seed | None = None
    output_format: Literal["webp", "jpg", "png"] = "webp"
    output_quality: int = Field(default=95, ge=0, le=100)
    disable_safety_checker: bool = False


def build(order: Order) -> Input:
    return Input(image=order.image, prompt=order.prompt, seed=order.seed, output_format="png")


register(
    StagingModel(
        id="qwen/qwen-image-edit",
        version=None,
        name="Qwen Image Edit",
        description="The first edition of Qwen Image Edit: the quickest, less exact than its successors.",
        input=Input,
        build=build,
        price=Price(Decimal("0.03")),
        typical_seconds=2.9,
        accepts_seed=True,
        keeps_aspect=True,
        max_inputs=1,
        max_pixels=None,
        output_formats=("webp", "jpg", "png"),
        unverified=(
            "price: 0.025 to 0.03 USD per image in secondary sources",
            "input: names and types seen; defaults and bounds taken from qwen-image-edit-plus",
            "keeps_aspect: no shape can be asked for; that it keeps the photo's is how editing models behave",
            "seed: upper bound not stated",
        ),
    )
)
