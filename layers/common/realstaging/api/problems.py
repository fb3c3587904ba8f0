"""Errors as problem+json (RFC 9457), and a request's raw body: shared by all HTTP handlers."""

import base64
import json
from http import HTTPStatus
from typing import Any

from realstaging.errors import AppError, MethodNotAllowedError

PROBLEM = "application/problem+json"
TYPES = "https://realstaging.dev/problems/"


def problem(error: AppError, request_id: str) -> dict[str, Any]:
    return {
        "type": TYPES + error.code,
        "title": error.title,
        "status": int(error.status),
        "code": error.code,
        "detail": error.detail,
        "retryable": error.retryable,
        **error.members,
        "request_id": request_id,
    }


def headers(error: AppError) -> dict[str, str]:
    """The headers of an error (RFC 6750, RFC 9110)."""
    if error.status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if scope := error.members.get("scope"):
        return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
    if isinstance(error, MethodNotAllowedError):
        return {"Allow": ", ".join(error.allowed)}
    if seconds := error.members.get("retry_after"):
        return {"Retry-After": str(seconds)}
    return {}


def answer(error: AppError, request_id: str) -> dict[str, Any]:
    """An error as a Lambda proxy response."""
    return {
        "statusCode": int(error.status),
        "headers": {"Content-Type": PROBLEM, "X-Request-Id": request_id, "Cache-Control": "no-store", **headers(error)},
        "body": json.dumps(problem(error, request_id)),
        "isBase64Encoded": False,
    }


def raw_body(event: dict[str, Any]) -> bytes:
    """The body's bytes, over which signatures are made."""
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else str(body).encode()
