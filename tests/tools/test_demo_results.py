"""What the demo makes of delivered pictures: checked files, and the sheet that shows them."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from realstaging_client import Job, Problem
from realstaging_client.photos import Photo
from realstaging_client.progress import Board, Shot
from tools.demo import sheet, summary
from tools.demo.results import Pair, Result, UnusableError, same_shape, save

AT = datetime(2030, 1, 2, tzinfo=UTC)


def jpeg(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((width, height), 60).save(buffer, "JPEG")
    return buffer.getvalue()


def page_of(folder: Path, name: str) -> str:
    """The sheet of one photo that was staged."""
    photo = Photo(folder / f"{name}.jpg", name, "image/jpeg", "bedroom")
    job = Job(id="job_1", status="ready", version=4, style="modern", model="some/model")
    shot = Shot(photo, jobs={job.id: job}, began=1.0, ended=4.25)
    pair = Pair(folder / f"{name}-before.jpg", Result(folder / f"{name}-staged.jpg", 600, 400, 1))
    return sheet.write([shot], {name: pair}, "modern", AT, folder).read_text()


def test_a_delivered_picture_is_opened_and_kept(tmp_path: Path) -> None:
    result = save(jpeg(60, 40), tmp_path / "a.jpg")
    assert (result.width, result.height, result.size_bytes) == (60, 40, result.path.stat().st_size)


@pytest.mark.parametrize("data", [b"", b"<html>", jpeg(600, 400)[:-2000]])
def test_what_does_not_open_to_the_last_pixel_is_no_result(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnusableError):
        save(data, tmp_path / "a.jpg")
    assert not (tmp_path / "a.jpg").exists()


def test_rounding_to_pixels_keeps_the_shape_and_turning_does_not() -> None:
    assert same_shape((1600, 1200), (1173, 880))
    assert not same_shape((1600, 1200), (880, 1173))
    assert not same_shape((1600, 1200), (1024, 1024))
    assert not same_shape(None, (1024, 1024))


def test_the_sheet_shows_both_pictures_and_says_that_one_is_staged(tmp_path: Path) -> None:
    page = page_of(tmp_path, "bedroom")
    assert re.findall(r'src="([^"]*)"', page) == ["bedroom-before.jpg", "bedroom-staged.jpg"]
    for words in ("Bedroom", "Modern", "some/model", "3.2 s", "Virtually staged", "2 January 2030"):
        assert words in page


def test_the_sheet_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = page_of(tmp_path, "bedroom")
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page) == []


def test_names_cannot_break_the_sheet(tmp_path: Path) -> None:
    page = page_of(tmp_path, 'a "b" <i> #1')
    assert "<i>" not in page
    assert 'src="a%20%22b%22%20%3Ci%3E%20%231-staged.jpg"' in page


def test_a_failed_photo_is_on_the_sheet_with_its_reason(tmp_path: Path) -> None:
    shot = Shot(Photo(tmp_path / "IMG_1.jpg", "IMG_1", "image/jpeg", None))
    shot.problem = Problem(title="The picture is too small", detail="300 < 512")
    page = sheet.write([shot], {}, "modern", AT, tmp_path).read_text()
    assert "The picture is too small.</b> 300 &lt; 512" in page
    assert "<img" not in page


def listing(tmp_path: Path, *, ends: bool) -> str:
    photo = Photo(tmp_path / "hall.jpg", "hall", "image/jpeg", None)
    board = Board([photo], lambda _: None)
    board.shots[0].jobs = {"job_1": Job(id="job_1", project_id="prj_1", status="ready", version=4)}
    said = io.StringIO()
    summary.show_listing("http://127.0.0.1:4603", "demo-1", board, Console(file=said, width=200), ends=ends)
    return said.getvalue()


def test_the_listing_is_named_where_its_cloud_stays(tmp_path: Path) -> None:
    assert "http://127.0.0.1:4603/?as=demo-1#/project/prj_1" in listing(tmp_path, ends=False)


def test_where_the_cloud_ends_too_it_says_how_to_open_one(tmp_path: Path) -> None:
    said = listing(tmp_path, ends=True)
    assert "make dev" in said
    assert "prj_1" not in said
