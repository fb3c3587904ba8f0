"""JPEG files: walked to the end marker before a decoder sees them, then decoded with its warnings read.

Decoders fill a missing part with grey and go on after damage. libjpeg says so in warnings, which Pillow
does not pass on; simplejpeg does (the last one of a file).
"""

import itertools
import re
from dataclasses import dataclass, field

import simplejpeg
from PIL import Image

from realstaging.errors import UnsupportedImageTypeError
from realstaging.imaging.refusals import cut_off, damaged

# Far beyond what any camera or program writes, far below what costs seconds to walk.
MAX_SEGMENTS, MAX_SCANS = 5_000, 100

# In entropy-coded data 0xff is followed by 0 or a restart marker; anything else is a real marker.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_SOI, _EOI, _SOS, _TEM, _DRI, _APP2 = 0xD8, 0xD9, 0xDA, 0x01, 0xDD, 0xE2
_PROFILE = b"ICC_PROFILE\0"
_PROGRESSIVE_FRAMES = {0xC2, 0xC6, 0xCA, 0xCE}

# Bytes left over in a scan before the next marker: a few are stray bytes, more mean that the decoder lost its
# place. Then the rest of the picture is wrong, or one strip of it where there are restart markers.
_STRAY_BYTES, _STRAY_SHARE = 32, 0.01
# A lost block of a disk or memory card comes back as one value; a decoder finds its place again behind it.
_LOST_BLOCK = re.compile(rb"(.)\1{511}", re.DOTALL)
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker")
_MISSING = "premature end of data segment"
# Intervals between restart markers that may be missing: this many, or this share.
_LOST_INTERVALS, _LOST_SHARE = 2, 0.005
# What odd encoders cause and no damage does. Anything else stops a decoder or makes it lose its place.
_HARMLESS = ("Invalid SOS parameters", "Inconsistent progression", "Unknown Adobe", "unknown JFIF", "Unrecognized")


@dataclass(slots=True)
class JpegFile:
    """A file with an end marker, without stray bytes between the segments of its header, and no broken profile."""

    data: bytes = b""
    scan_at: int = 0
    end_at: int | None = None
    restart_interval: int = 0
    is_progressive: bool = False
    precision: int = 8
    size: tuple[int, int] = (0, 0)
    components: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Each with its sampling factors, horizontal and vertical."""
    scanned: dict[int, set[int]] = field(default_factory=dict)
    """Of progressive files: the coefficients that were scanned, by component."""
    profile: list[tuple[int, int, bytes]] = field(default_factory=list)
    """Pieces of an ICC profile: where each begins and ends, and its number and the count of all."""


def whole(data: bytes) -> JpegFile:
    """Walk the segments and scans to the end marker; what phones append behind it is not looked at.

    A missing end marker is added: the decoder tells whether more than that is missing.
    """
    file, at, scans = JpegFile(), 2, 0
    stray: list[tuple[int, int]] = []
    scanning: list[int] = []
    for _ in range(MAX_SEGMENTS):
        marker = _MARKER.search(data, at)
        if scanning and file.restart_interval:
            _check_restarts(file, scanning, data[at : marker.start() if marker else len(data)])
        scanning = []
        if marker is None:
            if not scans:
                raise cut_off()
            break
        if not scans and marker.start() > at:
            stray.append((at, marker.start()))
        code, at = data[marker.end() - 1], marker.end()
        if code == _EOI:
            file.end_at = at - sum(end - start for start, end in stray)
            break
        scans += code == _SOS
        if scans == 1 and code == _SOS:
            stray = sorted([*stray, *_broken(file.profile)])
            file.scan_at = at - sum(end - start for start, end in stray)
        if scans > MAX_SCANS:
            raise damaged()
        if code not in (_SOI, _TEM):
            end = at + max(int.from_bytes(data[at : at + 2]), 2)
            if code == _APP2 and not scans and data.startswith(_PROFILE, at + 2):
                file.profile.append((marker.start(), end, data[at + 14 : min(at + 16, end)]))
            scanning = _note(file, code, data[at + 2 : min(end, at + 64)])
            at = end
    else:
        raise damaged()
    _check_scans(file)
    file.data = _without(data, stray) if stray else data
    if file.end_at is None:
        file.end_at, file.data = len(file.data), file.data + b"\xff\xd9"
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
        most = max(_STRAY_BYTES, _STRAY_SHARE * len(file.data) if file.restart_interval else 0)
        is_harmless = int(found[1]) <= most and not _LOST_BLOCK.search(file.data, file.scan_at, file.end_at or 0)
    else:
        is_harmless = any(sign in warning for sign in _HARMLESS)
    if not is_harmless:
        raise damaged()


def _note(file: JpegFile, code: int, body: bytes) -> list[int]:
    """What a segment says that matters later; of a scan its components. `body` is what stands behind the length."""
    if code == _DRI:
        file.restart_interval = int.from_bytes(body[:2])
    elif 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC) and len(body) > 5:
        file.is_progressive = code in _PROGRESSIVE_FRAMES
        file.precision = body[0]
        # Of lossless frames, which are not counted in blocks of eight by eight, the size is left unknown.
        file.size = (0, 0) if code & 3 == 3 else (int.from_bytes(body[3:5]), int.from_bytes(body[1:3]))
        parts = [body[at : at + 3] for at in range(6, min(6 + 3 * body[5], len(body) - 2), 3)]
        file.components = {part[0]: (part[1] >> 4, part[1] & 15) for part in parts}
    elif code == _SOS and body and len(body) >= 2 * body[0] + 4:
        first, last = body[1 + 2 * body[0]], body[2 + 2 * body[0]]
        components = [*body[1 : 1 + 2 * body[0] : 2]]
        for component in components:
            file.scanned.setdefault(component, set()).update(range(first, min(last, 63) + 1))
        return components
    return []


def _broken(profile: list[tuple[int, int, bytes]]) -> list[tuple[int, int]]:
    """Where the pieces of a profile lie that is not whole: it says nothing of the pixels, and stops decoders."""
    numbers = sorted(number for _, _, number in profile)
    is_whole = numbers == [bytes([at + 1, len(numbers)]) for at in range(len(numbers))]
    has_empty = any(end - start <= 4 + len(_PROFILE) + 2 for start, end, _ in profile)
    return [] if is_whole and not has_empty else [(start, end) for start, end, _ in profile]


def _check_restarts(file: JpegFile, components: list[int], coded: bytes) -> None:
    """ImageTruncatedError where intervals are missing, ImageUnreadableError where they are not in their order.

    Decoders fill up or put the rest elsewhere, and say little. ITU-T T.81, E.1.4: restart markers are numbered
    modulo 8, one between every two intervals.
    """
    width, height = file.size
    if not width or not height or not file.components.keys() >= set(components):
        return
    most_x, most_y = (max(1, *(each[n] for each in file.components.values())) for n in (0, 1))
    if len(components) == 1:
        own_x, own_y = file.components[components[0]]
        across, down = -(-width * own_x // (most_x * 8)), -(-height * own_y // (most_y * 8))
    else:
        across, down = -(-width // (most_x * 8)), -(-height // (most_y * 8))
    wanted = -(-across * down // file.restart_interval) - 1
    numbers = [each[1] & 7 for each in _RESTART.findall(coded)]
    most = max(_LOST_INTERVALS, _LOST_SHARE * wanted)
    if sum(number != (before + 1) & 7 for before, number in itertools.pairwise([7, *numbers])) > most:
        raise damaged()
    if wanted - len(numbers) > most:
        raise cut_off()


def _check_scans(file: JpegFile) -> None:
    """A progressive file closed early lacks whole scans, which decoders do not mind."""
    if file.precision > 8:
        raise UnsupportedImageTypeError(
            f"The file is a JPEG with {file.precision} bits a channel. Export it with 8, or as 16-bit TIFF or PNG."
        )
    if file.is_progressive and any(len(file.scanned.get(each, ())) < 64 for each in file.components):
        raise cut_off()


def _without(data: bytes, parts: list[tuple[int, int]]) -> bytes:
    kept, at = [], 0
    for start, end in parts:
        kept.append(data[at:start])
        at = end
    return b"".join([*kept, data[at:]])
