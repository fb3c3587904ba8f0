"""What becomes of an uploaded photo: upright, plain, without metadata; or refused in words that help."""

import array
import hashlib
import sys
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms

from realstaging.errors import UnsupportedImageTypeError
from realstaging.imaging.normalize import normalize
from tests.support.pictures import FORMATS, LARGE, LIMITS, encoded, is_near, opened, quarters, room


@pytest.mark.parametrize("content_type", FORMATS)
def test_every_supported_format_becomes_a_jpeg_master_and_a_thumbnail(content_type: str) -> None:
    data = encoded(room(800, 600), content_type)

    photo = normalize(data, LIMITS)

    assert (photo.content_type, photo.width, photo.height) == (content_type, 800, 600)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    master, thumbnail = opened(photo.master), opened(photo.thumbnail)
    assert (master.format, master.mode) == (thumbnail.format, thumbnail.mode) == ("JPEG", "RGB")
    assert master.size == (photo.master_width, photo.master_height) == (256, 192)
    assert thumbnail.size == (64, 48)
    assert quarters(master) == quarters(thumbnail) == "RWWW"


def test_a_decoder_that_cannot_be_loaded_is_no_fault_of_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    for content_type, library in (("image/heic", "pillow_heif"), ("image/webp", "PIL.WebPImagePlugin")):
        data = encoded(room(), content_type)
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(ImportError):
            normalize(data, LIMITS)


def test_a_small_photo_is_not_enlarged() -> None:
    photo = normalize(encoded(room(200, 100)), LIMITS.model_copy(update={"master_long_side": 1024}))

    assert (photo.master_width, photo.master_height) == (200, 100)


@pytest.mark.parametrize("width", [257, 300, 511, 512, 513, 700, 1024, 1400])
def test_a_masters_long_side_stays_within_the_limit_and_close_to_it(width: int) -> None:
    photo = normalize(encoded(room(width, width * 3 // 4)), LIMITS)

    assert 0.9 * 256 <= photo.master_width <= 256
    assert photo.master_width / photo.master_height == pytest.approx(4 / 3, abs=0.01)


@pytest.mark.parametrize(
    ("width", "made"),
    [(256, 256), (257, 256), (460, 256), (461, 231), (504, 252), (512, 256), (513, 256), (690, 256), (700, 234)],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_what_is_decoded_whole_is_made_a_whole_number_of_times_smaller_where_that_is_close(
    mode: str, width: int, made: int
) -> None:
    photo = normalize(encoded(room(width, width * 3 // 4).convert(mode), "image/png"), LIMITS)

    assert photo.master_width == made
    assert photo.master_height == pytest.approx(made * 3 / 4, abs=1)
    assert quarters(opened(photo.master))[1:] == "WWW"


@pytest.mark.parametrize("content_type", FORMATS)
@pytest.mark.parametrize(
    ("orientation", "stored_as"),
    [(1, None), (2, 0), (3, 3), (4, 1), (5, 5), (6, 2), (7, 6), (8, 4)],
)
def test_a_turned_photo_comes_out_upright(content_type: str, orientation: int, stored_as: int | None) -> None:
    upright = room()
    image = upright if stored_as is None else upright.transpose(Image.Transpose(stored_as))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    if content_type == "image/heic":  # the writer turns this into HEIC's own rotation
        upright.info["exif"] = image.info["exif"] = exif.tobytes()
        data = encoded(image, content_type)
    else:
        data = encoded(image, content_type, exif=exif)

    photo = normalize(data, LARGE)

    assert (photo.width, photo.height) == (photo.master_width, photo.master_height) == (320, 240)
    assert quarters(opened(photo.master)) == "RWWW"


@pytest.mark.parametrize("content_type", FORMATS)
def test_nothing_about_place_camera_or_people_is_kept(content_type: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SecretMake"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSAreaInformation] = b"SecretPlace"
    extra: dict[str, Any] = {"comment": b"SecretNote"} if content_type == "image/jpeg" else {}
    data = encoded(room(), content_type, exif=exif, xmp=b"<x>SecretXmp</x>", **extra)
    assert b"Secret" in data

    photo = normalize(data, LIMITS)

    for jpeg in (photo.master, photo.thumbnail):
        assert b"Secret" not in jpeg
        assert b"Exif" not in jpeg
        assert set(opened(jpeg).info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_becomes_plain_rgb(mode: str) -> None:
    if mode == "I;16":
        ramp = array.array("H", [x * 257 for x in range(256)] * 200)
        image = Image.frombytes("I;16", (256, 200), ramp.tobytes())
    elif mode == "PA":
        image = room().quantize(16)
        image.info["transparency"] = 0
    else:
        image = room().convert(mode)
    content_type = "image/jpeg" if mode == "CMYK" else "image/png"

    master = opened(normalize(encoded(image, content_type), LARGE).master)

    assert master.mode == "RGB"
    if mode == "I;16":
        assert is_near(master.getpixel((128, 100)), (128, 128, 128))
    elif mode in ("RGBA", "P"):
        assert quarters(master) == "RWWW"


def test_transparency_becomes_white() -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))

    master = opened(normalize(encoded(image, "image/png"), LARGE).master)

    assert is_near(master.getpixel((100, 100)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_colours_are_what_the_profile_means(mode: str) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain = room().convert(mode)

    named = normalize(encoded(plain, icc_profile=srgb_profile()), LARGE)
    misfit = normalize(encoded(plain, icc_profile=lab), LARGE)
    broken = normalize(encoded(plain, icc_profile=b"no profile at all" * 40), LARGE)

    expected = opened(normalize(encoded(plain), LARGE).master).getpixel((80, 60))
    for photo in (named, misfit, broken):
        assert is_near(opened(photo.master).getpixel((80, 60)), expected)  # type: ignore[arg-type]


def test_a_wide_gamut_profile_is_converted_and_not_just_dropped() -> None:
    swapped = bytearray(srgb_profile())  # red and green primaries exchanged: a profile nobody can overlook
    red, green = swapped.index(b"rXYZ"), swapped.index(b"gXYZ")
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"

    photo = normalize(encoded(room(), icc_profile=bytes(swapped)), LARGE)

    pixel: Any = opened(photo.master).getpixel((80, 60))
    assert pixel[0] < 60
    assert pixel[1] > 200


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "empty"),
        (b"hello, I am a text file", "not a picture"),
        (b"%PDF-1.7 and so on", "a PDF document"),
        (b"GIF89a" + bytes(50), "a GIF"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"\n<!DOCTYPE html><html></html>", "a web page"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(50), "a video"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(50), "a camera RAW file (CR2)"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(50), "a camera RAW file (CR3)"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(50), "a camera RAW file (RAF)"),
        (b"\xff\xd8", "not a picture"),
    ],
)
def test_what_is_no_photo_is_named_and_the_formats_to_send_are_listed(data: bytes, named: str) -> None:
    with pytest.raises(UnsupportedImageTypeError) as refusal:
        normalize(data, LIMITS)

    assert named in refusal.value.detail
    assert not data or "JPEG" in refusal.value.detail
