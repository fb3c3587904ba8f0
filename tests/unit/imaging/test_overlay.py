"""The overlay shows where it changed, in the photo's shape, with a legend."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from realstaging.imaging.checks.check import check
from realstaging.imaging.checks.overlay import overlay
from tests.support import rooms

ROOM = rooms.room()


def saturation(image: Image.Image, box: rooms.Box) -> float:
    left, top, right, bottom = rooms.pixels(box, ROOM.image.size)
    part = np.asarray(image.crop((left, top, right, bottom)), dtype=np.int16)
    return float((part.max(axis=-1) - part.min(axis=-1)).mean())


def test_the_changed_places_are_marked_and_others_are_not() -> None:
    altered = rooms.painted_out(ROOM.image, ROOM.window)

    picture = overlay(check(ROOM.image, altered, "staging"), ROOM.image)

    assert picture.mode == "RGB"
    assert picture.width == ROOM.image.width
    assert ROOM.image.height < picture.height < ROOM.image.height * 1.15
    assert saturation(picture, ROOM.window) > 3 * saturation(picture, (0.3, 0.02, 0.7, 0.15))


def test_a_large_photo_gets_a_small_overlay() -> None:
    photo = ROOM.image.resize((2400, 1800))

    assert overlay(check(photo, rooms.furnished(photo), "staging"), photo).width == 1280


def test_a_narrow_photo_has_its_legend_over_several_lines() -> None:
    photo = ROOM.image.crop((200, 0, 480, 720))

    picture = overlay(check(photo, rooms.recolored(photo, [(0, 0), (1, 0), (1, 1)], (0.7, 1, 0.7)), "staging"), photo)

    assert picture.height > photo.height + 60


def test_a_report_without_maps_cannot_be_drawn() -> None:
    report = replace(check(ROOM.image, ROOM.image, "staging"), maps=None)

    with pytest.raises(ValueError, match="maps"):
        overlay(report, ROOM.image)
