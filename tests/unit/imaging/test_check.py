"""The picture check on drawn rooms: what models do wrong is caught or aligned back, the tile over the change."""

import json
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter, ImageOps

from realstaging.imaging.checks.check import check
from realstaging.imaging.checks.report import Report
from realstaging.imaging.checks.thresholds import DEFAULTS, Bounds, Thresholds
from tests.support import rooms
from tests.support.rooms import Box

ROOM = rooms.room()
PHOTO, STAGED = ROOM.image, rooms.furnished(ROOM.image)
LEFT_WALL = [(0.0, 0.0), (ROOM.back[0], ROOM.back[1]), (ROOM.back[0], ROOM.back[3]), (0.0, 1.0)]
BACK_WALL = [(x, y) for y in (ROOM.back[1], ROOM.back[3]) for x in (ROOM.back[0], ROOM.back[2])]
BACK_WALL = [BACK_WALL[0], BACK_WALL[1], BACK_WALL[3], BACK_WALL[2]]


def low_tiles(report: Report, box: Box) -> int:
    """How many tiles that touch the box score under a half."""
    tiles, count = report.tiles, 0
    for row, column in product(range(tiles.rows), range(tiles.columns)):
        score = tiles.scores[row][column]
        across = column / tiles.columns < box[2] and (column + 1) / tiles.columns > box[0]
        down = row / tiles.rows < box[3] and (row + 1) / tiles.rows > box[1]
        count += across and down and score is not None and score < 0.5
    return count


@pytest.mark.parametrize("seed", range(4))
def test_a_furnished_room_passes_without_a_bad_tile_above_the_furniture(seed: int) -> None:
    photo = rooms.room(seed).image

    report = check(photo, rooms.jpeg(rooms.furnished(photo)), "staging")

    assert (report.verdict, report.reasons) == ("pass", [])
    assert low_tiles(report, (0, 0, 1, 0.5)) == 0


ROUND_TRIPS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg": lambda image: rooms.jpeg(image, 50),
    "smaller": lambda image: image.resize((640, 480), Image.Resampling.LANCZOS),
    "larger": lambda image: image.resize((1440, 1080), Image.Resampling.BICUBIC),
    "brighter": lambda image: rooms.toned(image, 0.8),
    "darker": lambda image: rooms.toned(image, 1.2, (0.9, 0.9, 0.9)),
    "warmer": lambda image: rooms.toned(image, 1, (1.05, 1, 0.88)),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1)),
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_tone_size_and_compression_are_no_changes_of_the_room(name: str) -> None:
    assert check(PHOTO, ROUND_TRIPS[name](STAGED), "staging").verdict == "pass"


def test_both_pictures_mirrored_are_judged_the_same() -> None:
    report = check(ImageOps.mirror(PHOTO), ImageOps.mirror(STAGED), "staging")

    assert report.verdict == "pass"


@pytest.mark.parametrize("opening", ["window", "door"])
@pytest.mark.parametrize("picture", [PHOTO, STAGED], ids=["empty", "staged"])
def test_a_window_or_door_painted_out_is_caught_where_it_was(opening: str, picture: Image.Image) -> None:
    box = getattr(ROOM, opening)

    report = check(PHOTO, rooms.jpeg(rooms.painted_out(picture, box)), "staging")

    assert report.verdict == "fail"
    assert "lines_lost" in report.reasons
    assert low_tiles(report, box) >= 3


def test_a_window_painted_out_while_decluttering_is_worth_a_look() -> None:
    report = check(STAGED, rooms.painted_out(PHOTO, ROOM.window), "declutter")

    assert report.verdict == "review"
    assert low_tiles(report, ROOM.window) >= 3


@pytest.mark.parametrize("factors", [(0.8, 1, 0.85), (0.7, 0.85, 1), (0.9, 0.6, 0.55), (0.5, 0.5, 0.52)])
@pytest.mark.parametrize("wall", [LEFT_WALL, BACK_WALL], ids=["left", "back"])
def test_a_wall_in_another_paint_is_caught_where_it_is(
    factors: tuple[float, float, float], wall: list[tuple[float, float]]
) -> None:
    report = check(PHOTO, rooms.recolored(STAGED, wall, factors), "staging")

    assert report.verdict == "fail"
    assert "surfaces_changed" in report.reasons
    assert low_tiles(report, (wall[0][0], ROOM.back[1], wall[1][0], ROOM.back[3])) >= 3


def test_a_patchy_repaint_is_caught_though_no_even_area_has_an_old_outline() -> None:
    painted = rooms.recolored(STAGED, [(0, 0), (1, 0), (1, 0.55), (0, 0.55)], (0.6, 0.8, 1))
    noise = Image.fromarray(np.random.default_rng(2).integers(0, 256, (18, 24), dtype=np.uint8))
    patches = noise.resize(STAGED.size, Image.Resampling.BICUBIC).point([255 * (value > 90) for value in range(256)])

    report = check(PHOTO, Image.composite(painted, STAGED, patches), "staging")

    assert report.verdict == "fail"


def test_the_light_of_a_lamp_is_no_paint() -> None:
    glow = Image.radial_gradient("L").resize((600, 500)).point([255 - value for value in range(256)])
    shone = Image.new("L", STAGED.size)
    shone.paste(glow, (300, -150))
    lit = Image.composite(rooms.toned(STAGED, factors=(1.2, 1.05, 0.85)), STAGED, shone)

    report = check(rooms.toned(PHOTO, factors=(0.8, 0.8, 0.8)), lit, "staging")

    assert report.verdict == "pass"


@pytest.mark.parametrize(
    ("scale_x", "scale_y", "shift_x", "shift_y"),
    [(1, 1, 0.015, 0), (1, 1, -0.02, 0.01), (1.04, 1.04, 0, 0), (0.97, 0.97, 0, 0), (1.02, 0.99, 0.005, -0.01)],
)
def test_another_frame_is_measured_and_aligned_back(
    scale_x: float, scale_y: float, shift_x: float, shift_y: float
) -> None:
    report = check(PHOTO, rooms.moved(STAGED, scale_x, scale_y, shift_x, shift_y), "staging")

    assert report.verdict == "pass"
    found = report.transform
    assert (found.scale_x, found.scale_y) == pytest.approx((scale_x, scale_y), abs=0.002)
    assert (found.shift_x, found.shift_y) == pytest.approx((shift_x, shift_y), abs=0.0015)


# Within what is searched: 0.93 to 1.07, each side by itself.
SCALES, SHIFTS = st.floats(0.93, 1.07), st.floats(-0.03, 0.03)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(SCALES, SCALES, SHIFTS, SHIFTS)
def test_any_frame_within_the_range_is_found_to_a_pixel(x: float, y: float, right: float, down: float) -> None:
    found = check(PHOTO, rooms.moved(STAGED, x, y, right, down), "staging").transform

    # In pixels of the working size: at the border for the scales.
    assert abs(found.scale_x - x) * 384 < 1.2
    assert abs(found.scale_y - y) * 288 < 1.2
    assert abs(found.shift_x - right) * 768 < 1.2
    assert abs(found.shift_y - down) * 576 < 1.2


def test_a_picture_in_another_shape_is_aligned_and_named_stretched() -> None:
    stretched = check(PHOTO, STAGED.resize((1184, 864)), "staging")
    cropped = check(PHOTO, STAGED.crop((0, 10, 960, 710)), "staging")

    assert (stretched.verdict, stretched.reasons) == ("pass", ["stretched"])
    assert cropped.verdict == "pass"
    assert cropped.transform.scale_y == pytest.approx(720 / 700, abs=0.002)


def test_a_square_crop_fails_because_room_is_missing() -> None:
    report = check(PHOTO, rooms.square(STAGED), "staging")

    assert report.verdict == "fail"
    assert "reframed" in report.reasons
    assert report.transform.scale_x == pytest.approx(4 / 3, abs=0.005)


@pytest.mark.parametrize("mode", ["staging", "declutter", "enhancement"])
def test_another_room_never_passes(mode: str) -> None:
    for seed in (1, 3):
        other = rooms.furnished(rooms.room(seed).image)
        assert check(PHOTO, other, mode).verdict != "pass"  # type: ignore[arg-type]
    assert check(PHOTO, Image.effect_noise(PHOTO.size, 60).convert("RGB"), mode).verdict == "fail"  # type: ignore[arg-type]


@pytest.mark.parametrize("color", ["black", "white", "gray"])
def test_an_empty_frame_is_blank(color: str) -> None:
    report = check(PHOTO, Image.new("RGB", PHOTO.size, color), "staging")

    assert (report.verdict, report.score, report.reasons) == ("fail", 0.0, ["blank"])


def test_nothing_added_fails_staging_and_is_only_named_elsewhere() -> None:
    same = rooms.jpeg(PHOTO, 70)

    assert check(PHOTO, same, "staging").reasons == ["near_identical"]
    assert check(PHOTO, same, "staging").verdict == "fail"
    assert check(PHOTO, same, "declutter").verdict == "review"
    assert check(PHOTO, same, "enhancement").verdict == "review"


def test_an_enhancement_may_change_the_tone_and_nothing_else() -> None:
    assert check(PHOTO, rooms.toned(PHOTO, 0.8, (1.03, 1, 0.96)), "enhancement").verdict == "pass"
    assert check(PHOTO, rooms.toned(rooms.painted_out(PHOTO, ROOM.door), 0.8), "enhancement").verdict == "fail"


def test_decluttering_asks_for_lines_of_the_result_in_the_photo() -> None:
    cleared = check(STAGED, rooms.jpeg(PHOTO), "declutter")
    invented = check(rooms.painted_out(STAGED, ROOM.window), PHOTO, "declutter")

    assert cleared.verdict == "pass"
    assert invented.verdict == "fail"
    assert "lines_added" in invented.reasons


def test_the_caller_decides_where_it_fails() -> None:
    strict = Thresholds(lines_kept=Bounds(0.995, 0.999))
    changed = rooms.painted_out(STAGED, ROOM.door)

    assert check(PHOTO, rooms.jpeg(STAGED), "staging").score > 0.9
    assert check(PHOTO, changed, "staging", strict).score < check(PHOTO, STAGED, "staging", strict).score


def test_the_report_is_the_one_of_the_contract() -> None:
    report = check(PHOTO, STAGED, "staging").to_json(original_sha256="a" * 64, altered_sha256="b" * 64)

    assert json.loads(json.dumps(report)) == report
    assert list(report) == [
        "algorithm", "mode", "verdict", "score", "reasons", "transform", "lines", "tiles", "thresholds",
        "original", "altered", "took_ms",
    ]  # fmt: skip
    assert report["algorithm"] == "structure/1"
    assert set(report["transform"]) == {"scale_x", "scale_y", "shift_x", "shift_y", "peak"}
    assert set(report["lines"]) == {"kept", "added"}
    assert report["original"] == {"width": 960, "height": 720, "sha256": "a" * 64}
    tiles = report["tiles"]
    assert (tiles["columns"], tiles["rows"]) == (12, 8)
    assert [len(row) for row in tiles["scores"]] == [12] * 8
    assert report["thresholds"] == Thresholds.from_json(report["thresholds"]).to_json()


def test_the_same_pair_gives_the_same_report() -> None:
    first, second = (check(PHOTO, STAGED, "staging").to_json() for _ in range(2))

    assert {**first, "took_ms": 0} == {**second, "took_ms": 0}


@pytest.mark.parametrize("size", [(64, 48), (40, 300), (300, 40), (8, 8)])
def test_tiny_and_narrow_pictures_get_a_verdict(size: tuple[int, int]) -> None:
    small = PHOTO.resize(size)

    assert check(small, small, "staging").verdict in ("review", "fail")


def test_an_unknown_threshold_is_refused() -> None:
    with pytest.raises(KeyError, match="lines_keept"):
        Thresholds.from_json({"lines_keept": {"fail": 0.1, "passes": 0.2}})


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_better_measure_never_scores_less(one: float, other: float) -> None:
    low, high = sorted((one, other))

    for limits in DEFAULTS.values():
        assert limits.lines_kept.score(low) <= limits.lines_kept.score(high)
        assert limits.surfaces.score(low) >= limits.surfaces.score(high)
    assert Bounds(0.6, 0.8).score(0.6) == 0.5
    assert Bounds(0.6, 0.8).score(0.8) == pytest.approx(0.7)
