"""Photos of full length with parts lost: what disks, memory cards, transfers and recovery tools leave of a file."""

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from tests.support.camera_files import room, saved

# Of disks and memory cards.
BLOCK = 4096

FORMATS: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": saved,
    "JPEG, progressive": lambda image: saved(image, progressive=True),
    "JPEG, restart markers": lambda image: saved(image, restart_marker_rows=1),
    "HEIC": lambda image: saved(image, "HEIF"),
    "HEIC, tiles": lambda image: saved(image, "HEIF", tile_size=128),
    "AVIF": lambda image: saved(image, "AVIF"),
    "WebP": lambda image: saved(image, "WEBP"),
    "WebP, lossless": lambda image: saved(image, "WEBP", lossless=True),
    "PNG": lambda image: saved(image, "PNG"),
    "TIFF, LZW": lambda image: saved(image, "TIFF", compression="tiff_lzw"),
    "TIFF, deflate": lambda image: saved(image, "TIFF", compression="tiff_adobe_deflate"),
    "TIFF, JPEG within": lambda image: saved(image, "TIFF", compression="jpeg"),
    "TIFF, uncompressed": lambda image: saved(image, "TIFF"),
}


def _over(data: bytes, start: float, end: float, fill: Callable[[int], bytes]) -> bytes:
    first, last = (int(len(data) * share) // BLOCK * BLOCK for share in (start, end))
    return data[:first] + fill(last - first) + (data[last:] if end < 1 else data[len(data) :])


def _filled_up(data: bytes) -> bytes:
    kept = len(data) // 2 // BLOCK * BLOCK
    return data[:kept] + bytes(len(data) - kept)


def _one_block(length: int) -> bytes:
    return (random.Random(8).randbytes(BLOCK) * (length // BLOCK + 1))[:length]


def _of_another_file(length: int) -> bytes:
    return random.Random(9).randbytes(length)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "half, then zeros": _filled_up,
    "a tenth zeros": lambda data: _over(data, 0.45, 0.55, bytes),
    "a third zeros": lambda data: _over(data, 0.35, 0.65, bytes),
    "a tenth ones": lambda data: _over(data, 0.45, 0.55, lambda length: b"\xff" * length),
    "a block again and again": lambda data: _over(data, 0.45, 0.6, _one_block),
    "a tenth of another file": lambda data: _over(data, 0.45, 0.55, _of_another_file),
    "a third of another file": lambda data: _over(data, 0.35, 0.65, _of_another_file),
}


def plain_pictures() -> dict[str, Image.Image]:
    """Pictures that code to very little, or to the same again and again: no damage."""
    size = (1200, 900)
    stripes, screen, scan = (Image.new("RGB", size, fill) for fill in ("white", "black", "white"))
    draw = ImageDraw.Draw(stripes)
    for x in range(0, size[0], 16):
        draw.line((x, 0, x, size[1]), fill="gray", width=8)
    screen.paste(room(size=(1200, 300)), (0, 300))
    scan.paste(room(size=(400, 300)), (300, 200))
    walls = {name: Image.new("RGB", size, name) for name in ("white", "black", "gray", "#c8beb4")}
    gradient = Image.linear_gradient("L").resize(size).convert("RGB")
    return {**walls, "gradient": gradient, "stripes": stripes, "screenshot": screen, "scan with margins": scan}
