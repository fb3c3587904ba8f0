"""Live news of batches: a socket tells at once, reading the batches makes sure, and does alone where no socket opens.

A push is a hint and may get lost; the batch is the record. Neither is believed over a higher version.
"""

import json
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from realstaging_client.client import Client
from realstaging_client.errors import ApiError, RealstagingError
from realstaging_client.models import Image, Job, read

HELLO, PING = '{"action": "hello"}', '{"action": "ping"}'
PING_EVERY = 240.0  # seconds; a gateway closes a socket that is silent for ten minutes
OPEN_WITHIN, CLOSE_WITHIN = 10.0, 1.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # before a lost socket is opened again
POLL_EVERY = 3.0  # without a socket
READ_EVERY = 15.0  # with one
FINAL_REFUSALS = (401, 403, 404)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
UNREACHABLE = (OSError, WebSocketException, RealstagingError)

Heard = Callable[[Job | Image], None]


class Follower:
    """Works in a thread of its own while the `with` lasts. `heard` gets each thing that has a higher version than
    before, in that thread; `lost` gets the refusal after which nothing can be heard any more."""

    def __init__(
        self,
        client: Client,
        heard: Heard,
        *,
        lost: Callable[[ApiError], None] = lambda _: None,
        read_every: float = READ_EVERY,
        poll_every: float = POLL_EVERY,
    ) -> None:
        self._client, self._heard, self._lost = client, heard, lost
        self._read_every, self._poll_every = read_every, poll_every
        self._batches: list[str] = []  # with work in progress
        self._versions: dict[str, int] = {}
        self._closed = threading.Event()
        self._is_replaced = False
        self._reading = threading.Lock()
        self._socket: ClientConnection | None = None
        self._thread = threading.Thread(target=self._work, name="follower", daemon=True)
        self.greeted = threading.Event()  # a socket is open: from here on, news comes at once
        self.pushes = self.reads = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        if self._socket:
            self._socket.close()

    def watch(self, batch_id: str) -> None:
        """From now on, until all its jobs have ended."""
        if batch_id not in self._batches:
            self._batches.append(batch_id)

    def look(self) -> None:
        """Read what is in progress, now."""
        with self._reading:
            for batch_id in list(self._batches):
                self.reads += 1
                batch = self._client.batch(batch_id)
                for job in batch.jobs:
                    self._take(job)
                if all(job.final for job in batch.jobs):
                    self._batches.remove(batch_id)

    def _work(self) -> None:
        failures = 0
        while not self._closed.is_set():
            self.greeted.clear()
            if self._is_replaced:  # opening another one would push out a newer socket in turn
                if self._poll(LONGEST_PAUSE):
                    return
                continue
            try:
                url = self._client.ticket().url
                with connect(
                    url, proxy=_proxy(url), open_timeout=OPEN_WITHIN, close_timeout=CLOSE_WITHIN
                ) as self._socket:
                    self._socket.send(HELLO)
                    self._listen(self._socket)
            except UNREACHABLE as error:
                if self._over(error):
                    return
            failures = 1 if self.greeted.is_set() else failures + 1
            most = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
            if self._poll(random.uniform(0.5, 1) * most):  # noqa: S311
                return

    def _poll(self, seconds: float) -> bool:
        """Read now and then for so long; True when there is no use in going on."""
        ends = time.monotonic() + seconds
        while not self._closed.is_set() and (left := ends - time.monotonic()) > 0:
            try:
                self.look()
            except RealstagingError as error:
                if self._over(error):
                    return True
            self._closed.wait(min(self._poll_every, left))
        return self._closed.is_set()

    def _over(self, error: BaseException) -> bool:
        if isinstance(error, ApiError) and error.status in FINAL_REFUSALS:
            self._lost(error)
            return True
        return self._closed.is_set()

    def _listen(self, socket: ClientConnection) -> None:
        ping_at, read_at = (time.monotonic() + every for every in (PING_EVERY, self._read_every))
        while not self._closed.is_set():
            now = time.monotonic()
            if now >= ping_at:
                socket.send(PING)
                ping_at = now + PING_EVERY
            if now >= read_at:
                self.look()
                read_at = now + self._read_every
            try:
                message = socket.recv(timeout=max(min(ping_at, read_at) - now, 0.01))
            except TimeoutError:
                continue
            self._understand(message)

    def _understand(self, message: str | bytes) -> None:
        """A message of a kind we do not know is for somebody newer."""
        match _parsed(message):
            case "hello", _:  # what was said while nobody listened is in the batches
                self.greeted.set()
                self.look()
            case "too_many_sockets", _:
                self._is_replaced = True
            case _, (Job() | Image()) as news:
                self.pushes += 1
                self._take(news)

    def _take(self, news: Job | Image) -> None:
        if news.version > self._versions.get(news.id, 0):
            self._versions[news.id] = news.version
            self._heard(news)


def follow(client: Client, *batch_ids: str) -> Iterator[Job]:
    """Each job whenever something about it is new, until all jobs of these batches have ended."""
    heard: queue.Queue[Job | Image | ApiError] = queue.Queue()
    with Follower(client, heard.put, lost=heard.put) as follower:
        for batch_id in batch_ids:
            follower.watch(batch_id)
        open_jobs = {job.id for batch_id in batch_ids for job in client.batch(batch_id).jobs}
        while open_jobs:
            news = heard.get()
            if isinstance(news, ApiError):
                raise news
            if isinstance(news, Job) and news.id in open_jobs:
                yield news
                open_jobs -= {news.id} if news.final else set()


def _parsed(message: str | bytes) -> tuple[str, Job | Image | None]:
    try:
        page = json.loads(message)
        match kind := str(page["type"]):
            case "job.updated":
                return kind, read(Job, page["job"])
            case "image.updated":
                return kind, read(Image, page["image"])
            case "error":
                return str(page["code"]), None
    except (ValueError, KeyError, TypeError):
        return "", None
    return kind, None


def _proxy(url: str) -> Literal[True] | None:
    """That of the environment; it would not find this machine."""
    return None if urlsplit(url).hostname in LOOPBACK else True
