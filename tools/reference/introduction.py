"""What the reference says before the first route: how to call, how to repeat, how to listen; and its sections."""

from typing import Any

from realstaging.config import load

Json = dict[str, Any]
SETTINGS = load("prod")

TAGS = {
    "Uploads": "Photos come in: plan them, then send each file to the form that was made for it.",
    "Projects": "A property or an order: images belong to one.",
    "Images": "The photos, once planned: their state, their files.",
    "Jobs": "One staging of one photo.",
    "Batches": "The jobs of one request, followed together.",
    "Verifications": "The picture check of any pair: does it still show the room of the photo?",
    "Account": "The caller: profile, usage, API keys, sockets.",
    "Administration": "For administrators, with an access token: API keys never pass. Every change leaves an entry "
    "in the audit log.",
    "Billing": "Plans, subscription, invoices. Money goes through Stripe's pages: no card ever comes near us.",
    "Service": "Public: what is on offer, whether it works, and this document.",
    "Webhooks": "For the services we work with; every call is signed.",
}

TITLE = "Real Staging API"
SUMMARY = "Photos of empty rooms in, furnished rooms out."

DESCRIPTION = f"""\
Plan an upload (`POST /v1/uploads`), send the files to the forms you get, and follow the jobs: on a WebSocket, or by
reading the batch. Every job that delivers costs one image of the plan; what fails or is canceled costs nothing.

**Who calls.** `Authorization: Bearer …` with an access token of the identity provider or an API key (`rsk_…`), on
every route but those under Service and Webhooks and the list of plans. A token in a query string is not accepted.
What belongs to somebody else looks exactly like what is not there: 404. An API key has scopes: `read` sees everything
of the account, `stage` works with projects, uploads and jobs, `account` changes the profile. No key makes or revokes
keys, closes the account or changes what is paid; what a key lacks is refused with 403 `forbidden`.

**Methods.** `HEAD` is answered wherever `GET` is, `OPTIONS` everywhere and without a token; another method of a path
is refused with 405 `method_not_allowed` and an `Allow` header.

**Bodies** are JSON in UTF-8 that names each key once, at most {SETTINGS.uploads.max_body_bytes // 1024} KiB
(64 KiB under `/v1/account`).
Times are RFC 3339 in UTC, money is USD as a decimal string, sizes are bytes, pictures pixels.

**Lists** are newest first: `{{"items": […], "next_cursor": …}}`. Give `next_cursor` back as `cursor`
until it is `null`.

**Refusals** are `application/problem+json` (RFC 9457). `code` is stable; `retryable` says whether the same request may
succeed later. The gateway in front of us answers by itself only above its own limits (429) or when we do not answer at
all (5xx), with `{{"message": …}}`.

**Repeating safely.** Creating routes take an `Idempotency-Key`: the same key with the same request within 24 hours
gives the first answer again, marked `Idempotent-Replayed: true`. They are limited per account: see the `RateLimit-*`
headers. All requests together have a far higher limit, {SETTINGS.rates.requests} in
{SETTINGS.rates.window_seconds} seconds; 429 comes with `Retry-After`.

**Not reading twice.** `GET`s carry an `ETag`; with `If-None-Match` the answer is 304 if nothing has changed.

**Tracing.** A W3C `traceparent` header is taken up and follows each photo; `X-Request-Id` names the request in our
logs.

**Live status.** `POST /v1/account/socket-tickets` gives the address of a WebSocket that works once. Messages are a
hint, the API is the record: after connecting again, read the batch, and keep whichever answer has the higher
`version`. Send `{{"action": "ping"}}` at least every ten minutes; a connection ends after
{SETTINGS.sockets.hours} hours.
"""


def _message(type: str, description: str, **fields: Json) -> Json:
    properties: Json = {"type": {"const": type}, **fields}
    return {"description": description, "type": "object", "required": list(properties), "properties": properties}


def _ref(model: str) -> Json:
    return {"$ref": f"#/components/schemas/{model}"}


TEXT: Json = {"type": "string"}
TIME: Json = {"type": "string", "format": "date-time"}

SOCKET: Json = {
    "description": "Opened with the `url` of a ticket, which works once: every connection, a reconnection too, asks "
    "for a new ticket first. A WebSocket library that reconnects by itself to the same address is refused with 401 "
    f"`unauthorized`; give it a function that fetches the address. Of more than {SETTINGS.sockets.max_per_owner} "
    "sockets of one account the oldest is closed, after an `error` message with the code `too_many_sockets`.",
    "ticket": "createSocketTicket",
    "receive": {
        "job.updated": _message("job.updated", "A job's status has changed.", job=_ref("JobView")),
        "image.updated": _message("image.updated", "An image's status has changed.", image=_ref("ImageView")),
        "verification.updated": _message(
            "verification.updated", "A verification's status has changed.", verification=_ref("VerificationView")
        ),
        "usage.updated": _message("usage.updated", "The quota's counters have changed.", usage=_ref("UsageView")),
        "hello": _message("hello", "In answer to `hello`.", connection_id=TEXT, server_time=TIME),
        "pong": _message("pong", "In answer to `ping`.", server_time=TIME),
        "error": _message("error", "To anything else.", code={"const": "malformed_request"}, detail=TEXT),
    },
    "send": {
        "hello": {"type": "object", "required": ["action"], "properties": {"action": {"const": "hello"}}},
        "ping": {"type": "object", "required": ["action"], "properties": {"action": {"const": "ping"}}},
    },
}

BEARER: Json = {
    "type": "http",
    "scheme": "bearer",
    "description": "An access token of the identity provider (a JWT), or an API key (`rsk_…`).",
}

SERVERS: list[Json] = [
    {
        "url": "{address}",
        "description": "Your deployment: the stack's output `ApiUrl`, or what `make dev` prints.",
        "variables": {"address": {"default": "https://api.example.com"}},
    }
]
