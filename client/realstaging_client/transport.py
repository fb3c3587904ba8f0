"""One request to the API: authenticated, tried again where that is harmless, its refusal an ApiError."""

import email.utils
import random
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from realstaging_client.errors import ApiError, UnreachableError

AGENT = "realstaging-client/0.1.0"
TIMEOUT = httpx.Timeout(60, connect=10)
ATTEMPTS = 6
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds, where the server does not say how long
LONGEST_ASKED = 90.0  # seconds; a server that wants more is told to the caller instead
LATER = (429, 500, 502, 503, 504)
# A proxy of the environment would not find this machine.
DIRECT: Mapping[str, httpx.BaseTransport | None] = dict.fromkeys(
    ("all://127.0.0.1", "all://localhost", "all://[::1]"), None
)

Query = Mapping[str, str | int | None]


class Calls:
    """Safe for several threads. `sleep` is what waits between attempts."""

    def __init__(
        self,
        base_url: str,
        token: str,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/").removesuffix("/v1")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": AGENT}
        self._http = httpx.Client(
            base_url=f"{self.base_url}/v1",
            headers=headers,
            timeout=TIMEOUT,
            mounts=None if transport else DIRECT,
            transport=transport,
        )
        self._sleep = sleep

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, query: Query | None = None) -> Any:
        params = {name: value for name, value in (query or {}).items() if value is not None}
        return self._tried(lambda: self._http.get(path, params=params), again=True)

    def post(self, path: str, body: Any = None, *, key: str | None = None, again: bool = False) -> Any:
        """Tried again when the key makes the server do it once, or when the caller knows it is harmless."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._tried(lambda: self._http.post(path, json=body, headers=headers), again=again or key is not None)

    def patch(self, path: str, body: Any) -> Any:
        return self._tried(lambda: self._http.patch(path, json=body), again=False)

    def delete(self, path: str) -> None:
        self._tried(lambda: self._http.delete(path), again=False)

    def _tried(self, send: Callable[[], httpx.Response], *, again: bool) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS or not again
            try:
                return answered(send())
            except ApiError as error:
                wait = pause(attempt, error.retry_after)
                if last or not (error.status in LATER or error.retryable) or wait > LONGEST_ASKED:
                    raise
            except httpx.TransportError as error:
                if last:
                    raise UnreachableError(f"{self.base_url} does not answer: {reason(error)}.") from error
                wait = pause(attempt, None)
            except RuntimeError as error:  # httpx's, if another thread has closed the client
                if not self._http.is_closed:
                    raise
                raise UnreachableError("This client is closed.") from error
            self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")


def answered(answer: httpx.Response) -> Any:
    """The body of a success; of a refusal too when it speaks of each item by itself."""
    try:
        body = answer.json() if answer.content else {}
    except ValueError:
        body = {}
    if answer.is_success and (body or answer.status_code == HTTPStatus.NO_CONTENT):
        return body
    if answer.is_success or not isinstance(body, dict):
        raise ApiError(answer.status_code, {"code": "not_the_api", "title": "This address does not answer as the API"})
    if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and "items" in body:
        return body
    raise ApiError(answer.status_code, body, retry_after=_retry_after(answer))


def pause(attempt: int, asked: float | None) -> float:
    """Seconds before the next attempt: what the server asked for, or longer and longer, never all clients at once."""
    if asked is not None:
        return asked + random.uniform(0, 0.5)  # noqa: S311
    return min(FIRST_PAUSE * 2.0 ** (attempt - 1), LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311


def reason(error: Exception) -> str:
    """Never the address: it may be signed."""
    return str(error) or type(error).__name__


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds, or a date."""
    asked: str = answer.headers.get("retry-after", "")
    if asked.isdigit():
        return float(asked)
    try:
        at: float = email.utils.parsedate_to_datetime(asked).timestamp()
    except ValueError:
        return None
    return max(at - time.time(), 0.0)
