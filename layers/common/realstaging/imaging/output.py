"""What a model delivered, as a picture in the photo's shape, and the files we make of it."""

from PIL import Image

from realstaging.config import Images
from realstaging.errors import OutputUnusableError, PhotoError, UnsupportedImageTypeError
from realstaging.imaging import decoding, encoding, formats

# Pixels on the short side: below, models do not answer reliably and nobody can sell a room with it.
NARROWEST = 256
# How far the shape may be off where the picture is aligned back: scales of the check run from 0.93 to 1.07.
ALIGNED_BACK = 0.07

type Size = tuple[int, int]

_THUMBNAIL_QUALITY = 80


def open_result(
    data: bytes, *, master_width: int, master_height: int, limits: Images, is_restored: bool = False
) -> tuple[Image.Image, Size]:
    """The picture in the master's aspect ratio, upright RGB, and the pixels in which it was delivered.

    `is_restored`: it is laid back on the photo, so that it may be stretched or cropped as far as the picture check
    aligns, and is not cropped here. Never enlarged. Raises OutputUnusableError if it cannot be that.
    """
    image = whole = _decoded(data, limits)
    if is_restored:
        _check_ratio(whole, master_width, master_height, ALIGNED_BACK)
    else:
        image = in_shape(whole, master_width, master_height, limits)
    _check_sides(image, whole.size)
    return image, whole.size


def in_shape(image: Image.Image, master_width: int, master_height: int, limits: Images) -> Image.Image:
    """Cropped back to the master's aspect ratio. Raises OutputUnusableError beyond the tolerance."""
    _check_ratio(image, master_width, master_height, limits.aspect_tolerance)
    return _cropped(image, master_width / master_height)


def thumbnail(image: Image.Image, limits: Images) -> bytes:
    """A small JPEG that says that it was virtually staged."""
    return encoding.staged(decoding.fitted(image, limits.thumbnail_long_side), formats.JPEG, _THUMBNAIL_QUALITY)


def _decoded(data: bytes, limits: Images) -> Image.Image:
    try:
        kind = formats.content_type(data)
        if kind == formats.HEIC:
            raise OutputUnusableError("The model delivered a HEIC file, which browsers cannot show.")
        whole = limits.model_copy(update={"max_pixels": limits.max_pixels_whole})
        return decoding.upright(decoding.opened(data, kind, whole))
    except UnsupportedImageTypeError as error:
        what = formats.described(data) if data else "an empty file"
        raise OutputUnusableError(f"The model delivered {what} instead of a picture.") from error
    except PhotoError as error:
        raise OutputUnusableError(f"The model's picture cannot be used: {error.title.lower()}.") from error


def _check_ratio(image: Image.Image, master_width: int, master_height: int, tolerance: float) -> None:
    if abs((image.width * master_height) / (image.height * master_width) - 1) > tolerance:
        raise OutputUnusableError(
            f"The result came back {_shape(*image.size)}, not {_shape(master_width, master_height)} as the "
            "photo; cropping it would cut off part of the room.",
            image.size,
        )


def _check_sides(image: Image.Image, made: tuple[int, int]) -> None:
    if min(image.size) < NARROWEST:
        raise OutputUnusableError(
            f"The result came back with {image.width} x {image.height} pixels; each side needs at least {NARROWEST}.",
            made,
        )


def _shape(width: int, height: int) -> str:
    name = "square" if width == height else "landscape" if width > height else "portrait"
    return f"{name} ({width} x {height})"


def _cropped(image: Image.Image, ratio: float) -> Image.Image:
    """The middle of the picture with exactly this ratio, to the pixel."""
    width = min(image.width, round(image.height * ratio))
    height = min(image.height, round(image.width / ratio))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height)) if (width, height) != image.size else image
