"""The identity provider's public keys, kept while it is down and never fetched in a storm."""

import http.client
import json
import time
import urllib.request
from typing import Any

import jwt

from realstaging.config import Identity
from realstaging.errors import ProviderUnavailableError

KEEP_SECONDS = 3600
COOLDOWN_SECONDS = 30
TIMEOUT_SECONDS = 2
MAX_BYTES = 256 * 1024


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class IssuerKeys:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._open = urllib.request.build_opener(_NoRedirects).open

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key of this id, or None if the issuer has none. Raises ProviderUnavailableError.

        An unknown id asks the issuer again, but at most every 30 s whoever sends it; while the
        issuer does not answer, the last good keys stay in use.
        """
        now = time.monotonic()
        stale = now - self._fetched_at > KEEP_SECONDS
        if (kid not in self._keys or stale) and now - self._tried_at > COOLDOWN_SECONDS:
            self._tried_at = now
            self._refresh(now)
        if not self._keys:
            raise ProviderUnavailableError("Sign-in cannot be checked at the moment. Try again in a minute.")
        return self._keys.get(kid)

    def _refresh(self, now: float) -> None:
        try:
            url = (
                self._identity.jwks_url
                or self._read(self._identity.issuer.rstrip("/") + "/.well-known/openid-configuration")["jwks_uri"]
            )
            keys = jwt.PyJWKSet.from_dict(self._read(url)).keys
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError):
            return
        if found := {key.key_id: key for key in keys if key.key_id}:
            self._keys, self._fetched_at = found, now

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
