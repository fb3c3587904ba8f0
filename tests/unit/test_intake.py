"""What becomes of an uploaded file: accepted and made harmless, or refused with words that help."""

import array
import hashlib
import io
import struct
import zlib
from typing import Any

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageDraw

from realstaging import config
from realstaging.errors import (
    ContentTypeMismatchError,
    ImageTooManyPixelsError,
    ImageTooSmallError,
    ImageTruncatedError,
    ImageUnreadableError,
    PhotoError,
    UnsupportedImageTypeError,
)
from realstaging.imaging.intake import Photo, take_in

LIMITS = config.Images(
    max_pixels=2_000_000, min_side=64, master_long_side=256, thumbnail_long_side=64, aspect_tolerance=0.04
)
# Where a test looks at single pixels, nothing is made smaller.
LARGE = LIMITS.model_copy(update={"master_long_side": 2048})

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
RED, WHITE = (250, 0, 0), (250, 250, 250)

pillow_heif.register_heif_opener()


def room(width: int = 320, height: int = 240) -> Image.Image:
    """A white picture whose upper left quarter is red, so that every turn shows."""
    image = Image.new("RGB", (width, height), WHITE)
    ImageDraw.Draw(image).rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill=RED)
    return image


def encoded(image: Image.Image, content_type: str = "image/jpeg", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, FORMATS[content_type], **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunk(png: bytes, added: bytes) -> bytes:
    return png[:33] + added + png[33:]


def announcing(png: bytes, width: int, height: int) -> bytes:
    return png[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + png[33:]


def is_near(actual: Any, expected: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(actual, expected, strict=True))


def quarters(image: Image.Image) -> str:
    """R or W for upper left, upper right, lower left and lower right."""
    spots = [(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    pixels = [image.getpixel((int(x * image.width), int(y * image.height))) for x, y in spots]
    return "".join("R" if is_near(pixel, RED) else "W" for pixel in pixels)


@pytest.mark.parametrize("content_type", FORMATS)
def test_every_supported_format_becomes_a_jpeg_master_and_a_thumbnail(content_type: str) -> None:
    data = encoded(room(800, 600), content_type)

    photo = take_in(data, content_type, LIMITS)

    assert (photo.content_type, photo.width, photo.height) == (content_type, 800, 600)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    master, thumbnail = opened(photo.master), opened(photo.thumbnail)
    assert (master.format, master.mode) == (thumbnail.format, thumbnail.mode) == ("JPEG", "RGB")
    assert master.size == (photo.master_width, photo.master_height) == (256, 192)
    assert thumbnail.size == (64, 48)
    assert quarters(master) == quarters(thumbnail) == "RWWW"


def test_a_small_photo_is_not_enlarged() -> None:
    photo = take_in(encoded(room(200, 100)), "image/jpeg", LIMITS.model_copy(update={"master_long_side": 1024}))

    assert (photo.master_width, photo.master_height) == (200, 100)


@pytest.mark.parametrize("width", [257, 300, 511, 512, 513, 700, 1024, 1400])
def test_a_masters_long_side_stays_within_the_limit_and_close_to_it(width: int) -> None:
    photo = take_in(encoded(room(width, width * 3 // 4)), "image/jpeg", LIMITS)

    assert 0.9 * 256 <= photo.master_width <= 256
    assert photo.master_width / photo.master_height == pytest.approx(4 / 3, abs=0.01)


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

    photo = take_in(data, content_type, LARGE)

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

    photo = take_in(data, content_type, LIMITS)

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

    master = opened(take_in(encoded(image, content_type), content_type, LARGE).master)

    assert master.mode == "RGB"
    if mode == "I;16":
        assert is_near(master.getpixel((128, 100)), (128, 128, 128))
    elif mode in ("RGBA", "P"):
        assert quarters(master) == "RWWW"


def test_transparency_becomes_white() -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))

    master = opened(take_in(encoded(image, "image/png"), "image/png", LARGE).master)

    assert is_near(master.getpixel((100, 100)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_colours_are_what_the_profile_means(mode: str) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain = room().convert(mode)

    named = take_in(encoded(plain, icc_profile=srgb_profile()), "image/jpeg", LARGE)
    misfit = take_in(encoded(plain, icc_profile=lab), "image/jpeg", LARGE)
    broken = take_in(encoded(plain, icc_profile=b"no profile at all" * 40), "image/jpeg", LARGE)

    expected = opened(take_in(encoded(plain), "image/jpeg", LARGE).master).getpixel((80, 60))
    for photo in (named, misfit, broken):
        assert is_near(opened(photo.master).getpixel((80, 60)), expected)  # type: ignore[arg-type]


def test_a_wide_gamut_profile_is_converted_and_not_just_dropped() -> None:
    swapped = bytearray(srgb_profile())  # red and green primaries exchanged: a profile nobody can overlook
    red, green = swapped.index(b"rXYZ"), swapped.index(b"gXYZ")
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"

    photo = take_in(encoded(room(), icc_profile=bytes(swapped)), "image/jpeg", LARGE)

    pixel: Any = opened(photo.master).getpixel((80, 60))
    assert pixel[1] > 200 > 60 > pixel[0]


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
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(50), "an AVIF picture"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(50), "an AVIF picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(50), "a video"),
        (b"II*\0" + bytes(50), "TIFF"),
        (b"\xff\xd8", "not a picture"),
    ],
)
def test_what_is_no_photo_is_named_and_the_formats_to_send_are_listed(data: bytes, named: str) -> None:
    with pytest.raises(UnsupportedImageTypeError) as refusal:
        take_in(data, "image/jpeg", LIMITS)

    assert named in refusal.value.detail
    assert not data or "JPEG, PNG, WebP or HEIC" in refusal.value.detail


@pytest.mark.parametrize("content_type", FORMATS)
def test_the_bytes_and_the_announced_type_must_agree(content_type: str) -> None:
    data = encoded(room(), content_type)

    for announced in {*FORMATS, "application/pdf", ""} - {content_type}:
        with pytest.raises(ContentTypeMismatchError, match=content_type):
            take_in(data, announced, LIMITS)


@pytest.mark.parametrize(
    ("content_type", "also"),
    [("image/jpeg", "image/jpg"), ("image/heic", "image/heif"), ("image/png", "IMAGE/PNG; charset=binary")],
)
def test_other_names_of_the_same_type_are_understood(content_type: str, also: str) -> None:
    assert take_in(encoded(room(), content_type), also, LIMITS).content_type == content_type


@pytest.mark.parametrize("content_type", FORMATS)
@pytest.mark.parametrize("missing", [1, 2, 40, 0.5])
def test_a_file_that_ends_early_is_refused(content_type: str, missing: float) -> None:
    data = encoded(room(), content_type)
    keep = len(data) - int(missing) if missing >= 1 else int(len(data) * missing)

    with pytest.raises(ImageTruncatedError, match="Upload the file again"):
        take_in(data[:keep], content_type, LIMITS)


@pytest.mark.parametrize("content_type", FORMATS)
def test_what_phones_append_to_a_photo_does_no_harm(content_type: str) -> None:
    tail = b"\0\0\0\x10free" + bytes(8) if content_type == "image/heic" else b"\xff\xda\xff\xd9 motion photo" * 9

    assert take_in(encoded(room(), content_type) + tail, content_type, LIMITS).width == 320


@pytest.mark.parametrize("content_type", FORMATS)
def test_a_picture_of_too_many_pixels_is_refused_with_the_numbers(content_type: str) -> None:
    with pytest.raises(ImageTooManyPixelsError, match=r"320 x 240 .*0 megapixels"):
        take_in(encoded(room(), content_type), content_type, LIMITS.model_copy(update={"max_pixels": 76_799}))


def test_pixels_are_counted_before_anything_is_decoded() -> None:
    png, jpeg = announcing(encoded(room(), "image/png"), 60_000, 60_000), bytearray(encoded(room()))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = b"\xff" * 4
    webp = bytearray(encoded(room(), "image/webp", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0"))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = b"\xff" * 6

    for data, content_type in ((png, "image/png"), (jpeg, "image/jpeg"), (webp, "image/webp")):
        with pytest.raises(ImageTooManyPixelsError):
            take_in(bytes(data), content_type, LIMITS)


@pytest.mark.parametrize("lossless", [True, False])
def test_both_kinds_of_webp_tell_their_size(lossless: bool) -> None:
    photo = take_in(encoded(room(), "image/webp", lossless=lossless), "image/webp", LIMITS)

    assert (photo.width, photo.height) == (320, 240)


def test_a_png_announcing_more_than_it_holds_is_refused() -> None:
    with pytest.raises(ImageTruncatedError):
        take_in(announcing(encoded(room(), "image/png"), 320, 300), "image/png", LIMITS)


def test_metadata_that_inflates_without_end_is_left_out() -> None:
    bomb = zlib.compress(bytes(20_000_000))
    png = encoded(room(), "image/png")

    for added in (chunk(b"zTXt", b"a\0\0" + bomb) * 4, chunk(b"iCCP", b"a\0\0" + bomb), chunk(b"iCCP", b"a")):
        assert take_in(with_chunk(png, added), "image/png", LIMITS).width == 320


@pytest.mark.parametrize("content_type", ["image/png", "image/webp"])
def test_of_an_animation_the_first_picture_is_taken(content_type: str) -> None:
    data = encoded(room(), content_type, save_all=True, append_images=[Image.new("RGB", (320, 240), "blue")] * 3)

    assert quarters(opened(take_in(data, content_type, LARGE).master)) == "RWWW"


def test_of_a_phones_multi_picture_jpeg_the_first_is_taken() -> None:
    file = io.BytesIO()
    room().save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (320, 240), "blue")])

    assert quarters(opened(take_in(file.getvalue(), "image/jpeg", LARGE).master)) == "RWWW"


def test_a_jpeg_built_to_keep_decoders_busy_is_refused() -> None:
    data = encoded(room(), progressive=True)
    scan = data.index(b"\xff\xda")

    for filler in (b"\xff\xda\x00\x08\x01\x01\x00\x3f\x3f\x00" * 200, b"\xff\x01" * 6_000):
        with pytest.raises(ImageUnreadableError):
            take_in(data[:scan] + filler + data[scan:], "image/jpeg", LIMITS)


def test_endless_chunks_and_boxes_are_refused() -> None:
    png, heic = encoded(room(), "image/png"), encoded(room(), "image/heic")

    with pytest.raises(ImageUnreadableError):
        take_in(with_chunk(png, chunk(b"IDAT", b"") * 100_001), "image/png", LIMITS)
    with pytest.raises(ImageUnreadableError):
        take_in(heic + b"\0\0\0\x08free" * 1_001, "image/heic", LIMITS)
    with pytest.raises(ImageUnreadableError):
        take_in(heic + b"\0\0\0\x02free", "image/heic", LIMITS)


def test_too_small_a_picture_is_refused_with_the_numbers() -> None:
    with pytest.raises(ImageTooSmallError, match=r"500 x 63 .* at least 64"):
        take_in(encoded(room(500, 63)), "image/jpeg", LIMITS)


def test_a_panorama_no_model_can_stage_is_refused() -> None:
    with pytest.raises(ImageTooSmallError, match="Crop it to one room"):
        take_in(encoded(room(1000, 100)), "image/jpeg", LARGE)


def survives(data: bytes, content_type: str) -> Photo | None:
    """Whatever the bytes: a photo, or a PhotoError that says something."""
    try:
        return take_in(data, content_type, LIMITS)
    except PhotoError as refusal:
        assert refusal.detail.endswith(".")
        return None


SAMPLES = {
    "image/jpeg": encoded(room(96, 80), exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0"),
    "image/png": encoded(room(96, 80), "image/png"),
    "image/webp": encoded(room(96, 80), "image/webp", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
    "image/heic": encoded(room(96, 80), "image/heic"),
}
MAGIC = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\xff\0\0\0WEBPVP8X",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    b"",
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MAGIC), st.binary(max_size=300), st.sampled_from(sorted(FORMATS)))
def test_random_bytes_never_cause_anything_but_a_refusal(magic: bytes, noise: bytes, declared: str) -> None:
    assert survives(magic + noise, declared) is None


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_a_mutated_photo_is_accepted_or_refused_but_never_a_fault(content_type: str, draw: st.DataObject) -> None:
    data = bytearray(SAMPLES[content_type])
    for _ in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, len(data) - 1))
        action = draw.draw(st.sampled_from(["set", "cut", "insert"]))
        if action == "set":
            data[at] = draw.draw(st.integers(0, 255))
        elif action == "cut":
            del data[at : at + draw.draw(st.integers(1, 50))]
            data = data or bytearray(1)
        else:
            data[at:at] = draw.draw(st.binary(max_size=40))

    survives(bytes(data), content_type)
