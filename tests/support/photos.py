"""Photos as agents send them: the drawn sample rooms in every format, and files that are not photos."""

import io
from pathlib import Path

import pillow_heif
from PIL import Image

from tests.e2e.conftest import Photo
from tests.support.empty_room import empty_room_file

ROOT = Path(__file__).parents[2]
ROOMS = sorted((ROOT / "samples").glob("*.jpg"))


def room(index: int = 0) -> Photo:
    path = ROOMS[index % len(ROOMS)]
    return Photo(path.name, "image/jpeg", path.read_bytes())


def distinct_room(index: int) -> Photo:
    """A room whose bytes no other index has, small enough that fifty are quick to make."""
    with Image.open(ROOMS[index % len(ROOMS)]) as picture:
        small = picture.convert("RGB").resize((768, 512))
    small.putpixel((index, 0), (index, 255 - index, 0))
    return Photo(f"room-{index:02}.jpg", "image/jpeg", _encoded(small, "JPEG"))


def in_format(name: str, content_type: str) -> Photo:
    with Image.open(ROOMS[0]) as picture:
        rgb = picture.convert("RGB")
    if name == "HEIF":
        pillow_heif.register_heif_opener()
    return Photo(f"room.{content_type.split('/')[1]}", content_type, _encoded(rgb, name))


def turned() -> Photo:
    """Lying on its side, upright only by its EXIF orientation, with the place it was taken."""
    with Image.open(ROOMS[0]) as picture:
        sideways = picture.convert("RGB").rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned 90° clockwise
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "Camera maker"
    data = io.BytesIO()
    sideways.save(data, "JPEG", exif=exif)
    return Photo("turned.jpg", "image/jpeg", data.getvalue())


def bad_files() -> dict[str, Photo]:
    """By the code they are to be rejected with."""
    whole = room().data
    tiny, huge = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (400, 300)).save(tiny, "JPEG")
    Image.new("1", (9000, 9000)).save(huge, "PNG")
    return {
        "image_truncated": Photo("cut.jpg", "image/jpeg", whole[: len(whole) // 2]),
        "unsupported_image_type": Photo("notes.jpg", "image/jpeg", b"Living room, 20 square metres.\n" * 50),
        "image_too_small": Photo("tiny.jpg", "image/jpeg", tiny.getvalue()),
        "image_too_many_pixels": Photo("bomb.png", "image/png", huge.getvalue()),
    }


def _encoded(picture: Image.Image, format: str) -> bytes:
    data = io.BytesIO()
    picture.save(data, format, quality=90)
    return data.getvalue()


def photo(width: int, height: int) -> Photo:
    """A room with a floor, in this shape."""
    return Photo(f"room-{width}x{height}.jpg", "image/jpeg", empty_room_file(width, height))
