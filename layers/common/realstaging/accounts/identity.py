"""Verifies OIDC access tokens, and turns their subject into an owner id."""

import contextlib
import re
from dataclasses import dataclass
from typing import Any

import jwt

from realstaging.config import Identity
from realstaging.errors import ProviderUnavailableError, UnauthorizedError
from realstaging.gateways.jwks import IssuerKeys, UnknownKeyError

MAX_TOKEN = 8192
MAX_OWNER = 120
# RFC 9068: a token of this type must have `client_id` and `jti`.
ACCESS_TOKEN = ("at+jwt", "application/at+jwt")
# Many issuers send only `jwt`, or no type: then the audience shows that the token is for this API.
TYPES = ("", "jwt", *ACCESS_TOKEN)
# Claims that only ID tokens and logout tokens have (OpenID Connect Core 3.3.2.11, Back-Channel Logout 2.4).
ID_TOKEN = ("at_hash", "c_hash", "events")
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
        """The owner and role of an access token. Raises UnauthorizedError, ProviderUnavailableError."""
        claims = self._claims(token)
        roles = claims.get(self._identity.roles_claim)
        admin = isinstance(roles, list) and "admin" in roles
        return Caller(owner=owner_of(claims["sub"]), role="admin" if admin else "user")

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            kid, kind = header.get("kid"), str(header.get("typ") or "").lower()
            if header.get("alg") != "RS256" or kind not in TYPES or not isinstance(kid, str):
                raise UnauthorizedError(REFUSAL)
            claims = self._verified(token, kid)
        except jwt.PyJWTError as error:
            raise UnauthorizedError(REFUSAL) from error
        # An ID token or a logout token signed by the same keys must not pass as an access token.
        if not _is_access_token(claims, kind):
            raise UnauthorizedError(REFUSAL)
        return claims

    def _verified(self, token: str, kid: str) -> dict[str, Any]:
        """The claims, after signature, issuer, audience and times were verified."""
        try:
            key = self._keys.find(kid)
        except UnknownKeyError as error:
            # It may be the issuer's newest key, and clients sign users out on 401: 503 for a plausible token.
            if self._is_plausible(token):
                detail = f"The key of this token is not known yet. Try again in {error.seconds} s."
                raise ProviderUnavailableError(detail, retry_after=error.seconds) from error
            raise UnauthorizedError(REFUSAL) from error
        if key is None:
            raise UnauthorizedError(REFUSAL)
        try:
            return self._decoded(token, key)
        except jwt.InvalidSignatureError:
            changed = self._keys.changed(kid, key)
            if changed is None:
                raise
            return self._decoded(token, changed)

    def _decoded(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=self._identity.issuer,
            leeway=self._identity.leeway_seconds,
            options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": False},
        )
        self._check_audience(claims)
        return claims

    def _check_audience(self, claims: dict[str, Any]) -> None:
        """Raises jwt.InvalidAudienceError. Cognito's access tokens have no `aud`: they have `client_id` instead."""
        audience = claims.get("aud")
        if "aud" not in claims and claims.get("token_use") == "access":
            audience = claims.get("client_id")
        if self._identity.audience not in (audience if isinstance(audience, list) else [audience]):
            raise jwt.InvalidAudienceError("the token is for another audience")

    def _is_plausible(self, token: str) -> bool:
        """Whether an unverified token has the issuer, the audience and the times of a valid one."""
        try:
            claims = jwt.decode(
                token,
                issuer=self._identity.issuer,
                leeway=self._identity.leeway_seconds,
                options={
                    "verify_signature": False,
                    "verify_exp": True,
                    "verify_iss": True,
                    "verify_aud": False,
                    "require": ["exp", "iss", "sub"],
                },
            )
            self._check_audience(claims)
        except jwt.PyJWTError:
            return False
        return True


def _is_access_token(claims: dict[str, Any], kind: str) -> bool:
    if kind in ACCESS_TOKEN and not all(isinstance(claims.get(name), str) for name in ("client_id", "jti")):
        return False
    # Cognito sets `token_use`; Keycloak sets the claim `typ`.
    if claims.get("token_use", "access") != "access" or claims.get("typ", "Bearer") not in ("Bearer", "DPoP"):
        return False
    return not any(name in claims for name in ID_TOKEN)


def bearer(authorization: str) -> str:
    """The token or key in an Authorization header. Raises UnauthorizedError."""
    scheme, _, secret = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(secret := secret.strip()) <= MAX_TOKEN:
        raise UnauthorizedError(REFUSAL)
    return secret


def owner_of(subject: str) -> str:
    """A subject as an owner id: unique, and safe in keys, object names and queue groups.

    Letters, digits, `-`, `_` and `.` stay; every other byte becomes `!` and two hex digits:
    `auth0|5f7c` is `auth0!7C5f7c`. Raises UnauthorizedError.
    """
    owner = re.sub(r"[^A-Za-z0-9._-]", lambda match: "".join(f"!{byte:02X}" for byte in match[0].encode()), subject)
    if not 0 < len(owner) <= MAX_OWNER:
        raise UnauthorizedError("The token's subject is empty or too long.")
    return owner


def owners_named(name: str) -> list[str]:
    """The owner ids that a name given by an administrator may stand for: an owner id, or a subject."""
    owners = [name] if OWNER.fullmatch(name) else []
    with contextlib.suppress(UnauthorizedError):  # too long for a subject
        owners.append(owner_of(name))
    return owners
