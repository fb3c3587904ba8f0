"""Files that are cut, lie or attack: accepted harmlessly or refused, and never a fault."""

import io
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from realstaging.errors import (
    ImageTooManyPixelsError,
    ImageTooSmallError,
    ImageTooWideError,
    ImageTruncatedError,
    ImageUnreadableError,
    PhotoError,
)
from realstaging.imaging.normalize import Photo, normalize
from tests.support.pictures import (
    FORMATS,
    LARGE,
    LIMITS,
    announcing,
    chunk,
    encoded,
    opened,
    quarters,
    room,
    with_chunk,
)


@pytest.mark.parametrize("content_type", FORMATS)
@pytest.mark.parametrize("missing", [1, 2, 40, 0.5])
def test_a_file_that_ends_early_is_refused(content_type: str, missing: float) -> None:
    if content_type in ("image/jpeg", "image/png") and missing in (1, 2):
        pytest.skip("only the end marker is gone")
    data = encoded(room(), content_type)
    keep = len(data) - int(missing) if missing >= 1 else int(len(data) * missing)

    with pytest.raises(ImageTruncatedError, match="Upload the file again"):
        normalize(data[:keep], LIMITS)


@pytest.mark.parametrize("content_type", FORMATS)
def test_what_phones_append_to_a_photo_does_no_harm(content_type: str) -> None:
    tail = (
        b"\0\0\0\x01free" + (24).to_bytes(8) + bytes(8) + b"\0\0\0\0free"
        if content_type == "image/heic"
        else b"\xff\xda\xff\xd9 motion photo" * 9
    )

    assert normalize(encoded(room(), content_type) + tail, LIMITS).width == 320


@pytest.mark.parametrize("content_type", FORMATS)
def test_a_picture_of_too_many_pixels_is_refused_with_the_numbers(content_type: str) -> None:
    with pytest.raises(ImageTooManyPixelsError, match=r"320 x 240 .*0 megapixels"):
        normalize(
            encoded(room(), content_type), LIMITS.model_copy(update={"max_pixels": 76_799, "max_pixels_whole": 76_799})
        )


def test_pixels_are_counted_before_anything_is_decoded() -> None:
    png, jpeg = announcing(encoded(room(), "image/png"), 60_000, 60_000), bytearray(encoded(room()))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = b"\xff" * 4
    webp = bytearray(encoded(room(), "image/webp", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0"))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = b"\xff" * 6

    for data in (png, jpeg, webp):
        with pytest.raises(ImageTooManyPixelsError):
            normalize(bytes(data), LIMITS)


@pytest.mark.parametrize("lossless", [True, False])
def test_both_kinds_of_webp_tell_their_size(lossless: bool) -> None:
    photo = normalize(encoded(room(), "image/webp", lossless=lossless), LIMITS)

    assert (photo.width, photo.height) == (320, 240)


def test_a_png_announcing_more_than_it_holds_is_refused() -> None:
    with pytest.raises(ImageTruncatedError):
        normalize(announcing(encoded(room(), "image/png"), 320, 300), LIMITS)


def test_metadata_that_inflates_without_end_is_left_out() -> None:
    bomb = zlib.compress(bytes(20_000_000))
    png = encoded(room(), "image/png")

    for added in (chunk(b"zTXt", b"a\0\0" + bomb) * 4, chunk(b"iCCP", b"a\0\0" + bomb), chunk(b"iCCP", b"a")):
        assert normalize(with_chunk(png, added), LIMITS).width == 320


@pytest.mark.parametrize("content_type", ["image/png", "image/webp"])
def test_of_an_animation_the_first_picture_is_taken(content_type: str) -> None:
    data = encoded(room(), content_type, save_all=True, append_images=[Image.new("RGB", (320, 240), "blue")] * 3)

    assert quarters(opened(normalize(data, LARGE).master)) == "RWWW"


def test_of_a_phones_multi_picture_jpeg_the_first_is_taken() -> None:
    file = io.BytesIO()
    room().save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (320, 240), "blue")])

    assert quarters(opened(normalize(file.getvalue(), LARGE).master)) == "RWWW"


def test_a_jpeg_built_to_keep_decoders_busy_is_refused() -> None:
    data = encoded(room(), progressive=True)
    scan = data.index(b"\xff\xda")

    for filler in (b"\xff\xda\x00\x08\x01\x01\x00\x3f\x3f\x00" * 200, b"\xff\x01" * 6_000):
        with pytest.raises(ImageUnreadableError):
            normalize(data[:scan] + filler + data[scan:], LIMITS)


@pytest.mark.parametrize("exif", [b"", b"junk", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff\x12\x01"])
def test_a_photo_with_broken_exif_is_taken_as_it_is(exif: bytes) -> None:
    for content_type in ("image/jpeg", "image/png", "image/webp"):
        assert normalize(encoded(room(), content_type, exif=b"Exif\0\0" + exif), LIMITS).width == 320


def test_a_png_or_heic_with_its_parts_in_disorder_is_refused() -> None:
    png = encoded(room(), "image/png")

    with pytest.raises(ImageUnreadableError):
        normalize(png[:8] + chunk(b"sRGB", b"\0") + png[8:], LIMITS)
    with pytest.raises(ImageUnreadableError):
        normalize(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x02free", LIMITS)


def test_running_out_of_memory_is_not_blamed_on_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(picture: PngImageFile) -> None:
        raise MemoryError

    monkeypatch.setattr(PngImageFile, "load", exhausted)

    with pytest.raises(MemoryError):
        normalize(encoded(room(), "image/png"), LIMITS)


def test_endless_chunks_and_boxes_are_refused() -> None:
    png, heic = encoded(room(), "image/png"), encoded(room(), "image/heic")

    with pytest.raises(ImageUnreadableError):
        normalize(with_chunk(png, chunk(b"IDAT", b"") * 100_001), LIMITS)
    with pytest.raises(ImageUnreadableError):
        normalize(heic[: int.from_bytes(heic[:4])] + b"\0\0\0\x08free" * 1_001, LIMITS)


def test_too_small_a_picture_is_refused_with_the_numbers() -> None:
    with pytest.raises(ImageTooSmallError, match=r"500 x 63 .* at least 64"):
        normalize(encoded(room(500, 63)), LIMITS)


def test_a_panorama_no_model_can_stage_is_refused() -> None:
    with pytest.raises(ImageTooWideError, match="Crop it to one room"):
        normalize(encoded(room(1000, 100)), LARGE)


def outcome(data: bytes, content_type: str) -> Photo | PhotoError:
    """A photo or a refusal; anything else escapes and fails the test."""
    try:
        return normalize(data, LIMITS)
    except PhotoError as refusal:
        return refusal


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
    assert isinstance(outcome(magic + noise, declared), PhotoError)


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

    assert isinstance(outcome(bytes(data), content_type), Photo | PhotoError)
