"""Photos as cameras, phones, editors and recovery tools write them, drawn: one room with a color in each corner."""

import io
import math
import random
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from realstaging.imaging import color
from tests.support.pictures import chunk

CORNERS = ((190, 60, 50), (50, 140, 70), (60, 80, 180), (215, 180, 60))
SIZE = (900, 640)

pillow_heif.register_heif_opener()


def room(corners: tuple[tuple[int, ...], ...] = CORNERS, size: tuple[int, int] = SIZE) -> Image.Image:
    """Noise in the middle, so that there is something to decode, and a patch in every corner."""
    width, height = size
    noise = random.Random(7).randbytes(width * height // 16)
    image = Image.frombytes("L", (width // 4, height // 4), noise).resize(size).convert("RGB")
    draw, x, y = ImageDraw.Draw(image), width // 5, height // 5
    boxes = ((0, 0), (width - x, 0), (0, height - y), (width - x, height - y))
    for (left, top), fill in zip(boxes, corners, strict=True):
        draw.rectangle((left, top, left + x, top + y), fill=tuple(fill))
    return image


def saved(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    has_quality = format not in ("PNG", "TIFF") or options.get("compression") == "jpeg"
    image.save(file, format, **(({"quality": 92} if has_quality else {}) | options))
    return file.getvalue()


def srgb(value: float) -> float:
    """The curve of sRGB, from light to numbers."""
    return 12.92 * value if value <= 0.0031308 else float(1.055 * min(value, 1.0) ** (1 / 2.4) - 0.055)


def in_space(primaries: color.Primaries, encode: Callable[[float], float] = srgb) -> Image.Image:
    """The room in the numbers of another color space: the inverse of what is tested, for the corners only."""
    matrix = np.linalg.inv(_to_xyz(primaries)) @ _to_xyz(color.SRGB)

    def converted(pixel: tuple[int, ...]) -> tuple[int, ...]:
        linear = [value / 255 / 12.92 if value < 11 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in pixel]
        mixed = [float(value) for value in matrix @ np.array(linear)]
        return tuple(round(255 * min(max(encode(max(value, 0.0)), 0.0), 1.0)) for value in mixed)

    return room(tuple(converted(pixel) for pixel in CORNERS))


def _to_xyz(primaries: color.Primaries) -> NDArray[np.float64]:
    """From linear RGB to XYZ, so that 1, 1, 1 is the white of these primaries."""
    red, green, blue, white = (np.array((x / y, 1.0, (1 - x - y) / y)) for x, y in primaries)
    base = np.stack((red, green, blue), axis=1)
    return base * np.linalg.solve(base, white)


def pq(value: float) -> float:
    """ST 2084 of light whose white is at 203 nits."""
    power = (value * 203 / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def hlg(value: float) -> float:
    """ARIB STD-B67 with the display's gamma taken off, for grays about right."""
    scene = (value * 203 / 1000) ** (1 / 1.2)
    return float((3 * scene) ** 0.5 if scene <= 1 / 12 else 0.17883277 * math.log(12 * scene - 0.28466892) + 0.55991073)


def exif(orientation: int | None = None, *, space: int | None = None, interop: str | None = None) -> bytes:
    data = Image.Exif()
    if orientation is not None:
        data[0x0112] = orientation
    if space is not None:
        data.get_ifd(0x8769)[0xA001] = space
    if interop:
        data.get_ifd(0x8769)[0xA005] = {1: interop}
    return data.tobytes()


def xmp(orientation: int) -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/>'
        b"</rdf:RDF></x:xmpmeta>" % orientation
    )


def with_code_points(png: bytes, *numbers: int) -> bytes:
    return png[:33] + chunk(b"cICP", bytes(numbers)) + png[33:]


def heic_with_nclx(image: Image.Image, primaries: int, transfer: int) -> bytes:
    """The writer says what its numbers mean in an nclx box: that one is changed."""
    data = bytearray(saved(image, "HEIF", save_nclx_profile=True))
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


def film(boxes: bool) -> bytes:
    """A film, as phones append it: in boxes, or behind a word that is none."""
    clip = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + struct.pack(">I", 8 + 5000) + b"mdat" + bytes(5000)
    return clip if boxes else b"\x00\x00\x30\x0aMotionPhoto_Data" + clip + b"SEFH\x6b\0\0\0SEFT"


def closed_at(data: bytes, share: float) -> bytes:
    """As a recovery tool leaves it: cut, with an end marker."""
    return data[: int(len(data) * share)] + b"\xff\xd9"


def overwritten(data: bytes, share: float, with_bytes: bytes) -> bytes:
    at = int(len(data) * share)
    return data[:at] + with_bytes + data[at + len(with_bytes) :]


def sixteen_bit_tiff(compression: int) -> bytes:
    """RGB of 16 bits a sample, one strip; 1 is plain, 8 is deflate."""
    image = room()
    samples = b"".join(struct.pack("<H", value * 257) for value in image.tobytes())
    strip = samples if compression == 1 else zlib.compress(samples)
    width, height = image.size
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 8 + 10 * 12 + 6), (259, 3, 1, compression)]
    entries += [(262, 3, 1, 2), (273, 4, 1, 8 + 10 * 12 + 12), (277, 3, 1, 3), (278, 4, 1, height)]
    entries += [(279, 4, 1, len(strip)), (284, 3, 1, 1)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (
        b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + table + bytes(4) + struct.pack("<3H", 16, 16, 16) + strip
    )


def raw_tiff(*, dng: bool) -> bytes:
    """A camera's RAW file in little: a small preview first, the sensor's data in a directory below."""
    entries = [(254, 4, 1, 1), (256, 4, 1, 160), (257, 4, 1, 120), (271, 2, 4, 0x004D4143), (330, 4, 1, 200)]
    entries += [(50706, 1, 4, 0x0401)] if dng else []
    first = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *each) for each in entries) + bytes(4)
    sensor = struct.pack("<H", 1) + struct.pack("<HHII", 262, 3, 1, 32803) + bytes(4)
    return (b"II*\0\x08\0\0\0" + first).ljust(200, b"\0") + sensor + bytes(5000)


def with_profile_pieces(data: bytes, *pieces: tuple[int, int, bytes]) -> bytes:
    """A JPEG with pieces of an ICC profile: the number of each, the count that it tells, and its bytes."""
    bodies = [b"ICC_PROFILE\0" + bytes([number, count]) + part for number, count, part in pieces]
    return data[:2] + b"".join(b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body for body in bodies) + data[2:]


def without_intervals(data: bytes, first: int, count: int) -> bytes:
    """A JPEG with restart markers, as it is when so many of its intervals are lost."""
    starts = [mark.start() for mark in re.finditer(rb"\xff[\xd0-\xd7]", data)]
    return data[: starts[first]] + data[starts[first + count] :]


def with_tiff_number(data: bytes, tag: int, value: int) -> bytes:
    """A TIFF in which one tag says another (short) number."""
    count = int.from_bytes(data[int.from_bytes(data[4:8], "little") :][:2], "little")
    for number in range(count):
        at = int.from_bytes(data[4:8], "little") + 2 + 12 * number
        if int.from_bytes(data[at : at + 2], "little") == tag:
            return data[: at + 8] + value.to_bytes(4, "little") + data[at + 12 :]
    raise KeyError(tag)
