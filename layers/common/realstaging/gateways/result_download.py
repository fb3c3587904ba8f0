"""Fetching a result from where the provider put it: known hosts only, bounded in size and time."""

import re
import time

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Timeout, parse_url

from realstaging.errors import OutputUnusableError
from realstaging.tracing.calls import answered, http_call

CHUNK = 256 * 1024
CONNECT_SECONDS = 3
# A host that sends nothing for so long has trouble; a deadline is overrun by no more than this.
SILENT_SECONDS = 5
OK = 200
FAULT = 500
# What an address is made of; anything else is there to confuse somebody.
PLAIN = re.compile(r"[!-\[\]-~]{1,2000}")


class ResultDownloadError(Exception):
    """The host has trouble: what may get better by asking again."""


class ResultDownload:
    """urllib3 comes with boto3: another HTTP client would only cost its import."""

    def __init__(self, hosts: tuple[str, ...], *, max_bytes: int, seconds: float) -> None:
        self._hosts, self._max_bytes, self._seconds = hosts, max_bytes, seconds
        self._http = urllib3.PoolManager(
            retries=False, timeout=Timeout(connect=CONNECT_SECONDS, read=min(seconds, SILENT_SECONDS))
        )

    def fetch(self, url: str) -> bytes:
        """The file's bytes. Raises OutputUnusableError for what will not get better by asking again;
        what may (no connection, 5xx) is a fault, so that the message comes again."""
        self._allow(url)
        deadline = time.monotonic() + self._seconds
        try:
            # No redirects: a redirect could lead anywhere.
            with http_call("GET", url) as span:
                answer = self._http.request("GET", url, preload_content=False, redirect=False)
                answered(span, answer.status)
                try:
                    return self._read(answer, deadline)
                finally:
                    answer.close()
        except HTTPError as error:
            raise ResultDownloadError(type(error).__name__) from error

    def _read(self, answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        if answer.status >= FAULT:
            raise ResultDownloadError(f"status {answer.status}")
        if answer.status != OK:
            raise OutputUnusableError("The model's result could not be fetched. Try again.")
        data = bytearray()
        # As it comes: waiting for a full chunk would never see the deadline.
        while chunk := answer.read1(CHUNK):
            data += chunk
            if len(data) > self._max_bytes:
                raise OutputUnusableError("The model's result is too large to be a photo. Try again.")
            if time.monotonic() > deadline:
                raise ResultDownloadError("the result came too slowly")
        return bytes(data)

    def _allow(self, url: str) -> None:
        """By the parser of the client that fetches it: two parsers could see two hosts."""
        unknown = OutputUnusableError("The model's result came from an unknown place. Try again.")
        if not PLAIN.fullmatch(url):
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
