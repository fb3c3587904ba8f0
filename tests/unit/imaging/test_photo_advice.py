"""What is said of a photo before it is paid for: facts, and never a refusal."""

from pathlib import Path

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from realstaging import config
from realstaging.imaging.normalize import normalize
from tests.support.camera_files import room, saved

ROOT = Path(__file__).parents[3]
DRAWN = sorted((ROOT / "samples").glob("*.jpg"))
LIMITS = config.load("dev").images


def _is_large_enough(path: Path) -> bool:
    with Image.open(path) as image:
        return min(image.size) >= LIMITS.min_side


# Photographs that lie beside this repository, where there are any; those too small are refused before advice is given.
REAL = [path for path in sorted((ROOT.parent / "shared" / "samples").rglob("*.jpg")) if _is_large_enough(path)]


def _codes(image: Image.Image) -> list[str]:
    return [each.code for each in normalize(saved(image), LIMITS).advice]


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


@pytest.mark.parametrize("path", [*DRAWN, *REAL], ids=lambda path: path.stem)
def test_a_sharp_room_in_daylight_or_with_lamps_gets_no_advice(path: Path) -> None:
    assert normalize(path.read_bytes(), LIMITS).advice == []


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_a_room_blurred_by_eight_pixels_of_a_phones_photo_or_three_stops_too_dark_is_told(path: Path) -> None:
    with Image.open(path) as room:
        blurred = room.filter(ImageFilter.GaussianBlur(8 * max(room.size) / 4032))
        # Three stops less light is about a third of the numbers.
        dark = ImageEnhance.Brightness(room).enhance(0.36)

    assert "blurred" in _codes(blurred)
    assert _codes(dark) == ["very_dark"]


def test_dark_and_blurred_are_both_said() -> None:
    with Image.open(DRAWN[0]) as room:
        image = ImageEnhance.Brightness(room).enhance(0.3).filter(ImageFilter.GaussianBlur(5))

    assert _codes(image) == ["very_dark", "blurred"]


def test_a_room_that_is_hardly_to_be_made_out_is_blurred() -> None:
    with Image.open(DRAWN[0]) as room:
        assert _codes(room.filter(ImageFilter.GaussianBlur(30))) == ["blurred"]


@pytest.mark.parametrize("fill", ["white", "#c8beb4"])
def test_a_bare_wall_is_not_called_blurred(fill: str) -> None:
    wall = Image.new("RGB", (1600, 1200), fill)
    wall.paste(Image.linear_gradient("L").resize((1600, 1200)), mask=Image.new("L", wall.size, 40))

    assert "blurred" not in _codes(wall)
