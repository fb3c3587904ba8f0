"""What a model delivered, checked against the photo it was made from and turned into what we give out."""

from dataclasses import dataclass

from PIL import Image

from realstaging.config import Images
from realstaging.errors import OutputUnusableError, PhotoError, UnsupportedImageTypeError
from realstaging.imaging import decoding, encoding, formats

# Pixels on the short side: below, models do not answer reliably and nobody can sell a room with it.
NARROWEST = 256

# 4:4:4: furniture has hard colour edges and listing portals compress once more; halving the
# chroma twice shows as fringes. It costs about a fifth in size.
_QUALITY, _THUMBNAIL_QUALITY = 92, 80


@dataclass(frozen=True, slots=True)
class Result:
    """`made` is the size in which the model delivered it, before it was cropped."""

    picture: bytes
    thumbnail: bytes
    content_type: str
    width: int
    height: int
    made: tuple[int, int]


def finish(data: bytes, *, master_width: int, master_height: int, limits: Images) -> Result:
    """The result in the master's aspect ratio, never enlarged; OutputUnusableError if it cannot be that."""
    whole = _decoded(data, limits)
    _check_ratio(whole, master_width, master_height, limits.aspect_tolerance)
    image = _cropped(whole, master_width / master_height)
    _check_sides(image, whole.size)
    thumbnail = decoding.fitted(image, limits.thumbnail_long_side)
    return Result(
        picture=encoding.staged_jpeg(image, _QUALITY, "4:4:4"),
        thumbnail=encoding.staged_jpeg(thumbnail, _THUMBNAIL_QUALITY),
        content_type=formats.JPEG,
        width=image.width,
        height=image.height,
        made=whole.size,
    )


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
