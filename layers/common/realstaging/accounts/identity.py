"""Who is calling: an OIDC access token, checked here and nowhere else."""

import contextlib
import re
from dataclasses import dataclass
from typing import Any

import jwt

from realstaging.config import Identity
from realstaging.errors import UnauthorizedError
from realstaging.gateways.jwks import IssuerKeys

MAX_TOKEN = 8192
MAX_OWNER = 120
TYPES = ("jwt", "at+jwt", "application/at+jwt")
OWNER = re.compile(rf"[A-Za-z0-9._!-]{{1,{MAX_OWNER}}}")
REFUSAL = "Send a valid access token: Authorization: Bearer <token>."


@dataclass(frozen=True, slots=True)
class Caller:
    """`scopes`: what an API key may do; None for an access token, which may do everything its owner may."""

    owner: str
    role: str
    scopes: tuple[str, ...] | None = None


class Tokens:
    def __init__(self, identity: Identity, keys: IssuerKeys) -> None:
        self._identity, self._keys = identity, keys

    def caller(self, token: str) -> Caller:
        """Who an access token speaks for. Raises UnauthorizedError, ProviderUnavailableError."""
        claims = self._claims(token)
        roles = claims.get(self._identity.roles_claim)
        admin = isinstance(roles, list) and "admin" in roles
        return Caller(owner=owner_of(claims["sub"]), role="admin" if admin else "user")

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            # An ID token or a logout token signed by the same keys must not pass as an access token.
            if (
                header.get("alg") != "RS256"
                or str(header.get("typ", "")).lower() not in TYPES
                or not isinstance(kid, str)
            ):
                raise UnauthorizedError(REFUSAL)
            key = self._keys.find(kid)
            if key is None:
                raise UnauthorizedError(REFUSAL)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._identity.audience,
                issuer=self._identity.issuer,
                leeway=self._identity.leeway_seconds,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise UnauthorizedError(REFUSAL) from error
        return claims


def bearer(authorization: str) -> str:
    """The token or key in an Authorization header. Raises UnauthorizedError."""
    scheme, _, secret = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(secret := secret.strip()) <= MAX_TOKEN:
        raise UnauthorizedError(REFUSAL)
    return secret


def owner_of(subject: str) -> str:
    """A subject as an owner id: safe in keys, object names and queue groups, and still unique.

    Everything but letters, digits, `-`, `_` and `.` becomes `!` and two hex digits a byte:
    `auth0|5f7c` is `auth0!7C5f7c`.
    """
    owner = re.sub(r"[^A-Za-z0-9._-]", lambda match: "".join(f"!{byte:02X}" for byte in match[0].encode()), subject)
    if not 0 < len(owner) <= MAX_OWNER:
        raise UnauthorizedError("The token's subject is empty or too long.")
    return owner


def owners_named(name: str) -> list[str]:
    """Whom an administrator may mean: an owner id, or a subject as the identity provider knows it."""
    meant = [name] if OWNER.fullmatch(name) else []
    with contextlib.suppress(UnauthorizedError):  # too long for a subject
        meant.append(owner_of(name))
    return meant
