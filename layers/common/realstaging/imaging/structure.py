"""The layout of a picture file, read before any decoder sees it: is it whole, how large, what may go.

Decoders fill a missing end with grey, inflate whatever metadata they are given and run every scan a
file asks for. What would hurt is refused or left out here.
"""

import contextlib
import re
import struct
import zlib
from collections.abc import Iterable, Iterator

from realstaging.errors import ImageTruncatedError, ImageUnreadableError
from realstaging.imaging.formats import JPEG, PNG, WEBP

# Far beyond what any camera or program writes, far below what costs seconds to walk.
MAX_JPEG_SEGMENTS, MAX_JPEG_SCANS, MAX_PNG_CHUNKS, MAX_BOXES = 5_000, 100, 100_000, 1_000

# Inflated; Pillow refuses the whole picture over a larger one. Without it we read the picture as sRGB.
MAX_PNG_PROFILE = 1 << 20

# In entropy-coded data 0xff is followed by 0 or a restart marker; anything else is a real marker.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01

# Leaves out text (may inflate without end) and the chunks that make a PNG an animation.
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"eXIf", b"gAMA", b"cHRM", b"sRGB"}
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def decodable(data: bytes, content_type: str) -> bytes:
    """The file as a decoder may have it; ImageTruncatedError when its end is missing."""
    if content_type == JPEG:
        _check_jpeg(data)
    elif content_type == PNG:
        return _plain_png(data)
    elif content_type == WEBP:
        if int.from_bytes(data[4:8], "little") + 8 > len(data):
            raise cut_off()
    else:
        _check_boxes(data)
    return data


def webp_size(data: bytes) -> tuple[int, int]:
    """Canvas of a WebP file. Its decoder allocates on opening, so the header is read first."""
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def check_png_pixels(data: bytes) -> None:
    """A PNG whose data ends before its announced size would be filled up with black."""
    if data[12:16] != b"IHDR":
        raise damaged()
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    expected = width * height * depth * _PNG_CHANNELS.get(colour, 1) // 8
    parts = (chunk[8:-4] for name, chunk in _png_chunks(data) if name == b"IDAT")
    if _inflated(parts, expected) < expected:
        raise cut_off()


def cut_off() -> ImageTruncatedError:
    return ImageTruncatedError(
        "The end of the picture is missing. Upload the file again; if it looks cut off on your device too, "
        "take or export it once more."
    )


def damaged() -> ImageUnreadableError:
    return ImageUnreadableError(
        "The picture is damaged and cannot be opened. Open it on your device, save it again as JPEG and "
        "upload that file."
    )


def _check_jpeg(data: bytes) -> None:
    """Walk the segments and scans to the end marker; what phones append behind it is not looked at."""
    at, scans = 2, 0
    for _ in range(MAX_JPEG_SEGMENTS):
        marker = _JPEG_MARKER.search(data, at)
        if marker is None:
            raise cut_off()
        code, at = data[marker.end() - 1], marker.end()
        if code == _EOI:
            return
        scans += code == _SOS
        if scans > MAX_JPEG_SCANS:
            break
        if code not in (_SOI, _TEM):
            at += max(int.from_bytes(data[at : at + 2]), 2)
    raise damaged()


def _plain_png(data: bytes) -> bytes:
    kept = [data[:8]]
    for name, chunk in _png_chunks(data):
        if name in _PNG_KEPT and (name != b"iCCP" or _is_usable_profile(chunk)):
            kept.append(chunk)
    return b"".join(kept)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk with its name, its length and checksum included."""
    at = 8
    for _ in range(MAX_PNG_CHUNKS):
        if at + 12 > len(data):
            raise cut_off()
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise cut_off()
        yield name, data[at:end]
        if name == b"IEND":
            return
        at = end
    raise damaged()


def _is_usable_profile(chunk: bytes) -> bool:
    _name, _, rest = chunk[8:-4].partition(b"\0")
    return rest[:1] == b"\0" and 0 < _inflated([rest[1:]], MAX_PNG_PROFILE) < MAX_PNG_PROFILE


def _inflated(parts: Iterable[bytes], enough: int) -> int:
    """How many bytes come out, counted no further than `enough` and without keeping them."""
    stream, count = zlib.decompressobj(), 0
    with contextlib.suppress(zlib.error):
        for part in parts:
            rest = part
            while rest and count < enough:
                count += len(stream.decompress(rest, 1 << 20))
                rest = stream.unconsumed_tail
        if count < enough:
            count += len(stream.flush())
    return count


def _check_boxes(data: bytes) -> None:
    """Every top-level box of an ISO media file must lie within the file."""
    at = 0
    for _ in range(MAX_BOXES):
        if at == len(data):
            return
        if at + 8 > len(data):
            raise cut_off()
        size = int.from_bytes(data[at : at + 4])
        if size == 0:  # "to the end of the file"
            return
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        if size < len(b"sizename"):
            raise damaged()
        at += size
        if at > len(data):
            raise cut_off()
    raise damaged()
