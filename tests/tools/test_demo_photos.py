"""What the demo makes of its arguments."""

from pathlib import Path

import pytest
from PIL import Image

from realstaging_client.photos import BadArgumentError
from tools.demo.choices import guessed_room, rooms
from tools.demo.photos import chosen, upright_size


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("bedroom.jpg", "bedroom"),
        ("Living-Room 2.HEIC", "living_room"),
        ("dining_room_final.png", "dining_room"),
        ("hallway.jpg", "entryway"),
        ("IMG_0042.heic", None),
        ("shallow.jpg", None),
        ("master-bedroom.jpg", "bedroom"),
    ],
)
def test_the_room_is_guessed_from_the_file_name(name: str, room: str | None) -> None:
    assert guessed_room(name) == room


def test_every_sample_has_a_room_that_is_on_offer() -> None:
    assert {photo.room_type for photo in chosen([])} <= set(rooms())


def test_photos_of_the_same_name_get_results_of_different_names(tmp_path: Path) -> None:
    paths = [tmp_path / "Kitchen.heic", tmp_path / "kitchen.jpg", tmp_path / "kitchen.png"]
    for path in paths:
        path.write_bytes(b"x")
    assert [photo.name for photo in chosen(paths)] == ["Kitchen", "kitchen-2", "kitchen-3"]


def test_the_51st_photo_is_refused_with_advice(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"x")
    with pytest.raises(BadArgumentError, match="51 photos are too many"):
        chosen([photo] * 51)


NO_PHOTOS = [("none.jpg", "does not exist"), (".", "is a folder"), ("a.txt", "not a JPEG")]


@pytest.mark.parametrize(("name", "says"), NO_PHOTOS)
def test_a_path_that_is_no_photo_is_refused_by_name(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(BadArgumentError, match=says):
        chosen([tmp_path / name])


def test_a_photo_that_lies_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    picture = Image.new("RGB", (60, 40))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert upright_size(tmp_path / "a.jpg") == (40, 60)


def test_a_file_that_is_no_picture_has_no_size(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("x")
    assert upright_size(tmp_path / "a.jpg") is None
