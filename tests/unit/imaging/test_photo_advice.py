"""What is said of a photo before it is paid for: facts, and never a refusal."""

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from realstaging import config
from realstaging.imaging.normalize import normalize
from tests.support.camera_files import room, saved

LIMITS = config.load("dev").images


def _codes(image: Image.Image) -> list[str]:
    return [each.code for each in normalize(saved(image), LIMITS).advice]


def test_a_usable_photo_gets_no_advice() -> None:
    assert _codes(room()) == []


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (ImageEnhance.Brightness(room()).enhance(0.2), "very_dark"),
        (room(size=(1600, 1200)).filter(ImageFilter.GaussianBlur(14)), "blurred"),
    ],
)
def test_what_spoils_a_staging_is_said(image: Image.Image, code: str) -> None:
    assert code in _codes(image)


def test_a_small_window_of_a_screenshot_is_named_with_its_share() -> None:
    screen = Image.new("RGB", (1170, 2532), "black")
    screen.paste(room(size=(1170, 780)), (0, 876))

    [advice] = normalize(saved(screen), LIMITS).advice

    assert advice.code == "small_window"
    assert "31%" in advice.detail


def test_bars_at_one_side_only_are_no_window() -> None:
    wall = Image.new("RGB", (1200, 1200), "white")
    wall.paste(room(size=(1200, 400)), (0, 800))

    assert _codes(wall) == []
