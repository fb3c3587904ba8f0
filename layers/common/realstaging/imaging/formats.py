"""What a file is, told by its first bytes and never by its name."""

from realstaging.errors import UnsupportedImageTypeError
from realstaging.imaging import tiff

JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"
AVIF, TIFF = "image/avif", "image/tiff"

# Files people send by mistake, so that the answer can name them.
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP bitmap"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
)

# Camera files that are not plain TIFF, or look like one: maker's first bytes and name.
_RAW = (
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"FOVb", "X3F"),
    (b"\0MRM", "MRW"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"IIU\0", "RW2"),
    (b"HEAPCCDR", "CRW"),
)

_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"msf1", b"mif2"}
_AVIF_BRANDS = {b"avif", b"avis"}

_SEND = "Send the photo as JPEG, PNG, WebP, HEIC, AVIF or TIFF."
_EXPORT = (
    "Export it from your photo program as JPEG (full size, sRGB) or as 16-bit TIFF, or send the JPEG that the "
    "camera wrote beside it."
)


def content_type(data: bytes) -> str:
    """The content type that the bytes show. UnsupportedImageTypeError names what was sent instead."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp":
        if (brand := _still_brand(_brands(data))) is not None:
            return brand
    elif tiff.has_signature(data) and not tiff.raw_kind(data):
        return TIFF
    raise UnsupportedImageTypeError(_refusal(data))


def described(data: bytes) -> str:
    """A few words on what unsupported bytes seem to be."""
    if kind := _raw_kind(data):
        return f"a camera RAW file ({kind})"
    if data[4:8] == b"ftyp":
        return "a video"
    for start, name in _OTHERS:
        if data.startswith(start):
            return name
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return "an SVG drawing"
    if head.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return "not a picture"


def _refusal(data: bytes) -> str:
    if not data:
        return "The file is empty. Choose the photo again and upload it once more."
    what = described(data)
    if _raw_kind(data):
        return f"The file is {what}, which cannot be staged as it is. {_EXPORT}"
    return f"The file is {what}{'' if what == 'not a picture' else ', which cannot be staged'}. {_SEND}"


def _raw_kind(data: bytes) -> str | None:
    """The kind of camera RAW file, such as DNG; None for anything else."""
    if data[4:8] == b"ftyp" and b"crx " in _brands(data):
        return "CR3"
    for start, kind in _RAW:
        if data.startswith(start):
            return kind
    return tiff.raw_kind(data) if tiff.has_signature(data) else None


def _still_brand(brands: set[bytes]) -> str | None:
    """By its brands; "mif1" only says "a still picture": AVIF files carry it as well as HEIC files."""
    if brands & _HEVC_BRANDS:
        return HEIC
    if brands & _AVIF_BRANDS:
        return AVIF
    return HEIC if brands & _HEIF_BRANDS else None


def _brands(data: bytes) -> set[bytes]:
    """The major and compatible brands of an ISO media file; a box has room for a few dozen."""
    end = min(int.from_bytes(data[:4]), 256)
    return {data[8:12]} | {data[at : at + 4] for at in range(16, end, 4)}
