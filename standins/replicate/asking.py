"""What a prediction asks for, whatever the model calls its fields."""

from typing import Any

from standins.replicate.drawing.order import PIXELS, Order
from standins.replicate.models import Model

IMAGE_FIELDS = ("image", "input_image", "image_input", "input_images")


def images(given: dict[str, Any]) -> list[str]:
    """The pictures to draw into, of which some models take one and others a list."""
    found: Any = next((given[name] for name in IMAGE_FIELDS if given.get(name)), [])
    return [found] if isinstance(found, str) else [str(each) for each in found]


def order(model: Model, given: dict[str, Any], seed: int) -> Order:
    """How the picture is wanted. Models without a choice of format answer with JPEG."""
    shape = given.get("aspect_ratio", "match_input_image")
    chosen = (sizes.get(str(given.get(name))) for name, sizes in model.pixels.items())
    pixels = next(filter(None, chosen), PIXELS)
    if shape == "custom":
        shape, pixels = f"{given['width']}:{given['height']}", given["width"] * given["height"]
    return Order(
        given["prompt"],
        seed,
        shape,
        given.get("output_format", "jpg").replace("jpeg", "jpg"),
        given.get("output_quality", given.get("output_compression", 90)),
        pixels,
    )
