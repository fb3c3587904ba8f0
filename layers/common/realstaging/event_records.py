"""The edge of queues and streams: each record by itself, and only what failed comes again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from realstaging.observability import count, log
from realstaging.observability import record as one_record

Record = dict[str, Any]


def each(
    event: dict[str, Any],
    handle: Callable[[Record], None],
    *,
    in_order: bool = False,
    failed: Callable[[Record], None] | None = None,
) -> dict[str, list[dict[str, str]]]:
    """Hand every record on; a fault is logged and reported, so that Lambda sends that record again.

    `failed` gets each record whose `handle` raised.
    `in_order`, for streams: Lambda sends all that follows a failed record again, so that it ends there.

    Powertools has the same with asyncio and all event classes behind it: a fifth of these
    functions' cold start.
    """
    again: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            with one_record(**_known(record)):
                handle(record)
        except Exception:
            log.exception("record failed")
            count("RecordFailed")
            again.append({"itemIdentifier": _identifier(record)})
            if failed:
                failed(record)
            if in_order:
                break
    return {"batchItemFailures": again}


def time_in_line(record: Record, delay_seconds: int) -> timedelta:
    """How long a queue's message stood in line after it could be read, behind others."""
    said = record.get("attributes", {})
    sent, read = (int(said.get(name, 0)) for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp"))
    return max(timedelta(milliseconds=read - sent) - timedelta(seconds=delay_seconds), timedelta())


def _identifier(record: Record) -> str:
    return str(record["messageId"] if "messageId" in record else record["dynamodb"]["SequenceNumber"])


def _known(record: Record) -> dict[str, str | None]:
    """For its span, by the semantic conventions for messaging."""
    if "messageId" not in record:
        return {}
    return {
        "messaging.system": "aws_sqs",
        "messaging.operation.type": "process",
        "messaging.destination.name": str(record.get("eventSourceARN", "")).rpartition(":")[2] or None,
        "messaging.message.id": str(record["messageId"]),
    }
