"""Fetching a result from where the provider put it: known hosts only, bounded in size and time."""

import functools
import time
from urllib.parse import urlsplit

import httpx

from realstaging.errors import OutputUnusableError


class Deliveries:
    def __init__(self, hosts: tuple[str, ...], *, max_bytes: int, seconds: float) -> None:
        self._hosts, self._max_bytes, self._seconds = hosts, max_bytes, seconds

    @functools.cached_property
    def _http(self) -> httpx.Client:
        # No redirects: a redirect could lead anywhere.
        return httpx.Client(timeout=self._seconds, follow_redirects=False)

    def fetch(self, url: str) -> bytes:
        """The file's bytes. Raises OutputUnusableError for what will not get better by asking again;
        what may (no connection, 5xx) is a fault, so that the message comes again."""
        self._allow(url)
        deadline = time.monotonic() + self._seconds
        data = bytearray()
        with self._http.stream("GET", url) as answer:
            if answer.status_code >= 500:
                answer.raise_for_status()
            if answer.status_code != 200:
                raise OutputUnusableError("The model's result could not be fetched. Try again.")
            # As it comes: a fixed chunk size would wait for a full one and never see the deadline.
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > self._max_bytes:
                    raise OutputUnusableError("The model's result is too large to be a photo. Try again.")
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the result came too slowly", request=answer.request)
        return bytes(data)

    def _allow(self, url: str) -> None:
        try:
            parts = urlsplit(str(httpx.URL(url)))
        except (ValueError, httpx.InvalidURL) as error:
            raise OutputUnusableError("The model's result came from an unknown place. Try again.") from error
        host = parts.hostname or ""
        known = any(host == each or host.endswith("." + each) for each in self._hosts)
        local = host == "127.0.0.1" and host in self._hosts
        if not known or (parts.scheme != "https" and not local) or parts.username or parts.password:
            raise OutputUnusableError("The model's result came from an unknown place. Try again.")
