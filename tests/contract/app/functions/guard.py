"""A Lambda authorizer that knows one password."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"isAuthorized": event["headers"].get("authorization") == "good", "context": {"owner": "alice"}}
