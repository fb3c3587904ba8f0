"""A tiny HTTP server on loopback: each answer is scripted, each request remembered."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.waits import wait_until

Reply = Callable[["Exchange"], None]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Exchange(BaseHTTPRequestHandler):
    """One request on one connection; what is answered is the reply's business."""

    server: "_Server"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        sent = {name.lower(): value for name, value in self.headers.items()}
        self.server.talk.asked.append(Asked(self.command, self.path, sent, body))
        try:
            self.server.talk.reply(self)
        except (BrokenPipeError, ConnectionResetError):
            return  # the client lost patience: what several tests are about

    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@dataclass
class Talk:
    """What the server says, and what it was asked. Tests change `reply` as they go."""

    url: str
    reply: Reply
    asked: list[Asked] = field(default_factory=list)

    def count(self, least: int = 1) -> int:
        """How many requests came. A client that gave up early may have asked without having been heard yet."""
        wait_until(lambda: len(self.asked) >= least)
        return len(self.asked)


class _Server(ThreadingHTTPServer):
    talk: Talk
    block_on_close = False


@contextmanager
def serving(reply: Reply) -> Iterator[Talk]:
    server = _Server(("127.0.0.1", 0), Exchange)
    server.talk = Talk(f"http://127.0.0.1:{server.server_address[1]}", reply)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield server.talk
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def says(status: int, body: bytes | object = b"", **headers: str) -> Reply:
    """Header names are given with `_` for `-`. A body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(to: Exchange) -> None:
        _head(to, status, len(data), headers)
        to.wfile.write(data)

    return reply


def writes(data: bytes) -> Reply:
    """These bytes and nothing else, whether they are HTTP or not."""

    def reply(to: Exchange) -> None:
        to.wfile.write(data)

    return reply


def trickles(status: int, body: bytes | object, *, pause: float, step: int = 1) -> Reply:
    """The right answer, a few bytes at a time: no single read ever waits long."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(to: Exchange) -> None:
        _head(to, status, len(data), {})
        for start in range(0, len(data), step):
            to.wfile.write(data[start : start + step])
            time.sleep(pause)

    return reply


def never_answers(to: Exchange) -> None:
    """Until the client gives up, however late it does on a slow machine."""
    to.connection.settimeout(60)
    to.connection.recv(1)
    to.close_connection = True


def hangs_up(to: Exchange) -> None:
    """The connection ends without a word; http.server closes it when this returns."""
    to.close_connection = True


def in_turn(*replies: Reply) -> Reply:
    """One after the other; the last one stays."""
    left = list(replies)

    def reply(to: Exchange) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(to)

    return reply


def by_path(**replies: Reply) -> Reply:
    """The first reply whose name is part of the path."""

    def reply(to: Exchange) -> None:
        next(each for name, each in replies.items() if name in to.path)(to)

    return reply


def _head(to: Exchange, status: int, length: int, headers: dict[str, str]) -> None:
    to.send_response(status)
    to.send_header("Content-Length", str(length))
    for name, value in headers.items():
        to.send_header(name.replace("_", "-"), value)
    to.end_headers()
