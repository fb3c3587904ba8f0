"""Small pictures to take in, in every format, and what to look for in them afterwards."""

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw

from realstaging import config

LIMITS = config.Images(
    max_pixels=2_000_000,
    max_pixels_whole=2_000_000,
    min_side=64,
    master_long_side=256,
    thumbnail_long_side=64,
    aspect_tolerance=0.04,
)
# Where a test looks at single pixels, nothing is made smaller.
LARGE = LIMITS.model_copy(update={"master_long_side": 2048})

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/heic": "HEIF",
    "image/avif": "AVIF",
    "image/tiff": "TIFF",
}
RED, WHITE = (250, 0, 0), (250, 250, 250)

pillow_heif.register_heif_opener()


def room(width: int = 320, height: int = 240) -> Image.Image:
    """A white picture whose upper left quarter is red, so that every turn shows."""
    image = Image.new("RGB", (width, height), WHITE)
    ImageDraw.Draw(image).rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill=RED)
    return image


def encoded(image: Image.Image, content_type: str = "image/jpeg", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, FORMATS[content_type], **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunk(png: bytes, added: bytes) -> bytes:
    return png[:33] + added + png[33:]


def announcing(png: bytes, width: int, height: int) -> bytes:
    return png[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + png[33:]


def is_near(actual: Any, expected: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(actual, expected, strict=True))


def quarters(image: Image.Image) -> str:
    """R or W for upper left, upper right, lower left and lower right."""
    spots = [(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    pixels = [image.getpixel((int(x * image.width), int(y * image.height))) for x, y in spots]
    return "".join("R" if is_near(pixel, RED) else "W" for pixel in pixels)
