"""Events as the services send them, for tests: the files of `events/` with a test's own ids in them."""

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from events.loading import SHARED, WEBHOOK_AT, WEBHOOK_SECRET, Event, load
from events.loading import signed as _signed

__all__ = ["SHARED", "WEBHOOK_AT", "WEBHOOK_SECRET", "event", "request", "together", "webhook"]


def event(name: str, **changes: Any) -> Event:
    """`event("s3-object-created", owner="alice", image_id=image.id)`: shared values are replaced
    wherever they occur, anything else is set on the event (see `events.loading.load`)."""
    shared = {key: value for key, value in changes.items() if key in SHARED}
    return load(name, shared, **{key: value for key, value in changes.items() if key not in SHARED})


def request(
    method: str,
    path: str,
    *,
    token: str | None = None,
    body: Any = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str | None] | None = None,
) -> Event:
    """Any call of the HTTP API, in the shape of `http-post-uploads.json`. Without a token: without the header."""
    sent: dict[str, str | None] = {"authorization": f"Bearer {token}" if token else None, "idempotency-key": None}
    if body is None:
        sent["content-type"] = None
    made = load("http-post-uploads", headers={**sent, **(headers or {})}, body="" if body is None else body)
    if body is None:
        del made["body"]
    made |= {"routeKey": f"{method} {path}", "rawPath": path, "rawQueryString": urlencode(query or {})}
    if query:
        made["queryStringParameters"] = dict(query)
    made["requestContext"]["routeKey"] = made["routeKey"]
    made["requestContext"]["http"] |= {"method": method, "path": path}
    return made


def webhook(secret: str = WEBHOOK_SECRET, at: int = WEBHOOK_AT, **changes: Any) -> Event:
    """`replicate-webhook.json`, signed anew after the changes."""
    return _signed(event("replicate-webhook", **changes), secret, at)


def together(*events: Event) -> Event:
    """One delivery with the records of all of these; queue messages get ids of their own."""
    records = [copy.deepcopy(record) for each in events for record in each["Records"]]
    for number, record in enumerate(records):
        if "messageId" in record:
            record["messageId"] = f"{record['messageId'][:-4]}{number:04x}"
        if "eventID" in record:
            record["eventID"] = f"{record['eventID'][:-4]}{number:04x}"
            record["dynamodb"]["SequenceNumber"] = str(int(record["dynamodb"]["SequenceNumber"]) + number)
    return {"Records": records}
