"""A few threads for what takes long; they end with the process, whatever they wait for."""

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Task = Callable[[], None]


class Pool:
    """`broken` hears of a task that raised: tasks answer for what they expect themselves."""

    def __init__(self, size: int, broken: Callable[[Exception], None]) -> None:
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._broken = broken
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(size)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing more is begun; what has begun is not waited for."""
        self._closed.set()
        for _ in self._threads:
            self._tasks.put(None)

    def submit(self, task: Task) -> None:
        self._tasks.put(task)

    def _work(self) -> None:
        while (task := self._tasks.get()) and not self._closed.is_set():
            try:
                task()
            except Exception as error:  # the edge of this thread: whoever waits for the task must hear of it
                self._broken(error)
