"""The committed sample rooms are what their script draws: eight, all different, small enough to keep."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from samples.draw import draw
from samples.rooms import ROOMS

FOLDER = Path(__file__).parents[2] / "samples"


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean over all pixels and channels."""
    means = ImageStat.Stat(ImageChops.difference(one, other)).mean
    return sum(means) / len(means)


def committed(name: str) -> Image.Image:
    return Image.open(FOLDER / f"{name}.jpg").convert("RGB")


# One of each shape; the rest is drawn by the same code.
@pytest.mark.parametrize("name", ["living-room", "bathroom", "terrace"])
def test_the_script_draws_the_committed_picture(name: str) -> None:
    drawn, kept = draw(name), committed(name)
    assert drawn.size == kept.size
    assert difference(drawn, kept) < 2


def test_every_room_of_the_script_is_there_and_light_enough() -> None:
    files = {path.stem: path.stat().st_size for path in FOLDER.glob("*.jpg")}
    assert set(files) == set(ROOMS)
    assert len(files) >= 6
    assert max(files.values()) < 250_000


def test_no_two_rooms_look_alike() -> None:
    small = [committed(name).resize((96, 72)) for name in ROOMS]
    for number, one in enumerate(small):
        for other in small[:number]:
            assert difference(one, other) > 8
