"""FLUX.1 Kontext [max], by Black Forest Labs."""

from decimal import Decimal

from realstaging.image_models.families._flux_kontext import Input, build
from realstaging.image_models.registry import Price, StagingModel, register

register(
    StagingModel(
        id="black-forest-labs/flux-kontext-max",
        version=None,
        name="FLUX.1 Kontext max",
        description="The strongest of the Kontext models, at twice the price; keeps the photo's shape.",
        input=Input,
        build=build,
        price=Price(Decimal("0.08")),
        typical_seconds=4.9,
        accepts_seed=True,
        keeps_aspect=True,
        max_inputs=1,
        max_pixels=None,
        output_formats=("jpg", "png"),
        image_field="input_image",
        unverified=(
            "keeps_aspect: match_input_image picks one of its own sizes of about a megapixel, near the photo's shape",
            "seed: bounds not stated",
        ),
    )
)
