"""Incoming webhooks: the raw body, and the signatures of both vendors over it.

Replicate signs by the Standard Webhooks specification (its "Verify webhooks" page): `{id}.{timestamp}.{body}`,
HMAC-SHA256 with the base64 part of `whsec_…`, as base64; `webhook-signature` lists `v1,<signature>`, space-separated.
Stripe ("Verify webhook signatures manually"): `Stripe-Signature: t=<epoch>,v1=<hex>[,v1=<hex>]` over `{t}.{body}`,
HMAC-SHA256 with the whole secret. Its own package takes a tenth of a second to load and accepts any future timestamp.
Both: constant time, and a timestamp too far in the past or in the future is refused.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from realstaging.errors import MalformedRequestError, PayloadTooLargeError, UnauthorizedError

TOLERANCE_SECONDS = 300
MAX_BODY = 1024 * 1024
MAX_HEADER = 4096


def webhook_body(event: dict[str, Any]) -> bytes:
    """The body's bytes as they were signed. Raises PayloadTooLargeError, MalformedRequestError."""
    text = str(event.get("body") or "")
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except ValueError as error:
        raise MalformedRequestError("The body is not base64.") from error
    if len(body) > MAX_BODY:
        raise PayloadTooLargeError(f"A webhook holds at most {MAX_BODY} bytes.")
    return body


def verify_replicate(body: bytes, headers: Mapping[str, str], secrets: str, now: float) -> None:
    """Raise UnauthorizedError unless one of the space-separated secrets signed this within the tolerance."""
    headers = _lowered(headers)
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id:
        raise UnauthorizedError("The webhook is not signed.")
    _check_time(timestamp, now)
    signed = f"{id}.{timestamp}.".encode(errors="replace") + body
    parts = headers.get("webhook-signature", "").split()
    # A lone surrogate is no text: what it becomes is no signature of ours.
    given = [part[3:].encode(errors="replace") for part in parts if part.startswith("v1,")]
    _check_signatures([sign_replicate(signed, secret) for secret in secrets.split()], given)


def verify_stripe(body: bytes, headers: Mapping[str, str], secrets: str, now: float) -> None:
    """Raise UnauthorizedError unless one of the space-separated secrets signed this within the tolerance."""
    timestamp, given = _read_stripe(_lowered(headers).get("stripe-signature", ""))
    _check_time(timestamp, now)
    _check_signatures([sign_stripe(body, timestamp, secret) for secret in secrets.split()], given)


def sign_replicate(signed: bytes, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise RuntimeError("the webhook secret is not base64") from error
    if not key:
        raise RuntimeError("the webhook secret is empty")
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


def sign_stripe(body: bytes, timestamp: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hex().encode()


def _read_stripe(header: str) -> tuple[str, list[bytes]]:
    """The signed timestamp, and the signatures of version v1."""
    if len(header) > MAX_HEADER:
        raise UnauthorizedError("The webhook's signature is too long.")
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name.strip() == "t"]
    given = [value.encode(errors="replace") for name, _, value in parts if name.strip() == "v1"]
    if len(times) != 1 or not given:
        raise UnauthorizedError("The webhook is not signed.")
    return times[0], given


def _check_time(timestamp: str, now: float) -> None:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise UnauthorizedError("The webhook is not signed.")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise UnauthorizedError("The webhook's timestamp is too far off.")


def _check_signatures(expected: list[bytes], given: list[bytes]) -> None:
    # Every pair is compared, so that the time taken reveals nothing.
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(matches):
        raise UnauthorizedError("The webhook's signature is not ours.")


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
