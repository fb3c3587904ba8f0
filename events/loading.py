"""Reads the event files, with other ids, tokens and bodies in place of the ones they hold."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from standins.replicate.webhooks import sign
from standins.stripe.events import signature

Event = dict[str, Any]

FOLDER = Path(__file__).resolve().parent

# What the files share: one owner's job on its way through the system.
SHARED = {
    "owner": "auth0!7C672f5e0c9b1d4a0087f3c211",
    "project_id": "prj_01M7SGHGM09HYZ5DRZWJ0HARBZ",
    "batch_id": "bat_01M7W2Y7M03X8G76FFBTZ0J4VB",
    "image_id": "img_01M7W2Y7M00TN8T8J0FC1BVBAK",
    "job_id": "job_01M7W2Y7M12M4EJACR27YWX0HX",
    "prediction_id": "gm3qorzdhgbfurvjtvhg6dckhu",
    "customer_id": "cus_TSm5x0qYpJ8d2k",
    "connection_id": "UaQ1Vc2ajoECJXg=",
    "ticket": "Zr0pQ3xW8vT1yB6nK4mL9cD2fG5hJ7aS0eU_iO-qRtY",
    "bucket": "realstaging-dev-media-123456789012-eu-west-1",
    "token": "{{TOKEN}}",
}
# Values travel inside JSON inside JSON, so they may hold nothing that must be escaped there.
PLAIN = re.compile(r"[A-Za-z0-9!._~=+/-]+")

# The two webhooks are signed with this secret at this time (2026-11-20T09:00:34Z); of no use anywhere else.
WEBHOOK_SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdCB3ZWJob29rcyE="  # noqa: S105
WEBHOOK_AT = 1795165234


def load(source: str | Path, shared: Mapping[str, str] | None = None, **fields: Any) -> Event:
    """The event of `events/<source>.json`, or of a file anywhere.

    `shared` replaces values wherever they occur, in bodies and addresses too; `fields` are set on
    the event itself. A `body` that is not text becomes JSON; a dict such as `headers` is merged,
    None removes. Lengths and checksums follow; a webhook must be signed again (`signed`).
    """
    path = source if isinstance(source, Path) else FOLDER / f"{source}.json"
    event: Event = json.loads(_replaced(path.read_text(), shared or {}))
    for key, value in fields.items():
        if key == "body":
            event[key] = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        elif isinstance(value, Mapping):
            merged = {**event.get(key, {}), **value}
            event[key] = {inner: each for inner, each in merged.items() if each is not None}
        elif value is None:
            event.pop(key, None)
        else:
            event[key] = value
    return _consistent(event)


def signed(event: Event, secret: str, at: int) -> Event:
    """The same webhook, signed with this secret at this time, as its sender does it."""
    headers = event["headers"]
    if "stripe-signature" in headers:
        return {**event, "headers": {**headers, "stripe-signature": signature(secret, at, event["body"])}}
    sealed = {
        "webhook-timestamp": str(at),
        "webhook-signature": sign(secret, headers["webhook-id"], at, event["body"]),
    }
    return {**event, "headers": {**headers, **sealed}}


def _replaced(text: str, shared: Mapping[str, str]) -> str:
    for name, value in shared.items():
        if not PLAIN.fullmatch(value):
            raise ValueError(f"{name} would not be the same in every place of an event: {value!r}")
        before = SHARED[name]
        text = text.replace(before, value)
        # In addresses and S3 keys it stands encoded.
        text = text.replace(quote_plus(before), quote_plus(value))
    return text


def _consistent(event: Event) -> Event:
    """What the service computes from the body, computed again."""
    if "content-length" in event.get("headers", {}):
        event["headers"]["content-length"] = str(len(event.get("body", "").encode()))
    for record in event.get("Records", []):
        if record.get("eventSource") == "aws:sqs":
            record["md5OfBody"] = hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
    return event
