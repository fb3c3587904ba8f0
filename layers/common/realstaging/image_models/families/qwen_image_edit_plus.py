"""Qwen Image Edit Plus (2509): the predecessor of 2511, with the same input."""

from decimal import Decimal

from realstaging.image_models.families._qwen import Input, build
from realstaging.image_models.registry import Price, StagingModel, register

register(
    StagingModel(
        id="qwen/qwen-image-edit-plus",
        version=None,
        name="Qwen Image Edit Plus",
        description="The 2509 edition of Qwen Image Edit: quick and at low cost; keeps the photo's shape.",
        input=Input,
        build=build,
        price=Price(Decimal("0.03")),
        typical_seconds=6.4,
        accepts_seed=True,
        keeps_aspect=True,
        max_inputs=3,
        max_pixels=None,
        output_formats=("webp", "jpg", "png"),
        unverified=(
            "price: 0.02 to 0.04 USD per image in secondary sources",
            "max_inputs: no limit in the schema; 1 to 3 advised",
            "seed: upper bound not stated",
        ),
    )
)
