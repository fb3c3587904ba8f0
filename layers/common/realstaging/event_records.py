"""The edge of queues and streams: each record by itself, and only what failed comes again."""

from collections.abc import Callable
from typing import Any

from realstaging.observability import count, log

Record = dict[str, Any]


def each(event: dict[str, Any], handle: Callable[[Record], None]) -> dict[str, list[dict[str, str]]]:
    """Hand every record on; a fault is logged and reported, so that Lambda sends that record again.

    Powertools has the same with asyncio and all event classes behind it: a fifth of these
    functions' cold start.
    """
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            handle(record)
        except Exception:
            log.exception("record failed")
            count("RecordFailed")
            failed.append({"itemIdentifier": _identifier(record)})
    return {"batchItemFailures": failed}


def _identifier(record: Record) -> str:
    return str(record["messageId"] if "messageId" in record else record["dynamodb"]["SequenceNumber"])
