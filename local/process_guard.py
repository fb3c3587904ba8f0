"""Ends the local cloud's processes when the one that started them is gone, even killed.

It reads process groups from stdin, one per line; the end of that stream is the end of whoever holds it.
"""

import contextlib
import os
import signal
import sys
import time

GRACE = 3.0


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def end(groups: list[int]) -> None:
    """Ask, wait, insist."""
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline and any(map(alive, groups)):
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def main() -> None:
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)  # the end of the stream is the only one that counts
    end([int(line) for line in sys.stdin])


if __name__ == "__main__":
    main()
