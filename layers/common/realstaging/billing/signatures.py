"""Stripe's signatures: `Stripe-Signature: t=<epoch>,v1=<hex>[,v1=<hex>]` over `{t}.{body}`, HMAC-SHA256.

Source: Stripe's "Verify webhook signatures manually". By hand, because Stripe's package takes a tenth of a
second to load and accepts any timestamp of the future.
"""

import hashlib
import hmac

from realstaging.errors import UnauthorizedError
from realstaging.webhook_signatures import TOLERANCE_SECONDS

MAX_HEADER = 4096


def verify(body: bytes, header: str, secrets: str, now: float) -> None:
    """Raise UnauthorizedError unless one of the space-separated secrets signed these bytes just now."""
    timestamp, given = _read(header)
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise UnauthorizedError("The webhook's timestamp is too far off.")
    expected = [signature(body, timestamp, secret) for secret in secrets.split()]
    # Every pair is compared, so that the time taken tells nothing.
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in given]
    if not any(matches):
        raise UnauthorizedError("The webhook's signature is not ours.")


def signature(body: bytes, timestamp: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hex().encode()


def _read(header: str) -> tuple[str, list[bytes]]:
    """The time as it was signed, and the signatures of the kind we know."""
    if len(header) > MAX_HEADER:
        raise UnauthorizedError("The webhook's signature is too long.")
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name.strip() == "t"]
    given = [value.encode() for name, _, value in parts if name.strip() == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12 or not given:
        raise UnauthorizedError("The webhook is not signed.")
    return times[0], given
