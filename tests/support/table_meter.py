"""What calls of the table cost, by the rules of DynamoDB: moto says 1 unit for everything.

Units are counted where they arise: by index, kind of partition and kind of row, so that hot ones can be told.
Rules: "Read and write operations" and "DynamoDB item sizes" of the Developer Guide. A transaction counts its rows
twice; an index counts once for a changed entry and twice for a moved one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from moto.backends import get_backend

from tests.support.table_template import table_shape

Wire = dict[str, dict[str, Any]]
READS = {"GetItem", "BatchGetItem", "Query", "TransactGetItems"}
INDEXES = {each["IndexName"]: each for each in table_shape()["GlobalSecondaryIndexes"]}


@dataclass
class Meter:
    """`changes`: rows before and after each write, as the stream has them."""

    calls: int = 0
    read: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    write: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    changes: list[tuple[Wire | None, Wire | None]] = field(default_factory=list)
    _before: dict[tuple[str, str], Wire | None] = field(default_factory=dict)
    _keys: list[Wire] = field(default_factory=list)
    _index: str = "table"
    _partition: str = ""

    def asked(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        if model.name not in READS:
            self._before = {_named(key): _row(key) for key in _written(model.name, json.loads(params["body"]))}

    def answered(self, model: Any, http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.calls += 1
        if model.name in READS:
            self._count_reads(model.name, parsed, http_response)
            return
        times = 2 if model.name == "TransactWriteItems" else 1
        for name, old in self._before.items():
            new = _row({"pk": {"S": name[0]}, "sk": {"S": name[1]}})
            self.write[_place("table", *name)] += times * _units(max(_size(old), _size(new)), 1024)
            if old != new:
                self._count_indexes(old, new)
                self.changes.append((old, new))

    def _count_reads(self, operation: str, parsed: dict[str, Any], http_response: Any) -> None:
        """Consistent reads but for the indexes; a row that is not there costs the least."""
        told = json.loads(http_response.content)
        if operation == "Query":
            found, index = told.get("Items", []), self._index
            sizes = sum(_size(row) for row in found)
            where = f"{index} {_kind(self._partition)}"
            self.read[where] += _units(sizes, 4096) * (1 if index == "table" else 0.5)
            return
        for key in self._keys:
            self.read[_place("table", *_named(key))] += _units(_size(_row(key)), 4096)

    def reading(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        if model.name not in READS:
            return
        body = json.loads(params["body"])
        if model.name == "Query":
            self._index = body.get("IndexName", "table")
            values = body["ExpressionAttributeValues"].values()
            self._partition = next(value["S"] for value in values if "S" in value)
        elif model.name == "BatchGetItem":
            self._keys = [key for table in body["RequestItems"].values() for key in table["Keys"]]
        elif model.name == "TransactGetItems":
            self._keys = [each["Get"]["Key"] for each in body["TransactItems"]]
        else:
            self._keys = [body["Key"]]

    def _count_indexes(self, old: Wire | None, new: Wire | None) -> None:
        for name in INDEXES:
            was, now = _entry(name, old), _entry(name, new)
            pk = f"{name}pk"
            if was == now:
                continue
            if was and now and (was[pk], was[f"{name}sk"]) == (now[pk], now[f"{name}sk"]):
                self.write[f"{name} {_kind(now[pk]['S'])}"] += _units(max(_size(was), _size(now)), 1024)
                continue
            for entry in (was, now):
                if entry:
                    self.write[f"{name} {_kind(entry[pk]['S'])}"] += _units(_size(entry), 1024)


@contextmanager
def metered(client: Any) -> Iterator[Meter]:
    meter, events = Meter(), client.meta.events
    hooks = [
        ("before-call.dynamodb", meter.asked),
        ("before-call.dynamodb", meter.reading),
        ("after-call.dynamodb", meter.answered),
    ]
    for event, hook in hooks:
        events.register_first(event, hook)
    try:
        yield meter
    finally:
        for event, hook in hooks:
            events.unregister(event, hook)


def _written(operation: str, body: dict[str, Any]) -> list[Wire]:
    """The keys of the rows that a call writes, or sets a condition on."""
    if operation == "TransactWriteItems":
        return [key for each in body["TransactItems"] for kind, action in each.items() for key in _key(kind, action)]
    if operation == "BatchWriteItem":
        requests = [one for table in body["RequestItems"].values() for one in table]
        return [key for each in requests for kind, action in each.items() for key in _key(kind, action)]
    return _key(operation, body)


def _key(kind: str, action: dict[str, Any]) -> list[Wire]:
    row = action["Item"] if kind.startswith("Put") else action["Key"]
    return [{"pk": row["pk"], "sk": row["sk"]}]


def _named(key: Wire) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


def _row(key: Wire) -> Wire | None:
    item = get_backend("dynamodb")["123456789012"]["us-east-1"].get_item("table", key)
    return item.to_json()["Attributes"] if item else None


def _entry(index: str, row: Wire | None) -> Wire | None:
    if not row or f"{index}pk" not in row:
        return None
    if INDEXES[index]["Projection"]["ProjectionType"] == "ALL":
        return row
    return {name: row[name] for name in ("pk", "sk", f"{index}pk", f"{index}sk")}


def _place(index: str, pk: str, sk: str) -> str:
    """`table USER#<id> USAGE`: which kind of row, without whose."""
    row = "<day>" if pk == "CHECKS" else "COST#<id>" if sk.startswith("COST#") else sk.split("#", maxsplit=1)[0]
    return f"{index} {_kind(pk)} {row}"


def _kind(pk: str) -> str:
    first, *rest = pk.split("#")
    if first == "JOBS":
        return f"JOBS#{rest[0]}#<shard>"
    if re.fullmatch(r"\d", "".join(rest)):
        return f"{first}#<shard>"
    return first + ("#<id>" if rest else "")


def _units(size: int, unit: int) -> int:
    return max(ceil(size / unit), 1)


def _size(row: Wire | None) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in (row or {}).items())


def _value_size(value: dict[str, Any]) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return len(held.strip("-").replace(".", "")) // 2 + 2
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in held.items())
        case "L":
            return 3 + sum(1 + _value_size(each) for each in held)
        case "B" | "SS" | "NS" | "BS":
            return len(str(held))
    return 1
