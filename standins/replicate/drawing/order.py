"""What is to be drawn, and the one thing that can be wrong with the picture it is drawn into."""

from dataclasses import dataclass

PIXELS = 1024 * 1024


class PictureError(Exception):
    """The room cannot be opened; the text a failed prediction shows to its customer."""


@dataclass(frozen=True)
class Order:
    prompt: str
    seed: int
    aspect_ratio: str = "match_input_image"
    output_format: str = "webp"
    quality: int = 95
    pixels: int = PIXELS
