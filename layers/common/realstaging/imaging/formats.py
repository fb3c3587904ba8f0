"""What a file is, told by its first bytes and never by its name."""

from realstaging.errors import ContentTypeMismatchError, UnsupportedImageTypeError

JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"

NAMES = {JPEG: "JPEG", PNG: "PNG", WEBP: "WebP", HEIC: "HEIC"}

# What browsers and phones also call the same four.
_SYNONYMS = {
    "image/jpg": JPEG,
    "image/pjpeg": JPEG,
    "image/heif": HEIC,
    "image/heic-sequence": HEIC,
    "image/heif-sequence": HEIC,
}

# Files people send by mistake, so that the answer can name them.
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP bitmap"),
    (b"II*\x00", "a TIFF or camera RAW file"),
    (b"MM\x00*", "a TIFF or camera RAW file"),
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"\x1aE\xdf\xa3", "a video"),
)

_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"msf1", b"mif2"}
_AVIF_BRANDS = {b"avif", b"avis"}

_SEND = "Send the photo as JPEG, PNG, WebP or HEIC."


def content_type(data: bytes) -> str:
    """The content type the bytes themselves show, or a refusal that names what was sent."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and _is_heic(_brands(data)):
        return HEIC
    raise UnsupportedImageTypeError(_refusal(data))


def check_declared(declared: str, actual: str) -> None:
    announced = declared.partition(";")[0].strip().lower()
    if _SYNONYMS.get(announced, announced) != actual:
        raise ContentTypeMismatchError(
            f"The file is a {NAMES[actual]} picture but was announced as {announced[:100] or 'nothing'}. "
            f"Upload it again as {actual}."
        )


def described(data: bytes) -> str:
    """A few words on what unsupported bytes seem to be."""
    if data[4:8] == b"ftyp":
        return "an AVIF picture" if _brands(data) & _AVIF_BRANDS else "a video"
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
    return f"The file is {what}{'' if what == 'not a picture' else ', which cannot be staged'}. {_SEND}"


def _is_heic(brands: set[bytes]) -> bool:
    """By its brands; "mif1" only says "a still picture", and an AVIF file may carry it too."""
    return bool(brands & _HEVC_BRANDS or (brands & _HEIF_BRANDS and not brands & _AVIF_BRANDS))


def _brands(data: bytes) -> set[bytes]:
    """The major and compatible brands of an ISO media file; a box has room for a few dozen."""
    end = min(int.from_bytes(data[:4]), 256)
    return {data[8:12]} | {data[at : at + 4] for at in range(16, end, 4)}
