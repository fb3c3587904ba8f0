"""Conditional writes in the single table, alone and in transactions."""

import itertools
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError
from pydantic import BaseModel

from realstaging.stores.serialization import Translated

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Write = dict[str, dict[str, Any]]
Item = dict[str, Any]

MAX_ACTIONS = 100
CONFLICT_TRIES = 6
RACE_TRIES = 5
MAX_SORT_KEY_BYTES = 1024

# Another transaction holds one of the rows: over within milliseconds.
CONFLICTS = {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
# The partition has no capacity left at this moment: over within a second or a few. Codes of calls, then reasons.
THROTTLES = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"} | {
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
}


class LostRaceError(Exception):
    """A condition did not hold. `failed` maps the index of each action to the row it met, if any."""

    def __init__(self, failed: dict[int, Item]) -> None:
        super().__init__("a condition did not hold")
        self.failed = failed


def retry_on_conflict[T, F, R](
    act: Callable[[T | F], R],
    read: Callable[[], T],
    first: F | None = None,
    *,
    tries: int = RACE_TRIES,
    gave_up: Exception | None = None,
) -> R:
    """Call `act` with the row from `read`; when another writer changed it in between, read it and act again.

    `first`: the row, if it was read already. Raises `gave_up`, else LostRaceError, after `tries` lost races.
    """
    current: T | F = read() if first is None else first
    for _ in range(tries - 1):
        try:
            return act(current)
        except LostRaceError:
            current = read()
    try:
        return act(current)
    except LostRaceError as error:
        if gave_up is None:
            raise
        raise gave_up from error


def query_all(table: "Table", *, pages: int | None = None, **query: Any) -> Iterator[Item]:
    """The rows of a query over all its pages, or over the first `pages` (each at most 1 MB, before a filter)."""
    for _ in itertools.count() if pages is None else range(pages):
        answer = table.query(**query)
        yield from (dict(item) for item in answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def row(model: BaseModel, *keys: dict[str, str]) -> Item:
    """A model and its keys as the table stores them: no nulls, no floats, times as text."""
    item: Item = model.model_dump(mode="json", exclude_none=True)
    for key in keys:
        item |= key
    return item


class Writes:
    """Builds single actions for one table."""

    def __init__(self, table: "Table") -> None:
        self.table = table
        self._client = table.meta.client

    def put_new(self, item: Item) -> Write:
        return {
            "Put": {
                "TableName": self.table.name,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def put_over_expired(self, item: Item, at: datetime) -> Write:
        """A new row, or one in place of another whose time to live has passed."""
        write = self.put_new(item)
        write["Put"]["ConditionExpression"] += " OR expires_at <= :now"
        write["Put"]["ExpressionAttributeValues"] = {":now": int(at.timestamp())}
        return write

    def exists(self, key: dict[str, str]) -> Write:
        name = self.table.name
        return {"ConditionCheck": {"TableName": name, "Key": key, "ConditionExpression": "attribute_exists(pk)"}}

    def put(self, item: Item) -> Write:
        return {"Put": {"TableName": self.table.name, "Item": item}}

    def delete(self, key: dict[str, str], when: str, values: Item | None = None) -> Write:
        """Remove a row that is as `when` says."""
        action: dict[str, Any] = {
            "TableName": self.table.name,
            "Key": key,
            "ConditionExpression": when,
            "ExpressionAttributeNames": _names(when),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return {"Delete": action | ({"ExpressionAttributeValues": values} if values else {})}

    def check(self, key: dict[str, str], when: str, values: Item | None = None) -> Write:
        """A row that must be as `when` says; nothing of it changes."""
        action: dict[str, Any] = {
            "TableName": self.table.name,
            "Key": key,
            "ConditionExpression": when,
            "ExpressionAttributeNames": _names(when),
        }
        return {"ConditionCheck": action | ({"ExpressionAttributeValues": values} if values else {})}

    def update(
        self,
        key: dict[str, str],
        *,
        put: Item | None = None,
        add: Item | None = None,
        take: Item | None = None,
        drop: Iterable[str] = (),
        when: str | None = None,
        values: Item | None = None,
    ) -> Write:
        """Set, add and remove attributes of one row when `when` holds (its `:names` in `values`).

        `take`: members to remove from sets; `add` adds to numbers or sets.
        """
        names = {f"#{name}": name for name in [*(put or {}), *(add or {}), *(take or {}), *drop]}
        bound: Item = {f":new_{name}": value for name, value in (put or {}).items()}
        bound |= {f":add_{name}": value for name, value in (add or {}).items()}
        bound |= {f":take_{name}": value for name, value in (take or {}).items()}
        parts = [
            ("SET", [f"#{name} = :new_{name}" for name in put or {}]),
            ("ADD", [f"#{name} :add_{name}" for name in add or {}]),
            ("DELETE", [f"#{name} :take_{name}" for name in take or {}]),
            ("REMOVE", [f"#{name}" for name in drop]),
        ]
        expression: dict[str, Any] = {
            "TableName": self.table.name,
            "Key": key,
            "UpdateExpression": " ".join(f"{verb} {', '.join(terms)}" for verb, terms in parts if terms),
            "ExpressionAttributeNames": names,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if when:
            expression["ConditionExpression"] = when
            names |= _names(when)
        if bound or values:
            expression["ExpressionAttributeValues"] = bound | (values or {})
        return {"Update": expression}

    def move(
        self,
        key: dict[str, str],
        *,
        was: str,
        version: int,
        put: Item,
        drop: Iterable[str] = (),
    ) -> Write:
        """A change of state: only from the state and the version that were read; the version grows."""
        return self.update(
            key,
            put=put,
            add={"version": 1},
            drop=drop,
            when="#status = :was AND #version = :version",
            values={":was": was, ":version": version},
        )

    def update_item(self, write: Write) -> Item:
        """Run one update by itself and return the whole new row. Raises LostRaceError."""
        update = write["Update"]

        def call() -> Item:
            try:
                return dict(self._client.update_item(**update, ReturnValues="ALL_NEW")["Attributes"])
            except self._client.exceptions.ConditionalCheckFailedException as error:
                answer: Any = error.response
                met = plain(answer.get("Item") or {})
                # The SDK repeats a call whose answer was lost: then the row that refuses it may be its own work.
                if answer["ResponseMetadata"].get("RetryAttempts") and _is_written(update, met):
                    return met
                raise LostRaceError({0: met}) from error

        return _patiently(call)

    def transact_write(self, writes: Sequence[Write]) -> None:
        """Run all or none. Raises LostRaceError when a condition does not hold."""
        actions: Any = Translated(writes)

        def call() -> None:
            try:
                self._client.transact_write_items(TransactItems=actions)
            except self._client.exceptions.TransactionCanceledException as error:
                failed = {
                    index: plain(reason.get("Item") or {})
                    for index, reason in enumerate(_reasons(error))
                    if reason.get("Code") == "ConditionalCheckFailed"
                }
                if failed:
                    raise LostRaceError(failed) from error
                raise

        _patiently(call)

    def get(self, key: dict[str, str]) -> Item | None:
        if len(key["sk"].encode()) > MAX_SORT_KEY_BYTES:
            return None  # a made-up id: the table would not even look for it
        item = self.table.get_item(Key=key, ConsistentRead=True).get("Item")
        return dict(item) if item else None

    def get_many(self, keys: Sequence[dict[str, str]]) -> list[Item]:
        """The rows that exist, in the order of `keys`; 100 a call."""
        found: dict[tuple[str, str], Item] = {}
        name = self.table.name
        for start in range(0, len(keys), 100):
            pending: Any = {name: {"Keys": list(keys[start : start + 100]), "ConsistentRead": True}}
            for attempt in range(CONFLICT_TRIES):
                answer = self._client.batch_get_item(RequestItems=pending)
                for item in answer["Responses"].get(name, []):
                    found[str(item["pk"]), str(item["sk"])] = dict(item)
                pending = answer.get("UnprocessedKeys")
                if not pending:
                    break
                _pause(attempt)
            else:
                raise RuntimeError("the table left keys unread")
        return [found[key["pk"], key["sk"]] for key in keys if (key["pk"], key["sk"]) in found]


def plain(item: Item) -> Item:
    """A row as refusals and the stream carry it: boto3 translates neither."""
    read = TypeDeserializer().deserialize
    return {name: read(value) for name, value in item.items()}


def _names(expression: str) -> dict[str, str]:
    return {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}


def _patiently[R](call: Callable[[], R]) -> R:
    """Make a call that changes nothing when it is refused, again after a conflict or without capacity."""
    for attempt in range(CONFLICT_TRIES - 1):
        try:
            return call()
        except ClientError as error:
            codes = _codes(error)
            if not codes & (CONFLICTS | THROTTLES):
                raise
            _pause(attempt, 0.2 if codes & THROTTLES else 0.05)
    return call()


def _codes(error: ClientError) -> set[str]:
    """The error's own code, and why each action of a transaction was refused."""
    return {str(error.response.get("Error", {}).get("Code")), *(str(each.get("Code")) for each in _reasons(error))}


def _reasons(error: Any) -> list[Any]:
    return list(error.response.get("CancellationReasons", []))


def _is_written(update: Item, met: Item) -> bool:
    """Whether a row is as this update would have left it. Never so for an update that sets nothing."""
    values = update.get("ExpressionAttributeValues", {})
    put = {name.removeprefix(":new_"): value for name, value in values.items() if name.startswith(":new_")}
    if ":version" in values and ":add_version" in values:
        put["version"] = values[":version"] + values[":add_version"]
    return bool(put) and all(met.get(name) == value for name, value in put.items())


def _pause(attempt: int, seconds: float = 0.05) -> None:
    """Exponential back-off with full jitter, so that rivals do not meet again."""
    time.sleep(random.uniform(0, seconds * 2**attempt))  # noqa: S311 (not a secret)
