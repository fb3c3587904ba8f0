"""JPEG files: walked to the end marker before a decoder sees them, then decoded with its warnings read.

Decoders fill a missing part with grey and go on after damage. libjpeg says so in warnings, which Pillow
does not pass on; simplejpeg does (the last one of a file).
"""

import re
from dataclasses import dataclass, field

import simplejpeg
from PIL import Image

from realstaging.imaging.refusals import cut_off, damaged

# Far beyond what any camera or program writes, far below what costs seconds to walk.
MAX_SEGMENTS, MAX_SCANS = 5_000, 100

# In entropy-coded data 0xff is followed by 0 or a restart marker; anything else is a real marker.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SOI, _EOI, _SOS, _TEM, _DRI = 0xD8, 0xD9, 0xDA, 0x01, 0xDD
_PROGRESSIVE_FRAMES = {0xC2, 0xC6, 0xCA, 0xCE}

# Bytes left over in a scan before the next marker: a few are stray bytes, more mean that the decoder lost its
# place. Then the rest of the picture is wrong, or one strip of it where there are restart markers.
_STRAY_BYTES, _STRAY_SHARE = 32, 0.01
# A lost block of a disk or memory card comes back as one value; a decoder finds its place again behind it.
_LOST_BLOCK = re.compile(rb"(.)\1{511}", re.DOTALL)
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker")
_MISSING = "premature end of data segment"
# What odd encoders cause and no damage does. Anything else stops a decoder or makes it lose its place.
_HARMLESS = ("Invalid SOS parameters", "Inconsistent progression", "Unknown Adobe", "unknown JFIF", "Unrecognized")


@dataclass(slots=True)
class JpegFile:
    """A file with an end marker, without stray bytes between the segments of its header."""

    data: bytes = b""
    scan_at: int = 0
    has_restarts: bool = False
    is_progressive: bool = False
    components: set[int] = field(default_factory=set)
    scanned: set[tuple[int, bool]] = field(default_factory=set)
    """Of progressive files: components, each with whether the coefficients are AC (or the DC one)."""


def whole(data: bytes) -> JpegFile:
    """Walk the segments and scans to the end marker; what phones append behind it is not looked at.

    A missing end marker is added: the decoder tells whether more than that is missing.
    """
    file, at, scans = JpegFile(), 2, 0
    stray: list[tuple[int, int]] = []
    for _ in range(MAX_SEGMENTS):
        marker = _MARKER.search(data, at)
        if marker is None:
            if not scans:
                raise cut_off()
            break
        if not scans and marker.start() > at:
            stray.append((at, marker.start()))
        code, at = data[marker.end() - 1], marker.end()
        if code == _EOI:
            break
        scans += code == _SOS
        if scans == 1 and code == _SOS:
            file.scan_at = at - sum(end - start for start, end in stray)
        if scans > MAX_SCANS:
            raise damaged()
        if code not in (_SOI, _TEM):
            length = max(int.from_bytes(data[at : at + 2]), 2)
            _note(file, code, data[at + 2 : at + min(length, 64)])
            at += length
    else:
        raise damaged()
    _check_scans(file)
    file.data = _without(data, stray) if stray else data
    if marker is None:
        file.data += b"\xff\xd9"
    return file


def decode(file: JpegFile, mode: str, width: int, height: int) -> Image.Image:
    """The pixels ("RGB" or "L") at the smallest scale of n/8 that has this many at least, or the full ones.

    ImageTruncatedError or ImageUnreadableError where the decoder warned that a large part is not the picture's.
    """
    options = {"colorspace": {"L": "GRAY"}.get(mode, mode), "min_width": width, "min_height": height, "min_factor": 1}
    try:
        pixels = simplejpeg.decode_jpeg(file.data, strict=True, **options)
    except ValueError as warning:
        check_warning(str(warning), file)
        pixels = simplejpeg.decode_jpeg(file.data, strict=False, **options)
    size = pixels.shape[1], pixels.shape[0]
    return Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)


def check_decodes(file: JpegFile) -> None:
    """For files that another decoder reads: the same look at the warnings, at an eighth of the size."""
    try:
        simplejpeg.decode_jpeg(file.data, colorspace="CMYK", min_width=1, min_height=1, strict=True)
    except ValueError as warning:
        check_warning(str(warning), file)


def check_warning(warning: str, file: JpegFile) -> None:
    """Refuse what the decoder could not read; pass over what does no harm, such as odd scan headers."""
    if _MISSING in warning:
        raise cut_off()
    if found := _LEFT_OVER.search(warning):
        most = max(_STRAY_BYTES, _STRAY_SHARE * len(file.data) if file.has_restarts else 0)
        is_harmless = int(found[1]) <= most and not _LOST_BLOCK.search(file.data, file.scan_at)
    else:
        is_harmless = any(sign in warning for sign in _HARMLESS)
    if not is_harmless:
        raise damaged()


def _note(file: JpegFile, code: int, body: bytes) -> None:
    """What a segment says that matters later; `body` starts behind its length."""
    if code == _DRI:
        file.has_restarts = body[:2] not in (b"", b"\0\0")
    elif 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
        file.is_progressive = code in _PROGRESSIVE_FRAMES
        count = body[5] if len(body) > 5 else 0
        file.components = set(body[6 : 6 + 3 * count : 3])
    elif code == _SOS and body and len(body) >= 2 * body[0] + 4:
        first, last = body[1 + 2 * body[0]], body[2 + 2 * body[0]]
        for component in body[1 : 1 + 2 * body[0] : 2]:
            if first == 0:
                file.scanned.add((component, False))
            if last > 0:
                file.scanned.add((component, True))


def _check_scans(file: JpegFile) -> None:
    """A progressive file closed early lacks whole scans, which decoders do not mind."""
    wanted = {(component, is_ac) for component in file.components for is_ac in (False, True)}
    if file.is_progressive and wanted - file.scanned:
        raise cut_off()


def _without(data: bytes, parts: list[tuple[int, int]]) -> bytes:
    kept, at = [], 0
    for start, end in parts:
        kept.append(data[at:start])
        at = end
    return b"".join([*kept, data[at:]])
