"""What to draw, and the error for a picture that cannot be opened."""

from dataclasses import dataclass

PIXELS = 1024 * 1024


class PictureError(Exception):
    """The photo cannot be opened. Its text becomes the `error` of the failed prediction."""


@dataclass(frozen=True)
class Order:
    prompt: str
    seed: int
    aspect_ratio: str = "match_input_image"
    output_format: str = "webp"
    quality: int = 95
    pixels: int = PIXELS
    mistake: str | None = None
    by: float | None = None
