"""Photos up and results down, in threads of their own; what becomes of each is handed to the run's thread."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from realstaging_client.client import Client
from realstaging_client.errors import ApiError, RealstagingError
from realstaging_client.manifest import Entry, Journal, Result
from realstaging_client.models import Form, Image, Job, Problem
from realstaging_client.photos import content_type, digest
from realstaging_client.progress import Board, Shot

UPLOADS, DOWNLOADS = 4, 3  # at a time

Hand = Callable[[Callable[[], object]], None]


@dataclass
class Item:
    """A photo of a run: what is remembered of it, and what is seen of it."""

    index: int
    entry: Entry
    shot: Shot


class Transfers:
    """`hand` takes what is to be done in the run's thread; `arrived` and `expired` are called there."""

    def __init__(
        self,
        client: Client,
        journal: Journal,
        board: Board,
        *,
        hand: Hand,
        broken: Callable[[Exception], None],
        arrived: Callable[[Image], None],
        expired: Callable[[Item], None],
    ) -> None:
        self._client, self._journal, self._board = client, journal, board
        self._hand, self._arrived, self._expired = hand, arrived, expired
        self._fetching: set[str] = set()
        self._uploads, self._downloads = Pool(UPLOADS, broken), Pool(DOWNLOADS, broken)

    def __enter__(self) -> Self:
        self._uploads.__enter__()
        self._downloads.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._uploads.__exit__(kind, error, trace)
        self._downloads.__exit__(kind, error, trace)

    def upload(self, item: Item, form: Form | None) -> None:
        self._uploads.submit(lambda: self._send(item, form))

    def fetch(self, item: Item, result: Result, job: Job) -> None:
        """Once for each job."""
        if job.id not in self._fetching and job.id not in item.shot.saved:
            self._fetching.add(job.id)
            self._downloads.submit(lambda: self._receive(item, result, job))

    def _send(self, item: Item, form: Form | None) -> None:
        path, image_id = Path(item.entry.path), str(item.entry.image_id)
        try:
            if digest(path) != item.entry.sha256:
                detail = "Run the command again to stage it as it is now."
                self._fail(item, Problem(title="The file has changed since it was announced", detail=detail))
                return
            image = self._sent(item, form, path, image_id)
        except (RealstagingError, OSError) as error:
            self._fail(item, problem_of(error))
            return
        if image and image.status == "expired":
            self._hand(lambda: self._expired(item))
        else:
            self._hand(lambda: self._uploaded(item, image))

    def _sent(self, item: Item, form: Form | None, path: Path, image_id: str) -> Image | None:
        """What the server has of it already, when it waits for it no more."""

        def sent(part: float) -> None:
            self._hand(lambda: self._board.sent(item.shot, part))

        try:
            self._client.send(image_id, form, path, content_type(path), sent=sent)
        except ApiError as error:
            if error.code != "image_not_awaiting_upload":
                raise
            return self._client.image(image_id)
        return None

    def _uploaded(self, item: Item, image: Image | None) -> None:
        item.entry.uploaded = True
        self._journal.save()
        self._board.sent(item.shot, 1.0)
        if image:
            self._arrived(image)

    def _receive(self, item: Item, result: Result, job: Job) -> None:
        path = self._journal.folder / result.file
        expected = job.result.size_bytes if job.result else None
        try:
            size = path.stat().st_size if path.is_file() else None
            if size is None or size != expected:  # else an earlier run brought it, and ended before it wrote that down
                size = self._client.fetch(self._client.job_file(job.id), path)
        except (RealstagingError, OSError) as error:
            self._fail(item, problem_of(error))
            return
        if expected not in (None, size):
            detail = f"{path.name} has {size} bytes instead of {expected}."
            self._fail(item, Problem(title="The download is not complete", detail=detail))
            return
        self._hand(lambda: self._saved(item, result, path, size))

    def _saved(self, item: Item, result: Result, path: Path, size: int) -> None:
        result.size = size
        self._journal.save()
        item.shot.saved[result.job_id] = path

    def _fail(self, item: Item, problem: Problem) -> None:
        self._hand(lambda: self._board.failed(item.shot, problem))


def problem_of(error: Exception) -> Problem:
    if isinstance(error, ApiError):
        return Problem(title=error.title.rstrip("."), detail=error.detail, code=error.code, errors=error.errors or None)
    return Problem(title=str(error).rstrip(".") or type(error).__name__)


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
