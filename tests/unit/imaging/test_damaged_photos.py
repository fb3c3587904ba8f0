"""Photos of full length with lost parts are refused; what cannot be told from a picture is named."""

import random

import pytest
from PIL import ImageDraw

from realstaging import config
from realstaging.errors import ImageTruncatedError, ImageUnreadableError
from realstaging.imaging.normalize import normalize
from realstaging.imaging.sectors import check_repeats
from tests.support.camera_files import room
from tests.support.damaged_photos import DAMAGES, FORMATS, plain_pictures

LIMITS = config.load("dev").images
PHOTO = room(size=(1100, 800))
FILES = {name: write(PHOTO) for name, write in FORMATS.items()}
PLAIN = plain_pictures()
# Zeros in YCbCr.
UNDRAWN = (0, 135, 0)
FOREIGN = ("a tenth of another file", "a third of another file")
# These decoders make some picture of any bytes and say nothing; foreign bytes look like their own. Without
# compression every byte is a pixel.
UNSEEN = {(name, damage) for name in ("HEIC", "AVIF", "WebP", "WebP, lossless") for damage in FOREIGN} | {
    ("TIFF, uncompressed", damage) for damage in (*FOREIGN, "a block again and again")
}
SEEN = [(name, damage) for name in FORMATS for damage in DAMAGES if (name, damage) not in UNSEEN]


@pytest.mark.parametrize(("name", "damage"), SEEN)
def test_a_photo_with_a_large_part_lost_is_refused(name: str, damage: str) -> None:
    data = DAMAGES[damage](FILES[name])
    assert len(data) == len(FILES[name])

    with pytest.raises((ImageUnreadableError, ImageTruncatedError), match=r"damaged|missing"):
        normalize(data, LIMITS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_photos_undamaged_are_accepted(name: str) -> None:
    assert normalize(FILES[name], LIMITS).width == PHOTO.width


@pytest.mark.parametrize("name", ["HEIC", "HEIC, tiles", "AVIF", "WebP", "WebP, lossless", "TIFF, uncompressed"])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_plain_picture_is_no_damaged_one(name: str, kind: str) -> None:
    assert normalize(FORMATS[name](PLAIN[kind]), LIMITS).advice is not None


def test_a_heic_whose_decoder_left_a_part_undrawn_is_refused() -> None:
    half_drawn = PHOTO.copy()
    ImageDraw.Draw(half_drawn).rectangle((0, 600, 500, 800), fill=UNDRAWN)

    with pytest.raises(ImageUnreadableError):
        normalize(FORMATS["HEIC"](half_drawn), LIMITS)
    assert normalize(FORMATS["JPEG"](half_drawn), LIMITS).width == PHOTO.width


def test_what_coders_write_of_even_areas_is_no_lost_block() -> None:
    """As measured: cycles of 7 bytes in lossy WebP, of 201 in a checkerboard; single kilobytes of zeros."""
    noise = random.Random(11)
    for length in (2, 7, 201):
        check_repeats(noise.randbytes(5000) + noise.randbytes(length) * (50_000 // length) + noise.randbytes(5000))
    check_repeats(noise.randbytes(5000) + bytes(2500) + noise.randbytes(5000) + bytes(2500))


@pytest.mark.parametrize("lost", [bytes(4096), b"\xff" * 4096, random.Random(12).randbytes(512) * 8])
@pytest.mark.parametrize("at", [0, 5000, 5333])
def test_a_lost_block_is_found_wherever_it_lies(lost: bytes, at: int) -> None:
    coded = random.Random(13).randbytes(30_000)

    with pytest.raises(ImageUnreadableError):
        check_repeats(coded[:at] + lost + coded[at + len(lost) :])
