"""Qwen Image Edit 2511: edits a photo by instruction, keeps its shape, cheap and quick."""

from decimal import Decimal

from realstaging.image_models.families._qwen import Input, build
from realstaging.image_models.registry import Price, StagingModel, register

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
