"""Calls to other systems: AWS through botocore's events, HTTP through one `with`. Both as client spans.

AWS calls are counted too, whether anything is recorded or not: `tally` is what the request or record at hand has used.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from realstaging.tracing.recorder import recorder
from realstaging.tracing.span import Kind, Span, Value

SPAN = "realstaging_span"
# Operations of DynamoDB that tell the capacity they used if they are asked to.
_METERED = "GetItem PutItem UpdateItem DeleteItem Query BatchGetItem BatchWriteItem TransactGetItems TransactWriteItems"
METERED = frozenset(_METERED.split())
# Answers that our code expects and goes on from: no errors.
ANSWERS = frozenset(
    {
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "NoSuchKey",
        "404",
        "NotFound",
        "PreconditionFailed",
        "ConditionalRequestConflict",
        "GoneException",
    }
)


@dataclass(slots=True)
class Tally:
    """Calls of the table and the capacity units they used, since the last `reset`."""

    calls: int = 0
    units: float = 0.0

    def reset(self) -> None:
        self.calls, self.units = 0, 0.0


tally = Tally()


def watch[C](client: C) -> C:
    """Count and trace what a client calls."""
    events = client.meta.events  # type: ignore[attr-defined]
    events.register("before-parameter-build.dynamodb", _ask_for_units)
    events.register("before-call", _before)
    events.register("after-call", _after)
    events.register("after-call-error", _failed)
    return client


def _ask_for_units(params: dict[str, Any], model: Any, **_: Any) -> None:
    if model.name in METERED:
        params.setdefault("ReturnConsumedCapacity", "TOTAL")


def _before(model: Any, context: dict[str, Any], params: dict[str, Any], **_: Any) -> None:
    parent = recorder.current
    if parent is None:
        return
    service, operation = model.service_model.service_id, model.name
    if parent.kind is Kind.PRODUCER and service == "SQS":
        return  # that span is about this very call
    attributes: dict[str, Value | None] = {
        "rpc.system.name": "aws-api",
        "rpc.method": f"{service}/{operation}",
        "cloud.region": context.get("client_region"),
        "server.address": urlsplit(params.get("url", "")).hostname,
    }
    if service == "DynamoDB":
        attributes |= {"db.system.name": "aws.dynamodb", "db.operation.name": operation}
    context[SPAN] = recorder.begin(f"{service}.{operation}", Kind.CLIENT, attributes)


def _after(model: Any, context: dict[str, Any], http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    units = None
    if model.service_model.service_id == "DynamoDB":
        units = _units(parsed)
        tally.calls += 1
        tally.units += units or 0
    span: Span | None = context.get(SPAN)
    if span is None:
        return
    told = parsed.get("ResponseMetadata", {})
    code = parsed.get("Error", {}).get("Code")
    span.put(
        {
            "aws.request_id": told.get("RequestId"),
            "http.response.status_code": getattr(http_response, "status_code", None),
            "http.request.resend_count": told.get("RetryAttempts") or None,
            "rpc.response.status_code": code,
            "aws.dynamodb.consumed_capacity.total": units,
        }
    )
    if code and code not in ANSWERS:
        span.fail(str(code))
    recorder.end(span)


def _failed(context: dict[str, Any], exception: Exception, **_: Any) -> None:
    if span := context.get(SPAN):
        span.fail(type(exception).__name__)
        recorder.end(span)


def _units(parsed: dict[str, Any]) -> float | None:
    """One figure, or one for each table."""
    consumed = parsed.get("ConsumedCapacity")
    if not consumed:
        return None
    each = consumed if isinstance(consumed, list) else [consumed]
    return float(sum(one.get("CapacityUnits") or 0 for one in each))


@contextmanager
def http_call(method: str, url: str) -> Iterator[Span | None]:
    """A call of another system by HTTP. Of the address only host and port are kept: the rest may be signed."""
    parts = urlsplit(url)
    attributes: dict[str, Value | None] = {
        "http.request.method": method,
        "server.address": parts.hostname,
        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
    }
    with recorder.span(f"{method} {parts.hostname}", Kind.CLIENT, attributes) as span:
        yield span


def answered(span: Span | None, status: int) -> None:
    """What an HTTP call was answered with; for a client 4xx is an error too."""
    if span:
        span.put({"http.response.status_code": status})
        if status >= 400:
            span.fail(str(status))
