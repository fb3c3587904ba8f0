"""Headers of the reference: what every answer carries, and what a request may."""

from typing import Any

Json = dict[str, Any]


def _header(description: str, example: str | int, **schema: Any) -> Json:
    return {"description": description, "required": True, "schema": {"type": "string"} | schema, "example": example}


HEADERS: dict[str, Json] = {
    "X-Request-Id": _header("Names this request in our logs.", "YbLF4ik5oAMEJkw="),
    "ETag": _header("What this answer looks like; for If-None-Match.", '"5d41402abc4b2a76b9719d911017c592"'),
    "RateLimit-Limit": _header("Creating requests per window.", 120, type="integer"),
    "RateLimit-Remaining": _header("How many of them are left.", 118, type="integer"),
    "RateLimit-Reset": _header("Seconds until the window ends.", 17, type="integer"),
    "Retry-After": _header("Seconds to wait.", 17, type="integer"),
    "Idempotent-Replayed": _header("This is the first answer to the same key, again.", "true", const="true")
    | {"required": False},
    "WWW-Authenticate": _header("How to authenticate.", "Bearer"),
}

PARAMETERS: dict[str, Json] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Within 24 hours the same key with the same request is answered as the first time, and nothing "
        "is created twice. With another request: 422 `idempotency_key_reused`.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
        "example": "order-4711-living-room",
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of the answer you have: 304 if nothing has changed.",
        "schema": {"type": "string"},
        "example": '"5d41402abc4b2a76b9719d911017c592"',
    },
}

REPLICATE: list[Json] = [
    {"name": "webhook-id", "in": "header", "required": True, "schema": {"type": "string"}},
    {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    {"name": "webhook-signature", "in": "header", "required": True, "schema": {"type": "string"}},
    {"name": "owner", "in": "query", "required": True, "schema": {"type": "string"}},
    {"name": "traceparent", "in": "query", "schema": {"type": "string"}},
]


STRIPE: list[Json] = [
    {
        "name": "Stripe-Signature",
        "in": "header",
        "required": True,
        "description": "`t=<seconds since 1970>,v1=<hex>`, with one `v1` per secret.",
        "schema": {"type": "string"},
    }
]

# By the vendor that the route names.
WEBHOOK_PARAMETERS = {"replicate": REPLICATE, "stripe": STRIPE}


def used(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
