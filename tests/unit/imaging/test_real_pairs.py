"""The check on real pairs: those in the folder REAL_PAIRS, or beside the repository, where there are any."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from realstaging.imaging.checks.check import check

_BESIDE = Path(__file__).parents[4] / "shared" / "samples" / "pairs"
PAIRS = Path(os.environ.get("REAL_PAIRS", _BESIDE))
INDEX: list[dict[str, Any]] = json.loads((PAIRS / "index.json").read_text()) if PAIRS.is_dir() else []

pytestmark = pytest.mark.skipif(not INDEX, reason="no real pairs beside this repository")


def picture(name: str) -> Image.Image:
    return Image.open(PAIRS / f"{name}.jpg").convert("RGB")


def again(image: Image.Image) -> Image.Image:
    """Smaller and compressed once more, as a portal would deliver it."""
    file = io.BytesIO()
    image.resize((image.width * 4 // 5, image.height * 4 // 5)).save(file, "JPEG", quality=60)
    return Image.open(file)


@pytest.mark.parametrize("pair", INDEX, ids=lambda pair: pair["id"])
def test_a_real_pair_is_judged_by_its_label(pair: dict[str, Any]) -> None:
    before, after = picture(f"{pair['id']}-before"), picture(f"{pair['id']}-after")
    for one, other in ((before, after), (ImageOps.mirror(before), ImageOps.mirror(after)), (before, again(after))):
        report = check(one, other, pair["mode"])
        if pair["label"] == "clean":
            assert report.verdict == "pass"
        elif pair["label"] == "stretched":
            assert report.verdict == "pass" or "stretched" in report.reasons
        else:
            assert report.verdict != "pass"


def test_at_least_nine_drifted_pairs_in_ten_fail() -> None:
    drifted = [pair for pair in INDEX if pair["label"] == "drift"]
    failed = [
        check(picture(f"{pair['id']}-before"), picture(f"{pair['id']}-after"), pair["mode"]).verdict == "fail"
        for pair in drifted
    ]

    assert sum(failed) >= 0.9 * len(failed)
