"""An independent judge of kept lines: OpenCV's line segment detector, which shares no code with ours."""

import cv2
import numpy as np
import pytest
from PIL import Image

from realstaging.imaging.checks.check import check
from tests.support import rooms

_NEAR, _PARALLEL, _SHORTEST = 4.0, np.cos(np.radians(4)), 25.0


def segments(image: Image.Image) -> np.ndarray:
    """Start x, y, end x, y of each segment, at least 25 pixels long, at 768 pixels on the long side."""
    gray = np.asarray(image.convert("L").resize((768, 576)))
    found = np.asarray(cv2.createLineSegmentDetector().detect(gray)[0], dtype=np.float64).reshape(-1, 4)
    return found[np.hypot(found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]) >= _SHORTEST]


def share_found(original: Image.Image, altered: Image.Image) -> float:
    """Share of the length of the photo's segments in its upper part that the altered picture has too."""
    old, new = segments(original), segments(altered)
    old = old[(old[:, 1] + old[:, 3]) / 2 < 0.55 * 576]
    ends, starts = new[:, 2:], new[:, :2]
    length = np.hypot(*(ends - starts).T)
    direction = (ends - starts) / length[:, None]
    kept = total = 0.0
    for x0, y0, x1, y1 in old:
        count = int(np.hypot(x1 - x0, y1 - y0) // 4) + 2
        own = np.array([x1 - x0, y1 - y0]) / np.hypot(x1 - x0, y1 - y0)
        parallel = np.abs(direction @ own) > _PARALLEL
        for share in np.linspace(0, 1, count):
            offset = np.array([x0 + share * (x1 - x0), y0 + share * (y1 - y0)]) - starts
            along = np.sum(offset * direction, axis=1)
            across = np.abs(offset[:, 0] * direction[:, 1] - offset[:, 1] * direction[:, 0])
            total += 1
            kept += bool(np.any(parallel & (across < _NEAR) & (along > -_NEAR) & (along < length + _NEAR)))
    return kept / total


@pytest.mark.parametrize("seed", range(3))
def test_the_detector_agrees_on_kept_lines(seed: int) -> None:
    room = rooms.room(seed)
    staged = rooms.furnished(room.image)
    pictures = {
        "staged": rooms.jpeg(staged),
        "window": rooms.painted_out(staged, room.window),
        "door": rooms.painted_out(staged, room.door),
        "both": rooms.painted_out(rooms.painted_out(staged, room.window), room.door),
        "other": rooms.furnished(rooms.room(seed + 2).image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    }
    ours = {name: check(room.image, altered, "staging").lines_kept for name, altered in pictures.items()}
    theirs = {name: share_found(room.image, altered) for name, altered in pictures.items()}

    assert ours["staged"] > 0.9
    assert theirs["staged"] > 0.9
    for name in ("window", "door", "both"):
        assert ours[name] == pytest.approx(theirs[name], abs=0.2)
    assert theirs["other"] < 0.6
    assert sorted(ours, key=ours.__getitem__)[-1] == sorted(theirs, key=theirs.__getitem__)[-1] == "staged"
