"""`realstaging verify`: two pictures compared without a server, as a person would call it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]


def room(path: Path, *, window: bool = True) -> Path:
    """A drawn room: wall, floor, skirting, and a window with bars."""
    picture = Image.new("RGB", (960, 640), (226, 222, 214))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 430, 960, 640), fill=(150, 110, 76))
    for x in range(-900, 1900, 140):
        pen.line((480 + (x - 480) // 3, 430, x, 640), fill=(126, 90, 60), width=3)
    pen.rectangle((0, 418, 960, 430), fill=(250, 250, 248), outline=(120, 118, 112))
    pen.rectangle((60, 120, 200, 430), fill=(238, 236, 230), outline=(90, 88, 84), width=5)
    if window:
        pen.rectangle((420, 90, 760, 330), fill=(170, 205, 235), outline=(60, 60, 62), width=7)
        pen.line((590, 90, 590, 330), fill=(60, 60, 62), width=6)
        pen.line((420, 210, 760, 210), fill=(60, 60, 62), width=6)
    picture.save(path, quality=92)
    return path


def verify(*words: object) -> subprocess.CompletedProcess[str]:
    """As in a checkout: nothing but the client is on the path."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client"), "COLUMNS": "120"}
    command = [sys.executable, "-m", "realstaging_client", "verify", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=ROOT)


def test_the_same_room_passes_and_the_report_is_the_apis(tmp_path: Path) -> None:
    before = room(tmp_path / "before.jpg")
    with Image.open(before) as photo:
        furnished = photo.convert("RGB")
    ImageDraw.Draw(furnished).rectangle((300, 460, 640, 590), fill=(70, 84, 100))
    furnished.save(tmp_path / "after.jpg", quality=90)

    done = verify(before, tmp_path / "after.jpg", "--json", "--overlay", tmp_path / "overlay.png")

    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"], report["algorithm"]) == (0, "pass", "structure/1")
    assert report["original"]["width"] == 960
    assert len(report["original"]["sha256"]) == 64
    with Image.open(tmp_path / "overlay.png") as overlay:
        assert overlay.width == 960


def test_a_window_that_is_gone_fails(tmp_path: Path) -> None:
    done = verify(room(tmp_path / "a.jpg"), room(tmp_path / "b.jpg", window=False))

    assert done.returncode == 1
    assert done.stdout.startswith("fail")
    assert "lines_lost" in done.stdout


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_file_that_is_no_picture_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.jpg").write_bytes(content)

    done = verify(room(tmp_path / "a.jpg"), tmp_path / "b.jpg")

    assert done.returncode == 2
    assert "b.jpg is not a picture" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
