"""Photos of full length with lost parts are refused; what cannot be told from a picture is named."""

import pytest
from PIL import ImageDraw

from realstaging import config
from realstaging.errors import ImageTruncatedError, ImageUnreadableError
from realstaging.imaging.normalize import normalize
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
