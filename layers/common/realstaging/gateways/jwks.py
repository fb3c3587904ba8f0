"""The identity provider's public keys: cached, kept while it is down, and fetched at most every 30 s."""

import json
import math
import time
from typing import Any

import jwt
import urllib3
from urllib3.exceptions import HTTPError

from realstaging.config import Identity
from realstaging.errors import ProviderUnavailableError
from realstaging.observability import count, log

# A key that was withdrawn, or replaced under its id, is noticed within this time.
KEEP_SECONDS = 300
COOLDOWN_SECONDS = 30
TIMEOUT_SECONDS = 2
MAX_BYTES = 256 * 1024
OK = 200
FETCH_ERRORS = (OSError, HTTPError, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError)


class _StatusError(ValueError):
    """The issuer's answer is none. A redirect is not followed: it could lead anywhere."""

    def __init__(self, code: int) -> None:
        super().__init__(f"status {code}")
        self.code = code


class UnknownKeyError(Exception):
    """No key of this id is known, and the keys can be fetched again only in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"unknown key; ask again in {seconds} s")
        self.seconds = seconds


class IssuerKeys:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        # botocore brings it; urllib.request would only cost its import, and reads the machine's certificates at once.
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS)

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key of this id, or None if the keys fetched just now do not have it.

        An unknown id fetches the keys again, but at most every 30 s; while the issuer does not answer, the last
        keys stay in use. Raises ProviderUnavailableError, and UnknownKeyError within those 30 s.
        """
        now = time.monotonic()
        if kid not in self._keys or now - self._fetched_at > KEEP_SECONDS:
            self._refresh_if_due(now)
        if not self._keys:
            detail = "Sign-in cannot be checked at the moment. Try again in a minute."
            raise ProviderUnavailableError(detail, retry_after=COOLDOWN_SECONDS)
        if kid not in self._keys and self._fetched_at < now:
            raise UnknownKeyError(max(math.ceil(self._tried_at + COOLDOWN_SECONDS - now), 1))
        return self._keys.get(kid)

    def changed(self, kid: str, key: jwt.PyJWK) -> jwt.PyJWK | None:
        """The issuer's key of this id, if it differs from `key`, with which a signature did not match."""
        self._refresh_if_due(time.monotonic())
        now = self._keys.get(kid)
        return None if now is None or now.key.public_numbers() == key.key.public_numbers() else now

    def _refresh_if_due(self, now: float) -> None:
        """Fetch the keys, unless that was tried within COOLDOWN_SECONDS."""
        if now - self._tried_at > COOLDOWN_SECONDS:
            self._tried_at = now
            self._refresh(now)

    def _refresh(self, now: float) -> None:
        try:
            url = (
                self._identity.jwks_url
                or self._read(self._identity.issuer.rstrip("/") + "/.well-known/openid-configuration")["jwks_uri"]
            )
            keys = jwt.PyJWKSet.from_dict(self._read(url)).keys
        except FETCH_ERRORS as error:
            # The error's text may contain the issuer's response.
            self._log_failure(f"{type(error).__name__} {getattr(error, 'code', '')}".strip())
            return
        if found := {key.key_id: key for key in keys if key.key_id}:
            self._keys, self._fetched_at = found, now
        else:
            self._log_failure("no key has an id")

    def _log_failure(self, why: str) -> None:
        """Log and count it: a broken issuer would otherwise be noticed only when its keys change."""
        log.warning("issuer keys not fetched", reason=why, keys=len(self._keys))
        count("IssuerKeysMissed")

    def _read(self, url: str) -> dict[str, Any]:
        if not str(url).startswith(("https://", "http://")):
            raise ValueError("no address")
        deadline = time.monotonic() + TIMEOUT_SECONDS
        with self._http.request("GET", url, preload_content=False, redirect=False) as answer:
            if answer.status != OK:
                raise _StatusError(answer.status)
            body = b""
            while (chunk := answer.read1(MAX_BYTES)) and len(body) <= MAX_BYTES:
                body += chunk
                if time.monotonic() > deadline:
                    raise TimeoutError("the issuer answers too slowly")
            data: dict[str, Any] = json.loads(body)
        return data
