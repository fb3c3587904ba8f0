"""PNG files: only the chunks that a picture needs, checked for wholeness."""

import contextlib
import struct
import zlib
from collections.abc import Iterable, Iterator

from realstaging.imaging.refusals import cut_off, damaged

# Far beyond what programs write, far below what costs seconds to walk.
MAX_CHUNKS = 100_000

# Inflated; Pillow refuses the whole picture over a larger one. Without it we read the picture as sRGB.
_MAX_PROFILE = 1 << 20
_MAX_NOTE = 1 << 18

# Leaves out text (may inflate without end) and the chunks that make a PNG an animation.
_PIXELS = {b"PLTE", b"tRNS", b"IDAT"}
_FACTS = {b"iCCP", b"eXIf", b"gAMA", b"cHRM", b"sRGB", b"cICP"}
# Text that may hold the orientation: XMP, and EXIF as some programs write it.
_NOTES = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0", b"Raw profile type APP1\0")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_END = b"\0\0\0\0IEND\xaeB`\x82"


def plain(data: bytes) -> bytes:
    """The picture's chunks and what tells its colors and orientation; optional parts that are broken are left out.

    A missing end marker is added: `check_pixels` tells whether more than that is missing.
    """
    head, facts, pixels = data[:33], [], []
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise damaged() if len(data) >= 33 else cut_off()
    for name, chunk in _chunks(data):
        if name in _PIXELS:
            if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
                raise damaged()
            pixels.append(chunk)
        elif _is_useful(name, chunk):
            facts.append(chunk)
    return b"".join([head, *facts, *pixels, _END])


def check_pixels(data: bytes) -> None:
    """Data that ends before the announced size would be filled up with black."""
    width, height, depth, color = struct.unpack_from(">IIBB", data, 16)
    expected = width * height * depth * _CHANNELS.get(color, 1) // 8
    parts = (chunk[8:-4] for name, chunk in _chunks(data) if name == b"IDAT")
    if _inflated(parts, expected) < expected:
        raise cut_off()


def facts(data: bytes) -> dict[bytes, bytes]:
    """The small chunks about color, by name, of a file from `plain`."""
    found: dict[bytes, bytes] = {}
    for name, chunk in _chunks(data):
        if name == b"IDAT":
            break
        if name in _FACTS:
            found.setdefault(name, chunk[8:-4])
    return found


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk with its name, its length and checksum included."""
    at, has_pixels = 8, False
    for _ in range(MAX_CHUNKS):
        if at == len(data) and has_pixels:
            return
        if at + 12 > len(data):
            if has_pixels and b"\0\0\0\0IEND".startswith(data[at : at + 8]):
                return
            raise cut_off()
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if name == b"IEND":
            return
        if end > len(data):
            raise cut_off()
        has_pixels = has_pixels or name == b"IDAT"
        yield name, data[at:end]
        at = end
    raise damaged()


def _is_useful(name: bytes, chunk: bytes) -> bool:
    if name not in _FACTS and name not in (b"iTXt", b"zTXt", b"tEXt"):
        return False
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
        return False
    if name == b"iCCP":
        return _is_usable_profile(chunk)
    return name in _FACTS or _is_note(name, chunk[8:-4])


def _is_usable_profile(chunk: bytes) -> bool:
    _name, _, rest = chunk[8:-4].partition(b"\0")
    return rest[:1] == b"\0" and 0 < _inflated([rest[1:]], _MAX_PROFILE) < _MAX_PROFILE


def _is_note(name: bytes, body: bytes) -> bool:
    if not body.startswith(_NOTES) or len(body) > _MAX_NOTE:
        return False
    rest = body.partition(b"\0")[2]
    if name == b"iTXt" and rest[:1] == b"\1":
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        return _inflated([rest], _MAX_NOTE) < _MAX_NOTE
    return name != b"zTXt" or _inflated([rest[1:]], _MAX_NOTE) < _MAX_NOTE


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
