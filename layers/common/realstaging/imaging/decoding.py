"""From a file's bytes to an upright RGB picture in sRGB, with every failure a PhotoError."""

import contextlib
import importlib
import io
import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from realstaging.config import Images
from realstaging.errors import ImageTooManyPixelsError, PhotoError, UnsupportedImageTypeError
from realstaging.imaging import boxes, color, items, jpeg, png, tiff, webp
from realstaging.imaging.color import ColorSpace
from realstaging.imaging.formats import AVIF, HEIC, JPEG, PNG, TIFF, WEBP
from realstaging.imaging.refusals import cut_off, damaged

# A JPEG can be decoded at n/8 of its size for a fraction of the work, and any picture be made a whole number of times
# smaller. We take that up to a tenth below the wanted size: 4032 pixels of a phone become 2016, not 2048, at half the
# cost.
SHORTFALL = 0.9

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_REDUCED = ("RGB", "RGBA", "L", "LA", "CMYK")
_READERS = {
    JPEG: ("PIL.JpegImagePlugin", "JpegImageFile"),
    PNG: ("PIL.PngImagePlugin", "PngImageFile"),
    WEBP: ("PIL.WebPImagePlugin", "WebPImageFile"),
    AVIF: ("PIL.AvifImagePlugin", "AvifImageFile"),
    TIFF: ("PIL.TiffImagePlugin", "TiffImageFile"),
    HEIC: ("pillow_heif", "HeifImageFile"),
}
# The green of zeros in YCbCr, by matrix (BT.709, 2020, 601) and range. Every n-th pixel is looked at.
_UNDRAWN = frozenset({76, 77, 78, 83, 84, 85, 88, 89, 90, 93, 94, 95, 134, 135, 136})
_NTH, _MOST_UNDRAWN = 8, 0.003
# What EXIF says of a camera set to Adobe RGB (DCF): the interoperability index, and a color space that is not sRGB.
_ADOBE_INDEX, _SRGB_SPACE, _ADOBE_SPACE = "R03", 1, 2


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture whose header is read and whose pixels are not. Width and height are upright."""

    file: ImageFile.ImageFile
    width: int
    height: int
    orientation: int
    space: ColorSpace
    as_jpeg: jpeg.JpegFile | None = None


def opened(data: bytes, content_type: str, limits: Images) -> Opened:
    most = limits.max_pixels if content_type in (JPEG, HEIC) else limits.max_pixels_whole
    as_jpeg = jpeg.whole(data) if content_type == JPEG else None
    data = as_jpeg.data if as_jpeg else _whole(data, content_type)
    if content_type == WEBP:
        _check_pixels(*webp.size(data), most)
    reader = _reader(content_type)
    with _decoder():
        file = reader(io.BytesIO(data))
    _check_pixels(file.width, file.height, most)
    if content_type == PNG:
        png.check_pixels(data)
    orientation = _orientation(file, content_type)
    width, height = file.size if orientation not in _SIDEWAYS else (file.height, file.width)
    return Opened(file, width, height, orientation, _color_space(file, data, content_type), as_jpeg)


def upright(picture: Opened, long_side: int | None = None) -> Image.Image:
    """The pixels: RGB, sRGB, no metadata, and no side longer than asked for."""
    with _decoder():
        image = _pixels(picture, long_side)
        image = _opaque(fitted(_reduced(image, long_side), long_side) if long_side else image)
        image = color.to_srgb(image, picture.space)
    turn = _TURNS.get(picture.orientation)
    image = image.transpose(turn) if turn is not None else image
    image.info.clear()  # Pillow would write a comment found here into the next file
    return image


def fitted(image: Image.Image, long_side: int) -> Image.Image:
    """The picture made smaller, if need be, so that no side is longer."""
    factor = long_side / max(image.size)
    if factor >= 1:
        return image
    size = max(round(image.width * factor), 1), max(round(image.height * factor), 1)
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    elif image.mode in ("P", "PA", "1"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    # Twice as fast as Lanczos, and no softer at the small factors that decoding leaves.
    return image.resize(size, Image.Resampling.HAMMING, reducing_gap=1.5)


def _reduced(image: Image.Image, long_side: int) -> Image.Image:
    """The mean of each n by n pixels where that falls short by SHORTFALL at most: a seventh of the work of scaling."""
    n = -(-max(image.size) // long_side)
    if n == 1 or -(-max(image.size) // n) < SHORTFALL * long_side or image.mode not in _REDUCED:
        return image
    return image.reduce(n)


def _pixels(picture: Opened, long_side: int | None) -> Image.Image:
    file, factor = picture.file, 1.0
    if long_side:
        factor = min(SHORTFALL * long_side / max(file.size), 1)
    width, height = max(int(file.width * factor), 1), max(int(file.height * factor), 1)
    if picture.as_jpeg and file.mode in ("RGB", "L"):
        return jpeg.decode(picture.as_jpeg, file.mode, width, height)
    if picture.as_jpeg and isinstance(file, JpegImageFile):
        jpeg.check_decodes(picture.as_jpeg)
        if long_side:
            file.draft(None, (width, height))
    file.load()
    if file.format == "HEIF":
        _check_drawn(file)
    return file


def _check_drawn(image: Image.Image) -> None:
    """ImageUnreadableError where the decoder of HEIC left a part undrawn: all zero, a green that no camera writes."""
    seen = image.resize((image.width // _NTH + 1, image.height // _NTH + 1), Image.Resampling.NEAREST)
    most = _MOST_UNDRAWN * seen.width * seen.height
    for count, pixel in seen.getcolors(seen.width * seen.height) or []:
        if count > most and isinstance(pixel, tuple) and pixel[0] == pixel[2] == 0 and pixel[1] in _UNDRAWN:
            raise damaged()


def _whole(data: bytes, content_type: str) -> bytes:
    """The file as a decoder may have it; ImageTruncatedError when its end is missing."""
    if content_type == PNG:
        return png.plain(data)
    if content_type == WEBP:
        webp.check_whole(data)
        webp.check_coded(data)
    elif content_type == TIFF:
        if not tiff.is_whole(data):
            raise cut_off()
        if tiff.has_lost_blocks(data):
            raise damaged()
        if variant := tiff.unsupported(data):
            raise UnsupportedImageTypeError(
                f"The file is a TIFF with {variant}. Export it with 8 or 16 bits, channels interleaved, as LZW or "
                "without compression; or as JPEG."
            )
    else:
        data = boxes.trimmed(data)
        items.check_coded(data)
    return data


def _reader(content_type: str) -> Callable[[io.BytesIO], ImageFile.ImageFile]:
    """One decoder for one format: Image.open would try others and has pixel limits of its own.

    Loaded with the first picture of its format: a library that cannot be loaded is our fault, never the file's.
    """
    module, name = _READERS[content_type]
    reader: Callable[[io.BytesIO], ImageFile.ImageFile] = getattr(importlib.import_module(module), name)
    return reader


@contextlib.contextmanager
def _decoder() -> Iterator[None]:
    """The edge to the decoders: given hostile bytes they raise nearly anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (MemoryError, PhotoError):
            raise
        except Exception as error:
            raise (cut_off() if "truncated" in str(error) else damaged()) from error


def _check_pixels(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise ImageTooManyPixelsError(
            f"The picture is {width} x {height} pixels ({width * height / 1e6:.0f} megapixels); at most "
            f"{most / 1e6:.0f} megapixels are accepted in this format. Export it smaller: 4000 pixels on the long "
            "side are plenty."
        )


def _orientation(file: ImageFile.ImageFile, content_type: str) -> int:
    """The EXIF orientation; a picture with unreadable EXIF is taken as it is.

    Without one, Pillow reads XMP. In JPEG and AVIF it is a remainder of an editor that turned the pixels; in
    PNG it is how some desktop viewers turn a picture. TIFF files are turned by Pillow.
    """
    if content_type == TIFF:
        return 1
    with contextlib.suppress(PhotoError), _decoder():
        if content_type in (JPEG, AVIF):
            file.info.pop("xmp", None)
        value = file.getexif().get(ExifTags.Base.Orientation, 1)
        return value if value in _TURNS else 1
    return 1


def _color_space(file: ImageFile.ImageFile, data: bytes, content_type: str) -> ColorSpace:
    profile = file.info.get("icc_profile")
    space = ColorSpace(profile if isinstance(profile, bytes) else None)
    if content_type == PNG:
        return _png_space(png.facts(data), space)
    if content_type in (HEIC, AVIF):
        numbers = boxes.color_numbers(data)
        told = color.of_code_points(*numbers) if numbers else ColorSpace()
        return space if space.profile and not told.hdr else told
    if content_type in (JPEG, TIFF, WEBP) and not space.profile and _is_adobe_rgb(file):
        return color.adobe_rgb()
    return space


def _png_space(facts: dict[bytes, bytes], embedded: ColorSpace) -> ColorSpace:
    """By the order of the PNG specification: code points, profile, sRGB, gamma with primaries."""
    if len(numbers := facts.get(b"cICP", b"")) == 4:
        return color.of_code_points(numbers[0], numbers[1])
    if embedded.profile or b"sRGB" in facts or len(facts.get(b"gAMA", b"")) != 4:
        return embedded
    gamma, primaries = int.from_bytes(facts[b"gAMA"]), color.SRGB
    if len(facts.get(b"cHRM", b"")) == 32:
        n = [value / 100_000 for value in struct.unpack(">8I", facts[b"cHRM"])]
        primaries = ((n[2], n[3]), (n[4], n[5]), (n[6], n[7]), (n[0], n[1]))
    return color.of_gamma(100_000 / gamma, primaries) if gamma else embedded


def _is_adobe_rgb(file: ImageFile.ImageFile) -> bool:
    with contextlib.suppress(PhotoError), _decoder():
        exif = file.getexif()
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        index = str(exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex, ""))
        return space == _ADOBE_SPACE or (index.strip("\0 ") == _ADOBE_INDEX and space != _SRGB_SPACE)
    return False


def _opaque(image: Image.Image) -> Image.Image:
    """Eight bits, no palette, and white where the picture is transparent."""
    if image.mode.startswith("I"):
        return _eight_bits(image)
    if image.has_transparency_data:
        is_gray = image.mode == "LA"
        layer = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground.convert("L") if is_gray else ground
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    return image.convert("I").point([value >> 8 for value in range(1 << 16)], "L")
