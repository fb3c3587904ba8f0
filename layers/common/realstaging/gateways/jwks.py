"""The identity provider's public keys, kept while it is down and never fetched in a storm."""

import http.client
import json
import math
import time
import urllib.request
from typing import Any

import jwt

from realstaging.config import Identity
from realstaging.errors import ProviderUnavailableError
from realstaging.observability import count, log

# Within this time a key that was withdrawn, or changed under its id, is noticed.
KEEP_SECONDS = 300
COOLDOWN_SECONDS = 30
TIMEOUT_SECONDS = 2
MAX_BYTES = 256 * 1024
MISSED = (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class UnknownKeyError(Exception):
    """No key of this id is known, and the issuer may be asked again in `seconds` only."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"unknown key; ask again in {seconds} s")
        self.seconds = seconds


class IssuerKeys:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._open = urllib.request.build_opener(_NoRedirects).open

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key of this id, or None if the issuer says now that it has none.

        An unknown id asks the issuer again, but at most every 30 s, whatever is sent; while the issuer does not
        answer, the last good keys stay in use. Raises ProviderUnavailableError, and UnknownKeyError within the pause.
        """
        now = time.monotonic()
        if kid not in self._keys or now - self._fetched_at > KEEP_SECONDS:
            self._ask(now)
        if not self._keys:
            detail = "Sign-in cannot be checked at the moment. Try again in a minute."
            raise ProviderUnavailableError(detail, retry_after=COOLDOWN_SECONDS)
        if kid not in self._keys and self._fetched_at < now:
            raise UnknownKeyError(max(math.ceil(self._tried_at + COOLDOWN_SECONDS - now), 1))
        return self._keys.get(kid)

    def changed(self, kid: str, key: jwt.PyJWK) -> jwt.PyJWK | None:
        """The issuer's key of this id, if it is no longer `key`, whose signature did not fit."""
        self._ask(time.monotonic())
        now = self._keys.get(kid)
        return None if now is None or now.key.public_numbers() == key.key.public_numbers() else now

    def _ask(self, now: float) -> None:
        """Fetch the keys, unless that was tried lately."""
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
        except MISSED as error:
            # The error's text may hold the issuer's answer.
            self._missed(f"{type(error).__name__} {getattr(error, 'code', '')}".strip())
            return
        if found := {key.key_id: key for key in keys if key.key_id}:
            self._keys, self._fetched_at = found, now
        else:
            self._missed("no key has an id")

    def _missed(self, why: str) -> None:
        """Without a line, a broken issuer would be noticed only when its last keys no longer do."""
        log.warning("issuer keys not fetched", reason=why, keys=len(self._keys))
        count("IssuerKeysMissed")

    def _read(self, url: str) -> dict[str, Any]:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        with self._open(url, timeout=TIMEOUT_SECONDS) as answer:
            body = b""
            while (chunk := answer.read1(MAX_BYTES)) and len(body) <= MAX_BYTES:
                body += chunk
                if time.monotonic() > deadline:
                    raise TimeoutError("the issuer answers too slowly")
            data: dict[str, Any] = json.loads(body)
        return data
