"""Standard Webhooks signatures: raw bytes first, constant time, both edges of the clock.

Source: the Standard Webhooks specification and Replicate's "Verify webhooks" page. Signed text is
`{id}.{timestamp}.{body}`, HMAC-SHA256 with the base64 part of `whsec_…`, base64; the header lists
`v1,<signature>` separated by spaces.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from realstaging.errors import UnauthorizedError

TOLERANCE_SECONDS = 300


def verify(body: bytes, headers: Mapping[str, str], secrets: str, now: float) -> None:
    """Raise UnauthorizedError unless one of the space-separated secrets signed this just now."""
    headers = {name.lower(): value for name, value in headers.items()}
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise UnauthorizedError("The webhook is not signed.")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise UnauthorizedError("The webhook's timestamp is too far off.")
    signed = f"{id}.{timestamp}.".encode() + body
    given = [part[3:].encode() for part in headers.get("webhook-signature", "").split() if part.startswith("v1,")]
    expected = [signature(signed, secret) for secret in secrets.split()]
    # Every pair is compared, so that the time taken tells nothing.
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in given]
    if not any(matches):
        raise UnauthorizedError("The webhook's signature is not ours.")


def signature(signed: bytes, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise RuntimeError("the webhook secret is not base64") from error
    if not key:
        raise RuntimeError("the webhook secret is empty")
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
