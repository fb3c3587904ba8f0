"""What a customer of the stand-in has: pictures to fetch and an address that webhooks are sent to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.empty_room import empty_room_file


@dataclass(frozen=True)
class Call:
    path: str
    headers: dict[str, str]
    body: str

    @property
    def page(self) -> dict[str, Any]:
        page: dict[str, Any] = json.loads(self.body)
        return page


@dataclass
class Receiver:
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    # What the next calls are answered with; 200 when nothing is left.
    answers: list[int] = field(default_factory=list)

    def wait_for(self, count: int, seconds: float = 120) -> list[Call]:
        """The calls, as soon as there are so many."""
        until = time.monotonic() + seconds
        while len(self.calls) < count and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.calls) >= count, f"{len(self.calls)} of {count} webhooks came"
        return list(self.calls)


def jpeg(width: int = 480, height: int = 320) -> bytes:
    """An empty room in its simplest form: wall above, floor below."""
    return empty_room_file(width, height)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver, room = Receiver(), jpeg()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.startswith("/room.jpg")
            self._answer(200 if found else 403, room if found else b"AccessDenied")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.calls.append(Call(self.path, headers, body))
            self._answer(receiver.answers.pop(0) if receiver.answers else 200, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()
