"""What a model delivered becomes a result in the photo's shape that says what it is, or is refused."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from realstaging import config
from realstaging.errors import OutputUnusableError
from realstaging.imaging import encoding, output

LIMITS = config.Images(
    max_pixels=4_000_000,
    max_pixels_whole=4_000_000,
    min_side=512,
    master_long_side=2048,
    thumbnail_long_side=128,
    aspect_tolerance=0.04,
)


def delivered(width: int, height: int, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind, **options)
    return file.getvalue()


def finished(data: bytes, master: tuple[int, int] = (800, 600)) -> Image.Image:
    image, _ = output.open_result(data, master_width=master[0], master_height=master[1], limits=LIMITS)
    return image


def refusal(data: bytes, master: tuple[int, int] = (800, 600)) -> str:
    with pytest.raises(OutputUnusableError) as error:
        finished(data, master)
    return error.value.detail


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_result_is_opened_whatever_the_model_sent(kind: str) -> None:
    image, made = output.open_result(delivered(656, 480, kind), master_width=800, master_height=600, limits=LIMITS)

    assert (image.mode, image.size, made) == ("RGB", (640, 480), (656, 480))
    assert Image.open(io.BytesIO(output.thumbnail(image, LIMITS))).size == (128, 96)


@pytest.mark.parametrize(
    ("size", "master"),
    [
        ((656, 480), (800, 600)),
        ((640, 496), (800, 600)),
        ((1024, 1376), (1512, 2016)),
        ((1184, 880), (2016, 1512)),
    ],
)
def test_a_shape_rounded_by_the_model_is_cropped_back_to_the_photos(
    size: tuple[int, int], master: tuple[int, int]
) -> None:
    result = finished(delivered(*size), master)

    assert result.width / result.height == pytest.approx(master[0] / master[1], rel=0.005)
    assert result.width == size[0] or result.height == size[1]


def test_the_crop_is_central() -> None:
    image = Image.new("RGB", (656, 480), "white")
    for x in (*range(8), *range(648, 656)):
        for y in range(480):
            image.putpixel((x, y), (0, 0, 0))
    file = io.BytesIO()
    image.save(file, "PNG")

    picture = finished(file.getvalue())

    edges: list[Any] = [picture.getpixel((0, 240)), picture.getpixel((639, 240))]
    assert min(min(pixel) for pixel in edges) > 240


@given(
    width=st.integers(256, 1200),
    height=st.integers(256, 1200),
    master=st.tuples(*[st.integers(256, 2048)] * 2),
)
def test_a_result_has_the_photos_ratio_or_does_not_exist(width: int, height: int, master: tuple[int, int]) -> None:
    try:
        result = finished(delivered(width, height, "JPEG", quality=20), master)
    except OutputUnusableError:
        return

    assert result.width / result.height == pytest.approx(master[0] / master[1], rel=0.005)
    assert result.width <= width
    assert result.height <= height
    assert min(result.width, result.height) >= 256


def test_a_square_answer_to_a_wide_photo_is_refused() -> None:
    assert "came back square (600 x 600), not landscape (800 x 600)" in refusal(delivered(600, 600))


@pytest.mark.parametrize(("width", "fits"), [(640, True), (684, True), (596, True), (692, False), (588, False)])
def test_what_is_laid_back_on_the_photo_may_be_stretched_as_far_as_the_check_aligns(width: int, fits: bool) -> None:
    def opened() -> Image.Image:
        data = delivered(width, 480)
        return output.open_result(data, master_width=800, master_height=600, limits=LIMITS, is_restored=True)[0]

    if fits:
        assert opened().size == (width, 480)
    else:
        with pytest.raises(OutputUnusableError):
            opened()


def test_a_turned_answer_is_refused() -> None:
    assert "came back portrait (600 x 800), not landscape (800 x 600)" in refusal(delivered(600, 800))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"<!doctype html><title>error</title>", "a web page"),
        (b'{"detail": "not found"}', "not a picture"),
        (b"GIF89a" + bytes(40), "a GIF"),
        (delivered(800, 600)[:-20], "ends too early"),
        (delivered(800, 600)[:60] + delivered(800, 600)[90:], "cannot be used"),
        (delivered(2400, 1800), "too many pixels"),
    ],
)
def test_what_is_no_whole_picture_is_refused_by_name(data: bytes, words: str) -> None:
    assert words in refusal(data)


def test_a_heic_answer_is_refused() -> None:
    assert "HEIC" in refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


@pytest.mark.parametrize("side", [1, 255])
def test_too_small_an_answer_is_refused(side: int) -> None:
    assert f"{side} x {side} pixels" in refusal(delivered(side, side), (600, 600))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_a_staged_file_says_that_the_room_was_staged_and_nothing_else(kind: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "ProviderName"
    data = delivered(800, 600, "JPEG", exif=exif, xmp=b"<x>ProviderName</x>", comment=b"ProviderName")

    file = encoding.staged(finished(data), f"image/{kind.lower()}")

    image = Image.open(io.BytesIO(file))
    assert (image.format, image.size) == (kind, (800, 600))
    assert dict(image.getexif()) == {
        ExifTags.Base.ImageDescription: "Virtually staged: furniture and decor were added by software.",
        ExifTags.Base.Software: "Real Staging",
    }
    assert "digitalsourcetype/compositeWithTrainedAlgorithmicMedia" in str(
        image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    )
    assert b"ProviderName" not in file
