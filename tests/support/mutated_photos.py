"""Photos of every format with parts changed, cut, moved and repeated, by a seed."""

import random
from collections.abc import Iterator

from PIL import Image

from tests.support.camera_files import exif, film, raw_tiff, room, saved, with_code_points

_SMALL = (144, 112)


def originals() -> list[bytes]:
    small = room(size=_SMALL)
    gray, holes = small.convert("L"), small.convert("RGBA")
    return [
        saved(small, exif=exif(6, space=65535, interop="R03")),
        saved(small, progressive=True),
        saved(small, restart_marker_rows=1),
        saved(small.convert("CMYK")),
        saved(small, "MPO", save_all=True, append_images=[Image.new("RGB", _SMALL)]),
        with_code_points(saved(small, "PNG", exif=exif(8)), 9, 16, 0, 1),
        saved(holes, "PNG"),
        saved(gray.convert("I;16"), "PNG"),
        saved(small, "WEBP", exif=exif(3)),
        saved(holes, "WEBP", lossless=True),
        saved(small, "HEIF") + film(boxes=True),
        saved(small, "AVIF", exif=exif(6)),
        saved(small, "TIFF"),
        saved(small, "TIFF", compression="tiff_lzw"),
        saved(small, "TIFF", compression="jpeg"),
        raw_tiff(dng=True),
    ]


def mutated(seed: int, count: int) -> Iterator[bytes]:
    chance, files = random.Random(seed), originals()
    for number in range(count):
        yield _mutated(bytearray(files[number % len(files)]), chance)


def _mutated(data: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 8)):
        # Half of the changes hit the header, where the lengths and sizes are.
        at = chance.randrange(min(len(data), 600) if chance.random() < 0.5 else len(data))
        length = chance.choice((1, 2, 4, 64, 1024))
        kind = chance.randrange(6)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            data[at : at + length] = chance.randbytes(length)
        elif kind == 2:
            data[at : at + length] = bytes([chance.choice((0, 0x7F, 0x80, 0xFF))]) * length
        elif kind == 3:
            del data[at : at + length]
        elif kind == 4:
            data[at:at] = data[at : at + length]
        else:
            del data[max(at, 16) :]
        if not data:
            return b""
    return bytes(data)
