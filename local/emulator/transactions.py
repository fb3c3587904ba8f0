"""Transactions of DynamoDB: no figures that nobody asked for.

ministack works out for every write what it consumes of every index, and throws it away unless the request says
ReturnConsumedCapacity. The id of each stream record is a call to the kernel of its own.
"""

import random
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import dynamodb

from local.emulator.shapes import Answer, Record

_write_units: Callable[..., float] = dynamodb._index_write_units
_transact_write: Callable[[Record], Answer] = dynamodb._transact_write_items
_wanted = ContextVar("capacity of indexes wanted", default=True)


def write_units(*write: Any) -> float:
    return _write_units(*write) if _wanted.get() else 0.0


def transact_write(request: Record) -> Answer:
    before = _wanted.set(request.get("ReturnConsumedCapacity", "NONE") != "NONE")
    try:
        return _transact_write(request)
    finally:
        _wanted.reset(before)


def new_id() -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def install() -> None:
    dynamodb._index_write_units, dynamodb._transact_write_items = write_units, transact_write
    dynamodb.new_uuid = new_id
