"""FLUX.2 [max], by Black Forest Labs: billed by the run and by the megapixel, in and out."""

from decimal import Decimal

from realstaging.image_models.families._flux_2 import MAX_PIXELS, Input, build
from realstaging.image_models.registry import Price, StagingModel, register

register(
    StagingModel(
        id="black-forest-labs/flux-2-max",
        version=None,
        name="FLUX.2 max",
        description="The strongest of the FLUX.2 models, for the hardest rooms; keeps the photo's shape.",
        input=Input,
        build=build,
        price=Price(Decimal("0.04"), megapixel_out=Decimal("0.03"), megapixel_in=Decimal("0.03")),
        typical_seconds=5.6,
        accepts_seed=True,
        keeps_aspect=True,
        max_inputs=8,
        max_pixels=MAX_PIXELS,
        output_formats=("webp", "jpg", "png"),
        image_field="input_images",
        unverified=(
            "price: two secondary sources; that megapixels are rounded up was seen for the input",
            "typical_seconds: not measured; taken from flux-2-pro",
            "resolution: '2 MP' may come out a few pixels over and be billed as three",
            "width, height: multiples of 16 or of 32, by source; not sent by us",
            "seed: bounds not stated",
        ),
    )
)
