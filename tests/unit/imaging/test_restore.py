"""Results in the photo's frame: its own pixels wherever only tone changed, the furniture the model's."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from realstaging.imaging import encoding
from realstaging.imaging.checks.check import check
from realstaging.imaging.restore import Restored, restore
from tests.support import rooms

ROOM = rooms.room()
PHOTO, STAGED = ROOM.image, rooms.furnished(ROOM.image)


def restored(photo: Image.Image, made: Image.Image, max_pixels: int = 24_000_000) -> Restored:
    return restore(photo, made, check(photo, made, "staging"), max_pixels)


def apart(one: Image.Image, other: Image.Image) -> np.ndarray:
    return np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max(axis=-1)


def outside(size: tuple[int, int]) -> np.ndarray:
    free: np.ndarray = np.asarray(rooms.furniture_mask(size)) == 0
    return free


MADE = {
    "as large as the photo": rooms.jpeg(STAGED, 85),
    "in the model's own size": rooms.jpeg(STAGED.resize((1184, 864), Image.Resampling.LANCZOS), 85),
    "in another tone": rooms.jpeg(rooms.toned(STAGED, 0.88, (1.04, 1, 0.94)), 85),
    "shifted": rooms.moved(STAGED, shift_x=0.015),
    "zoomed": rooms.moved(STAGED, 1.04, 1.04),
    "all of it": rooms.jpeg(rooms.toned(rooms.moved(STAGED, 1.02, 1.02, 0.004).resize((1184, 864)), 0.9), 85),
}


@pytest.mark.parametrize("name", MADE)
def test_the_photos_own_pixels_stay_outside_of_the_furniture(name: str) -> None:
    result = restored(PHOTO, MADE[name])

    assert (result.frame, result.reason) == ("restored", None)
    assert result.image.size == PHOTO.size
    different = apart(PHOTO, result.image)
    assert np.mean(different[outside(PHOTO.size)] <= 2) >= 0.98
    assert result.restored_share == pytest.approx(np.mean(different == 0), abs=0.03)


@pytest.mark.parametrize("name", MADE)
def test_the_furniture_is_the_models_at_its_place(name: str) -> None:
    result = restored(PHOTO, MADE[name])

    inner = np.asarray(rooms.furniture_mask(PHOTO.size).filter(ImageFilter.MinFilter(9))) > 0
    assert np.median(apart(STAGED, result.image)[inner]) <= 25
    assert np.mean(apart(PHOTO, result.image)[inner] > 2) > 0.95


def test_a_large_photo_keeps_its_size_and_its_detail() -> None:
    photo = rooms.room(size=(2400, 1800)).image
    made = rooms.jpeg(rooms.furnished(photo).resize((1184, 864), Image.Resampling.LANCZOS), 85)

    result = restored(photo, made)

    assert result.image.size == (2400, 1800)
    assert np.mean(apart(photo, result.image)[outside(photo.size)] <= 2) >= 0.98


def test_no_seam_shows_where_the_photo_and_the_models_picture_meet() -> None:
    """Even ground around a soft spot: the step along the border is no larger than steps are elsewhere."""
    photo = Image.new("RGB", (768, 576), (180, 172, 160))
    photo.paste(rooms.room(size=(768, 576)).image.crop((0, 0, 768, 300)), (0, 0))
    made = photo.copy()
    made.paste(Image.new("RGB", (200, 120), (60, 90, 70)), (280, 380))
    result = restored(photo, rooms.toned(made, 0.92, (1.02, 1, 0.97)))

    gray = np.asarray(result.image.convert("L"), dtype=np.int16)
    ring = np.ones(gray.shape, dtype=bool)
    ring[:320], ring[370:515, 268:492] = False, False
    steps = np.maximum(
        np.abs(np.diff(gray, axis=0, append=gray[-1:])), np.abs(np.diff(gray, axis=1, append=gray[:, -1:]))
    )
    assert result.frame == "restored"
    assert steps[ring].max() <= 3


def test_no_seam_shows_where_the_enlarged_pieces_of_the_models_picture_meet() -> None:
    """Soft waves, enlarged four times and a little moved: no step is larger than the waves are steep."""
    photo = rooms.room(size=(2400, 1800)).image
    made = rooms.moved(photo.resize((600, 450), Image.Resampling.LANCZOS), 1.02, 1.01, 0.004)
    waves = 128 + 50 * (np.sin(np.arange(400) / 10) + np.sin(np.arange(160) / 10)[:, None])
    made.paste(Image.fromarray(waves.astype(np.uint8)).convert("RGB"), (100, 230))
    result = restored(photo, made)

    inner = np.asarray(result.image, np.int16)[1000:1480, 480:1880]
    assert result.frame == "restored"
    assert max(np.abs(np.diff(inner, axis=axis)).max() for axis in (0, 1)) <= 3


def test_a_photo_larger_than_allowed_is_made_smaller() -> None:
    result = restored(PHOTO, STAGED, max_pixels=300_000)

    assert result.frame == "restored"
    assert 295_000 < result.image.width * result.image.height <= 300_000


REFUSED = {
    "blank": Image.new("RGB", (640, 480)),
    "reframed": rooms.square(STAGED),
    "lines_lost": rooms.furnished(rooms.room(9).image.transpose(Image.Transpose.ROTATE_180)),
    "relit": rooms.toned(STAGED, 3.2),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_does_not_fit_together_is_only_resized_and_says_why(reason: str) -> None:
    result = restored(PHOTO, REFUSED[reason])

    assert (result.frame, result.reason, result.restored_share) == ("resized", reason, 0.0)
    assert result.image.size == PHOTO.size


def test_in_the_file_nearly_all_of_the_photos_own_pixels_are_within_two_levels() -> None:
    photo = rooms.room(5).image
    grain = np.random.default_rng(5).normal(0, 3, (photo.height, photo.width, 1))
    sensor = Image.fromarray(np.clip(np.asarray(photo) + grain, 0, 255).astype(np.uint8))
    noisy = rooms.jpeg(sensor.filter(ImageFilter.GaussianBlur(0.7)), 85)

    written = Image.open(io.BytesIO(encoding.staged(noisy, "image/jpeg"))).convert("RGB")

    assert (apart(written, noisy) <= 2).mean() >= 0.995  # 0.993 at quality 92


def test_a_report_without_maps_cannot_be_restored_from() -> None:
    photo = Image.new("RGB", (800, 600), "white")
    report = replace(check(photo, photo, "staging"), maps=None)

    with pytest.raises(ValueError, match="maps"):
        restore(photo, photo, report)
