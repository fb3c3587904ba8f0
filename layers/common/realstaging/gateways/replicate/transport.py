"""The HTTP transport below the `replicate` package: deadlines and whole errors. Loaded with the first call only.

Facts: the package (1.0.7) sends creates without any timeout, drops error headers, repeats GETs up to
ten times with an uncapped `Retry-After`, and refuses to parse statuses it does not know, `aborted`
among them.
"""

import time
from typing import Any

import httpx

from realstaging.gateways.replicate.errors import StatusError, UnreachableError, UnsureError
from realstaging.tracing.calls import answered, http_call

KNOWN = ("starting", "processing", "succeeded", "failed", "canceled")
MAX_ANSWER_BYTES = 8 * 1024 * 1024
CONNECT_SECONDS, WRITE_SECONDS = 3, 5


class Transport(httpx.BaseTransport):
    """Gives every call one deadline, adds Cancel-After to creates, and keeps the parsed answer."""

    def __init__(self, seconds: float) -> None:
        self._inner = httpx.HTTPTransport()
        self._seconds = seconds
        self.cancel_after: int | None = None
        self.until: float | None = None  # monotonic clock: the deadline of several calls together
        self.answer: dict[str, Any] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        left = self._seconds if self.until is None else min(self._seconds, self.until - time.monotonic())
        if left <= 0:
            raise UnsureError("no time left")
        deadline = time.monotonic() + left
        limits = {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS, "write": WRITE_SECONDS, "read": left}
        request.extensions["timeout"] = limits
        if request.method == "POST" and request.url.path.endswith("/predictions") and self.cancel_after:
            request.headers["Cancel-After"] = f"{self.cancel_after}s"
        try:
            with http_call(request.method, str(request.url)) as span:
                response = self._inner.handle_request(request)
                answered(span, response.status_code)
            # One deadline for head and body: the body gets the time that is left.
            limits["read"] = max(deadline - time.monotonic(), 0.01)
            try:
                body = _read(response, deadline, request)
            finally:
                response.close()
            decoded = httpx.Response(response.status_code, headers=response.headers, content=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise UnreachableError("no connection", None) from error
        except httpx.HTTPError as error:
            raise UnsureError(type(error).__name__) from error
        try:
            data = decoded.json()
        except ValueError:
            data = None
        if not 200 <= response.status_code < 300:
            raise StatusError(response.status_code, response.headers, data, decoded.text)
        if not isinstance(data, dict):
            raise UnsureError("the answer is not a JSON object")
        self.answer = data
        return httpx.Response(response.status_code, json=_with_known_statuses(data), request=request)

    def close(self) -> None:
        self._inner.close()


def _read(response: httpx.Response, deadline: float, request: httpx.Request) -> bytes:
    body = b""
    assert isinstance(response.stream, httpx.SyncByteStream)
    for chunk in response.stream:
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise httpx.DecodingError("the answer is too large", request=request)
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer took too long", request=request)
    return body


def _with_known_statuses(data: dict[str, Any]) -> dict[str, Any]:
    """The answer with statuses that the package can parse; our code reads the original."""
    if isinstance(data.get("results"), list):
        return data | {"results": [_with_known_statuses(each) for each in data["results"] if isinstance(each, dict)]}
    if "status" in data and data["status"] not in KNOWN:
        return data | {"status": "canceled" if data["status"] == "aborted" else "processing"}
    return data
