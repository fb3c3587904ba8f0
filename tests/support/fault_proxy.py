"""A proxy between a client and the cloud: refuses, loses answers, holds uploads back, drops sockets, as a test says."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlsplit

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import Server, ServerConnection, serve

Kind = Literal["429", "503", "lose", "hold"]
CREATIONS = "POST /v1/(projects|uploads|jobs.*|batches.*)$"


@dataclass
class Fault:
    """What happens to the next `times` requests like this. `lose` and `hold`: done, but the answer never comes."""

    like: str
    kind: Kind
    times: int = 1


@dataclass
class Between:
    api: str
    url: str = ""
    relay: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # request, Idempotency-Key
    stored: Counter[str] = field(default_factory=Counter)  # by the key of the object
    lets_through: int | None = None  # uploads; the others wait
    sockets: int = 0
    drops_after: int = 0  # messages of the next socket
    no_sockets: bool = False
    held: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _started: int = 0

    def creations(self) -> list[tuple[str, str | None]]:
        return [each for each in self.asked if re.match(CREATIONS, each[0])]

    def fault(self, request: str) -> Kind | None:
        with self._turn:
            for fault in self.faults:
                if fault.times and re.match(fault.like, request):
                    fault.times -= 1
                    return fault.kind
        return None

    def may_pass(self) -> bool:
        with self._turn:
            self._started += 1
            return self.lets_through is None or self._started <= self.lets_through

    def rewritten(self, body: bytes, path: str) -> bytes:
        """Forms and sockets lead through here too."""
        if path.endswith(("/uploads", "/upload-url")):
            page = json.loads(body)
            for form in [item["upload"] for item in page.get("items", []) if item.get("upload")] or [page]:
                if "fields" in form:
                    form["url"] = f"{self.url}/_storage?to={quote(form['url'], safe='')}"
            return json.dumps(page).encode()
        if path.endswith("/socket-tickets"):
            page = json.loads(body)
            page["url"] = "ws://127.0.0.1:9/" if self.no_sockets else f"{self.relay}?to={quote(page['url'], safe='')}"
            return json.dumps(page).encode()
        return body


@contextmanager
def between(api: str) -> Iterator[Between]:
    proxy = Between(api)
    server = Front(proxy)
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serve(_relay(proxy), "127.0.0.1", 0) as relay:
        proxy.relay = f"ws://127.0.0.1:{relay.socket.getsockname()[1]}/"
        for each in (server, relay):
            threading.Thread(target=_serve, args=(each,), daemon=True).start()
        yield proxy
        server.shutdown()
        server.server_close()


def _serve(server: ThreadingHTTPServer | Server) -> None:
    server.serve_forever()


class Front(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: Between) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.proxy = proxy


class Handler(BaseHTTPRequestHandler):
    server: "Front"

    def answer(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        with suppress(OSError):  # whoever asked may be dead by now
            self._store(data) if self.path.startswith("/_storage") else self._pass_on(data)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

    def _pass_on(self, data: bytes) -> None:
        request = f"{self.command} {self.path.split('?')[0]}"
        self.server.proxy.asked.append((request, self.headers.get("idempotency-key")))
        kind = self.server.proxy.fault(request)
        if kind in ("429", "503"):
            page = {"title": "Not now", "status": int(kind), "code": "not_now", "detail": "", "retryable": True}
            self._reply(int(kind), json.dumps(page).encode(), {"retry-after": "1"})
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        answer = httpx.request(
            self.command, self.server.proxy.api + self.path, content=data, headers=headers, timeout=60, trust_env=False
        )
        if kind:
            self.server.proxy.held.set()
            if kind == "hold":
                threading.Event().wait(60)
            self.close_connection = True
            return
        self._reply(answer.status_code, self.server.proxy.rewritten(answer.content, self.path), dict(answer.headers))

    def _store(self, data: bytes) -> None:
        if not self.server.proxy.may_pass():
            threading.Event().wait(60)
            return
        to = parse_qs(urlsplit(self.path).query)["to"][0]
        headers = {"content-type": self.headers["content-type"]}
        answer = httpx.post(to, content=data, headers=headers, timeout=60, trust_env=False)
        found = re.search(rb'name="key"\r\n\r\n([^\r]+)', data)
        assert found
        if answer.is_success:
            self.server.proxy.stored[found[1].decode()] += 1
        self._reply(answer.status_code, answer.content, {})

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def _relay(proxy: Between) -> Any:
    def relay(client: ServerConnection) -> None:
        assert client.request
        to = parse_qs(urlsplit(client.request.path).query)["to"][0]
        proxy.sockets += 1
        left, proxy.drops_after = proxy.drops_after, 0
        with connect(to, proxy=None) as cloud:
            threading.Thread(target=_pump, args=(client, cloud), daemon=True).start()
            with suppress(ConnectionClosed):
                for count, message in enumerate(cloud, 1):
                    client.send(message)
                    if count == left:
                        return

    return relay


def _pump(client: ServerConnection, cloud: Any) -> None:
    with suppress(ConnectionClosed):
        for message in client:
            cloud.send(message)
    cloud.close()
