"""The identity provider's keys, and every token it can sign, valid or broken."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from pydantic import BaseModel, ConfigDict

ROLES_CLAIM = "https://realstaging.dev/roles"
DAY = 24 * 3600


class Mint(BaseModel):
    """A token to make. `claims` override the defaults, null removes one; `expires_in: null` omits `exp`."""

    model_config = ConfigDict(extra="forbid")

    sub: str
    roles: list[str] = []
    scope: str = "openid profile email"
    claims: dict[str, Any] = {}
    expires_in: int | None = DAY
    kind: Literal["access", "id"] = "access"
    client_id: str = "local-web"
    alg: Literal["RS256", "HS256", "none"] = "RS256"
    kid: str | None = None
    typ: str = "JWT"
    signed_by: Literal["current", "stranger"] = "current"


class Key:
    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = self.private.public_key()
        self.public_pem = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.kid = hashlib.sha256(self.public_pem).hexdigest()[:21]

    def jwk(self) -> dict[str, Any]:
        page: dict[str, Any] = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {key: page[key] for key in ("kty", "n", "e")} | {"kid": self.kid, "use": "sig", "alg": "RS256"}


class Keyring:
    """The signing key and the older ones still published; in memory only."""

    def __init__(self) -> None:
        self.keys = [Key()]

    @property
    def current(self) -> Key:
        return self.keys[0]

    def rotate(self, *, revoke: bool) -> None:
        self.keys = [Key()] if revoke else [Key(), *self.keys]

    def jwks(self) -> dict[str, Any]:
        return {"keys": [key.jwk() for key in self.keys]}

    def token(self, mint: Mint, issuer: str, audience: str) -> str:
        claims = {name: value for name, value in self._claims(mint, issuer, audience).items() if value is not None}
        key = Key() if mint.signed_by == "stranger" else self.current
        headers = {"typ": mint.typ, "kid": mint.kid or self.current.kid}
        match mint.alg:
            case "HS256":
                return handmade({"alg": "HS256"} | headers, claims, key.public_pem)
            case "none":
                return handmade({"alg": "none"} | headers, claims, None)
            case "RS256":
                return jwt.encode(claims, key.private, "RS256", headers)

    @staticmethod
    def _claims(mint: Mint, issuer: str, audience: str) -> dict[str, Any]:
        at = int(time.time())
        expires = None if mint.expires_in is None else at + mint.expires_in
        claims: dict[str, Any] = {"iss": issuer, "sub": mint.sub, "iat": at, "exp": expires}
        if mint.kind == "id":
            claims |= {"aud": mint.client_id, "name": mint.sub, "nickname": mint.sub, "sid": "local"}
        else:
            # As Auth0 does: with `openid`, the userinfo endpoint is an audience too.
            several = [audience, f"{issuer}userinfo"]
            claims["aud"] = several if "openid" in mint.scope.split() else audience
            claims |= {"azp": mint.client_id, "scope": mint.scope}
        return claims | {ROLES_CLAIM: mint.roles} | mint.claims


def handmade(headers: dict[str, str], claims: dict[str, Any], secret: bytes | None) -> str:
    """The classic forgeries: unsigned, or HMAC with the public key. PyJWT refuses to make them."""
    text = b".".join(encoded(json.dumps(part).encode()) for part in (headers, claims))
    signature = hmac.new(secret, text, hashlib.sha256).digest() if secret else b""
    return (text + b"." + encoded(signature)).decode()


def encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
