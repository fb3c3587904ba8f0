"""Where spans go: to an OTLP receiver over HTTP, or to Lambda's daemon over UDP. Loaded with the first spans only.

Neither waits long: a receiver that does not answer is left alone for a while. What they raise costs spans and nothing
else (`Recorder.flush`).
"""

import base64
import socket
import time
from collections.abc import Iterator, Sequence

from realstaging.tracing import otlp
from realstaging.tracing.config import Config
from realstaging.tracing.span import Span

CONNECT_SECONDS = 0.25
SILENT_SECONDS = 30
# What the daemon reads from one datagram, of 64 KiB at most.
DATAGRAM_BYTES = 60_000
DAEMON_HEADER = b'{"format":"json","version":1}\n'
SAMPLED, NOT_SAMPLED = b"T1S", b"T1U"


class Http:
    """OTLP/HTTP in protobuf. One connection, kept open."""

    def __init__(self, config: Config) -> None:
        import urllib3  # comes with botocore

        timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, config.timeout_seconds), total=config.timeout_seconds)
        self._http = urllib3.PoolManager(retries=False, timeout=timeout)
        self._failures: tuple[type[Exception], ...] = (urllib3.exceptions.HTTPError, OSError, ValueError)
        self._address, self._resource = config.endpoint, config.resource
        self._headers = {"Content-Type": "application/x-protobuf", **config.headers}
        self._silent_until = 0.0

    def send(self, spans: Sequence[Span]) -> bool:
        """Whether the receiver took them."""
        if time.monotonic() < self._silent_until:
            return False
        body = otlp.request(spans, self._resource)
        try:
            answer = self._http.request("POST", self._address, body=body, headers=self._headers, redirect=False)
            taken = 200 <= answer.status < 300
        except self._failures:
            taken = False
        if not taken:
            self._silent_until = time.monotonic() + SILENT_SECONDS
        return taken


class Daemon:
    """The same bytes in base64, behind a header; the daemon sends them on with the function's role."""

    def __init__(self, config: Config) -> None:
        host, _, port = config.daemon.rpartition(":")
        self._address, self._resource = (host.strip("[]"), int(port)), config.resource
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self, spans: Sequence[Span]) -> bool:
        """Whether all of them fit into datagrams and left; whether they arrive, nobody says."""
        left = True
        for mark, part in self._parts(spans):
            try:
                self._socket.sendto(DAEMON_HEADER + mark + base64.b64encode(part), self._address)
            except OSError:
                left = False
        return left

    def close(self) -> None:
        self._socket.close()

    def _parts(self, spans: Sequence[Span]) -> Iterator[tuple[bytes, bytes]]:
        for mark in (SAMPLED, NOT_SAMPLED):
            chosen = [each for each in spans if each.context.sampled == (mark == SAMPLED)]
            yield from ((mark, part) for part in self._fitting(chosen))

    def _fitting(self, spans: Sequence[Span]) -> Iterator[bytes]:
        """Halved until each part fits; one that never fits is sent all the same, and refused by the socket."""
        if not spans:
            return
        body = otlp.request(spans, self._resource)
        if len(body) * 4 / 3 <= DATAGRAM_BYTES or len(spans) == 1:
            yield body
        else:
            middle = len(spans) // 2
            yield from self._fitting(spans[:middle])
            yield from self._fitting(spans[middle:])


def exporter(config: Config) -> Http | Daemon:
    return Http(config) if config.endpoint else Daemon(config)
