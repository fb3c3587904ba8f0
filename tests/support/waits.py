"""For what happens in another thread; how long it takes is nobody's business."""

import time
from collections.abc import Callable


def wait_until(true: Callable[[], object], seconds: float = 120) -> None:
    """Ask again and again; the end is only there so that a test which is wrong ends at all."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
