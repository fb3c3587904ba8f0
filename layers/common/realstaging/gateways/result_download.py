"""Downloads a result from the provider's hosts, limited in size and time."""

import re
import time

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Timeout, parse_url

from realstaging.errors import OutputUnusableError
from realstaging.tracing.calls import answered, http_call

CHUNK = 256 * 1024
CONNECT_SECONDS = 3
# The longest wait for data; a deadline is overrun by no more than this.
MAX_READ_SECONDS = 5
OK = 200
FAULT = 500
# The characters of a URL; others could be read differently by two parsers.
URL_CHARACTERS = re.compile(r"[!-\[\]-~]{1,2000}")


class ResultDownloadError(Exception):
    """The host failed; a later try may succeed."""


class ResultDownload:
    """urllib3 comes with botocore: another HTTP client would only cost its import."""

    def __init__(self, hosts: tuple[str, ...], *, max_bytes: int, seconds: float) -> None:
        self._hosts, self._max_bytes, self._seconds = hosts, max_bytes, seconds
        self._http = urllib3.PoolManager(
            retries=False, timeout=Timeout(connect=CONNECT_SECONDS, read=min(seconds, MAX_READ_SECONDS))
        )

    def fetch(self, url: str) -> bytes:
        """The file's bytes. Raises OutputUnusableError for a final failure, and ResultDownloadError, a fault, for one
        that may pass (no connection, 5xx), so that the message is delivered again.
        """
        self._check_url(url)
        deadline = time.monotonic() + self._seconds
        try:
            # No redirects: they could lead to any host.
            with http_call("GET", url) as span:
                answer = self._http.request("GET", url, preload_content=False, redirect=False)
                answered(span, answer.status)
                try:
                    return self._read(answer, deadline)
                finally:
                    answer.close()
        except HTTPError as error:
            raise ResultDownloadError(type(error).__name__) from error

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.clear()

    def _read(self, answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        if answer.status >= FAULT:
            raise ResultDownloadError(f"status {answer.status}")
        if answer.status != OK:
            raise OutputUnusableError("The model's result could not be fetched. Try again.")
        data = bytearray()
        # read1 returns what has arrived: waiting for full chunks could miss the deadline.
        while chunk := answer.read1(CHUNK):
            data += chunk
            if len(data) > self._max_bytes:
                raise OutputUnusableError("The model's result is too large to be a photo. Try again.")
            if time.monotonic() > deadline:
                raise ResultDownloadError("the result came too slowly")
        return bytes(data)

    def _check_url(self, url: str) -> None:
        """Raises OutputUnusableError. Uses the HTTP client's own parser: two parsers could see two hosts."""
        unknown = OutputUnusableError("The model's result came from an unknown place. Try again.")
        if not URL_CHARACTERS.fullmatch(url):
            raise unknown
        try:
            parts = parse_url(url)
        except LocationParseError as error:
            raise unknown from error
        host = parts.host or ""
        known = any(host == each or host.endswith("." + each) for each in self._hosts)
        local = host == "127.0.0.1" and host in self._hosts
        if not known or (parts.scheme != "https" and not local) or parts.auth:
            raise unknown
