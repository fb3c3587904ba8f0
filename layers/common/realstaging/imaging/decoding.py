"""From a file's bytes to an upright RGB picture in sRGB, with every failure a PhotoError."""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from realstaging.errors import ImageTooManyPixelsError, PhotoError
from realstaging.imaging import structure
from realstaging.imaging.formats import HEIC, JPEG, PNG, WEBP

# A JPEG can be decoded at a half, a quarter or an eighth for a fraction of the work. We take that
# up to a tenth below the wanted size: 4032 pixels of a phone become 2016, not 2048, at half the cost.
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
_SRGB = ImageCms.createProfile("sRGB")
_READERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    JPEG: JpegImageFile,
    PNG: PngImageFile,
    WEBP: WebPImageFile,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture whose header is read and whose pixels are not. Width and height are upright."""

    file: ImageFile.ImageFile
    width: int
    height: int
    orientation: int


def opened(data: bytes, content_type: str, *, max_pixels: int) -> Opened:
    data = structure.decodable(data, content_type)
    if content_type == WEBP:
        _check_pixels(*structure.webp_size(data), max_pixels)
    with _decoder():
        file = _reader(io.BytesIO(data), content_type)
    _check_pixels(file.width, file.height, max_pixels)
    if content_type == PNG:
        structure.check_png_pixels(data)
    orientation = _orientation(file)
    width, height = file.size if orientation not in _SIDEWAYS else (file.height, file.width)
    return Opened(file, width, height, orientation)


def upright(picture: Opened, long_side: int | None = None) -> Image.Image:
    """The pixels: RGB, sRGB, no metadata, and no side longer than asked for."""
    file = picture.file
    profile = file.info.get("icc_profile")
    with _decoder():
        if long_side and isinstance(file, JpegImageFile):
            factor = min(SHORTFALL * long_side / max(file.size), 1)
            file.draft(None, (max(int(file.width * factor), 1), max(int(file.height * factor), 1)))
        file.load()
        image = fitted(_opaque(file), long_side) if long_side else _opaque(file)
    image = _in_srgb(image, profile)
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
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _reader(file: io.BytesIO, content_type: str) -> ImageFile.ImageFile:
    """One decoder for one format: Image.open would try others and has pixel limits of its own."""
    if content_type == HEIC:
        import pillow_heif  # only here: who finishes results never meets one, and starts faster

        heif: ImageFile.ImageFile = pillow_heif.HeifImageFile(file)  # type: ignore[no-untyped-call]
        return heif
    return _READERS[content_type](file)


@contextlib.contextmanager
def _decoder() -> Iterator[None]:
    """The edge to the decoders: given hostile bytes they raise nearly anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except MemoryError:
            raise
        except Exception as error:
            raise (structure.cut_off() if "truncated" in str(error) else structure.damaged()) from error


def _check_pixels(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise ImageTooManyPixelsError(
            f"The picture is {width} x {height} pixels ({width * height / 1e6:.0f} megapixels); at most "
            f"{most / 1e6:.0f} megapixels are accepted. Export it smaller: 4000 pixels on the long side are "
            "plenty."
        )


def _orientation(file: ImageFile.ImageFile) -> int:
    """The EXIF orientation; a picture with unreadable EXIF is taken as it is."""
    with contextlib.suppress(PhotoError), _decoder():
        value = file.getexif().get(ExifTags.Base.Orientation, 1)
        return value if value in _TURNS else 1
    return 1


def _opaque(image: Image.Image) -> Image.Image:
    """Eight bits, no palette, and white where the picture is transparent."""
    if image.mode.startswith("I"):
        return image.convert("I").point([value >> 8 for value in range(1 << 16)], "L")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as the embedded profile means them; a profile that makes no sense is left aside."""
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return ImageCms.buildTransform(source, _SRGB, image.mode, "RGB").apply(image)
    return image.convert("RGB")
