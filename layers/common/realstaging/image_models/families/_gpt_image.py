"""What GPT Image 1 and 1.5 share: most of their input, and the three shapes they make."""

from typing import Any, Literal

from pydantic import Field

from realstaging.image_models.registry import Order, ProviderInput, nearest_ratio

RATIOS = ("1:1", "3:2", "2:3")
MAX_PIXELS = 1536 * 1024


class Input(ProviderInput):
    prompt: str = Field(min_length=1)
    input_images: list[str] = Field(min_length=1)
    aspect_ratio: Literal["1:1", "3:2", "2:3"] = "1:1"
    quality: Literal["low", "medium", "high", "auto"] = "auto"
    input_fidelity: Literal["low", "high"] = "low"
    number_of_images: int = Field(default=1, ge=1, le=10)
    background: Literal["auto", "transparent", "opaque"] = "auto"
    output_format: Literal["png", "jpeg", "webp"] = "webp"
    output_compression: int = Field(default=90, ge=0, le=100)
    moderation: Literal["auto", "low"] = "auto"
    user_id: str | None = None


def filled(order: Order) -> dict[str, Any]:
    """The shape nearest to the photo's, and everything that keeps the room as it is."""
    return {
        "prompt": order.prompt,
        "input_images": [order.image],
        "aspect_ratio": nearest_ratio(RATIOS, order.width, order.height),
        "quality": "high",
        "input_fidelity": "high",
        "background": "opaque",
        "output_format": "png",
    }
