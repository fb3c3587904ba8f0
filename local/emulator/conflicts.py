"""Conflicts of DynamoDB: writes that meet a transaction are refused, here as often as a test wishes.

ministack carries out one write after the other, so that no two ever meet. `POST /_local/conflicts?rate=0.2` refuses
every fifth write of items with what AWS answers, and `rate=0` ends it.
"""

import json
import random
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.responses import error_response_json
from ministack.services import dynamodb

from local.emulator.shapes import Answer, Record

PLAIN = "Transaction is ongoing for the item"
WRITES = ("_put_item", "_update_item", "_delete_item")

_rate = 0.0
_random = random.Random()
_before_body: Callable[..., Any]
_transact_write: Callable[[Record], Answer]
_plain: dict[str, Callable[..., Answer]] = {}


async def before_body(method: str, path: str, headers: dict[str, str], query: dict[str, list[str]], *rest: Any) -> Any:
    global _rate  # noqa: PLW0603  (one switch of one process)
    if (method, path) != ("POST", "/_local/conflicts"):
        return await _before_body(method, path, headers, query, *rest)
    _rate = float(query["rate"][0])
    if "seed" in query:
        _random.seed(int(query["seed"][0]))
    return 200, {"Content-Type": "application/json"}, json.dumps({"rate": _rate}).encode()


def transact_write(request: Record) -> Answer:
    if _random.random() >= _rate:
        return _transact_write(request)
    reasons: list[Record] = [{"Code": "None"} for _ in request.get("TransactItems") or [{}]]
    reasons[_random.randrange(len(reasons))] = {"Code": "TransactionConflict", "Message": PLAIN}
    codes = ", ".join(reason["Code"] for reason in reasons)
    said = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        "CancellationReasons": reasons,
    }
    return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(said).encode()


def _refused_at_times(write: Callable[..., Answer]) -> Callable[..., Answer]:
    def written(*request: Any, **named: Any) -> Answer:
        if _random.random() >= _rate:
            return write(*request, **named)
        refused: Answer = error_response_json("TransactionConflictException", PLAIN, 400)
        return refused

    return written


def install() -> None:
    global _before_body, _transact_write
    _before_body, _transact_write = app._handle_pre_body_request, dynamodb._transact_write_items
    app._handle_pre_body_request, dynamodb._transact_write_items = before_body, transact_write
    for name in WRITES:
        setattr(dynamodb, name, _refused_at_times(getattr(dynamodb, name)))
