"""A bounded number of places; who finds none free waits, and gets one in order of arrival."""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator


class Places:
    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Have a place for the length of a `with`."""
        with self._lock:
            turn = threading.Event() if self._free == 0 else None
            if turn:
                self._waiting.append(turn)
            else:
                self._free -= 1
        if turn:
            turn.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()  # the place goes on without becoming free: nobody overtakes
                else:
                    self._free += 1

    def waiting(self) -> int:
        return len(self._waiting)
