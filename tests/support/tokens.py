"""RSA keys and the access tokens they sign: real ones, made once per run."""

import base64
import functools
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from realstaging import config

ISSUER, AUDIENCE = "https://tenant.example/", "https://api.example.test"
ROLES = "https://realstaging.dev/roles"
IDENTITY = config.Identity(
    issuer=ISSUER, audience=AUDIENCE, jwks_url="https://not.asked.test", roles_claim=ROLES, leeway_seconds=30
)


@functools.cache
def private_key(name: str = "one") -> rsa.RSAPrivateKey:
    """A key of its own for each name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(name: str = "one", **more: Any) -> dict[str, Any]:
    jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True)
    return jwk | {"kid": name, "use": "sig", "alg": "RS256"} | more


def claims(**given: Any) -> dict[str, Any]:
    """A good token's claims; those given as None are left out."""
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "auth0|5f7c", "iat": now - 5, "exp": now + 600}
    return {name: value for name, value in (usual | given).items() if value is not None}


def token(*, key: str = "one", headers: dict[str, Any] | None = None, **given: Any) -> str:
    head = {"kid": key, "typ": "at+jwt"} | (headers or {})
    if str(head["typ"]).lower().endswith("at+jwt"):
        given = {"client_id": "local-web", "jti": "token-1"} | given
    head = {name: value for name, value in head.items() if value is not None or name == "typ"}
    return jwt.encode(claims(**given), private_key(key), algorithm="RS256", headers=head)


def by_hand(head: dict[str, Any], signature_of: bytes | None = None) -> str:
    """A token that no honest library would make; signed with HMAC if a key is given."""
    parts = b".".join(_encoded(json.dumps(part).encode()) for part in (head, claims()))
    mac = hmac.digest(signature_of, parts, hashlib.sha256) if signature_of is not None else b""
    return (parts + b"." + _encoded(mac)).decode()


def public_pem(name: str = "one") -> bytes:
    return (
        private_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
