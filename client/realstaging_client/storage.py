"""Bytes to and from the storage, by signed forms and links: our token never goes there."""

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx

from realstaging_client.errors import StorageError, UnreachableError
from realstaging_client.models import Form, Link
from realstaging_client.transport import AGENT, ATTEMPTS, DIRECT, TIMEOUT, pause, reason

CHUNK = 65536
MARGIN = timedelta(seconds=30)  # a form this close to its end is not used any more
Sent = Callable[[float], None]


class Storage:
    def __init__(
        self, sleep: Callable[[float], None] = time.sleep, transport: httpx.BaseTransport | None = None
    ) -> None:
        mounts = None if transport else DIRECT
        self._http = httpx.Client(headers={"User-Agent": AGENT}, timeout=TIMEOUT, mounts=mounts, transport=transport)
        self._sleep = sleep

    def close(self) -> None:
        self._http.close()

    def send(self, form: Form, data: bytes, content_type: str, *, fresh: Callable[[], Form], sent: Sent) -> None:
        """Upload a file; `sent` hears how much of it has gone, from 0 to 1.

        Sent again when the line breaks: the storage takes a file twice without harm. `fresh` is asked for
        another form when this one is too old, and once when it is refused.
        """
        current = form

        def post() -> None:
            nonlocal current
            if current.expires_at and current.expires_at - MARGIN < datetime.now(UTC):
                current = fresh()
            files = {"file": ("photo", _Counted(data, sent), content_type)}
            answer = self._http.post(current.url, data=current.fields, files=files)  # httpx puts the file last
            if not answer.is_success:
                raise StorageError("The upload was refused", answer.status_code)

        try:
            self._tried(post, "The upload broke off")
        except StorageError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            current = fresh()
            self._tried(post, "The upload broke off")

    def fetch(self, link: Link, path: Path) -> int:
        """A file into `path`, all of it or nothing; its size."""
        part = path.with_name(f".{path.name}.part")

        def get() -> None:
            with self._http.stream("GET", link.url) as answer:
                if answer.is_error:
                    raise StorageError("The download was refused", answer.status_code)
                with part.open("wb") as file:
                    for chunk in answer.iter_bytes(CHUNK):
                        file.write(chunk)

        try:
            self._tried(get, "The download broke off")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return path.stat().st_size

    def _tried(self, action: Callable[[], None], broke_off: str) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return action()
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise UnreachableError(f"{broke_off}: {reason(error)}.") from error
            except StorageError as error:
                if error.status < HTTPStatus.INTERNAL_SERVER_ERROR or attempt == ATTEMPTS:
                    raise
            self._sleep(pause(attempt, None))
        return None


class _Counted(io.BytesIO):
    def __init__(self, data: bytes, sent: Sent) -> None:
        super().__init__(data)
        self._size, self._sent = len(data), sent

    def read(self, size: int | None = -1, /) -> bytes:
        some = super().read(size)
        self._sent(self.tell() / self._size if self._size else 1.0)
        return some
