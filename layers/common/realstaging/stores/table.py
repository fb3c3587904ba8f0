"""Conditional writes in the single table, alone and in transactions."""

import itertools
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import BaseModel

from realstaging.dynamodb.values import SerializedActions, plain

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

Write = dict[str, dict[str, Any]]
Item = dict[str, Any]

MAX_ACTIONS = 100
CONFLICT_TRIES = 6
RACE_TRIES = 5
MAX_SORT_KEY_BYTES = 1024

# Another transaction is writing one of the rows: retry within milliseconds.
CONFLICTS = {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
# The partition is out of capacity: retry within seconds. Error codes of calls, then cancellation reasons.
THROTTLES = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"} | {
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
}


class LostRaceError(Exception):
    """A condition did not hold. `failed`: by index of the failed action, the row that it found (empty if none)."""

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
    """A model and its keys as an item: no nulls, no floats, times as text."""
    item: Item = model.model_dump(mode="json", exclude_none=True)
    for key in keys:
        item |= key
    return item


class Writes:
    """Builds the actions of transactions for one table, and runs them."""

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
        """A new row, or one in place of a row whose time to live is over."""
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
        """Delete a row if the condition `when` holds."""
        action: dict[str, Any] = {
            "TableName": self.table.name,
            "Key": key,
            "ConditionExpression": when,
            "ExpressionAttributeNames": _find_names(when),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return {"Delete": action | ({"ExpressionAttributeValues": values} if values else {})}

    def check(self, key: dict[str, str], when: str, values: Item | None = None) -> Write:
        """Require the condition `when` of a row, without changing it."""
        action: dict[str, Any] = {
            "TableName": self.table.name,
            "Key": key,
            "ConditionExpression": when,
            "ExpressionAttributeNames": _find_names(when),
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
        """Set (`put`), add and remove (`drop`) attributes of one row if the condition `when` holds; `values` are its
        `:names`.

        `add`: numbers or set members to add. `take`: set members to remove.
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
            "UpdateExpression": " ".join(f"{verb} {', '.join(clauses)}" for verb, clauses in parts if clauses),
            "ExpressionAttributeNames": names,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if when:
            expression["ConditionExpression"] = when
            names |= _find_names(when)
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
        """A change of state, conditional on the state and version that were read; it increments the version."""
        return self.update(
            key,
            put=put,
            add={"version": 1},
            drop=drop,
            when="#status = :was AND #version = :version",
            values={":was": was, ":version": version},
        )

    def update_item(self, write: Write) -> Item:
        """Run one update and return the whole new row. Raises LostRaceError."""
        update = write["Update"]

        def call() -> Item:
            try:
                return dict(self._client.update_item(**update, ReturnValues="ALL_NEW")["Attributes"])
            except self._client.exceptions.ConditionalCheckFailedException as error:
                answer: Any = error.response
                found = plain(answer.get("Item") or {})
                # The SDK retries a call whose answer was lost: then the first try may have written this row.
                if answer["ResponseMetadata"].get("RetryAttempts") and _is_written(update, found):
                    return found
                raise LostRaceError({0: found}) from error

        return _retry_if_busy(call)

    def transact_write(self, writes: Sequence[Write]) -> None:
        """Run all actions or none. Raises LostRaceError when a condition does not hold."""
        actions: Any = SerializedActions(writes)

        def call() -> None:
            try:
                self._client.transact_write_items(TransactItems=actions)
            except self._client.exceptions.TransactionCanceledException as error:
                failed = {
                    index: plain(reason.get("Item") or {})
                    for index, reason in enumerate(_read_reasons(error))
                    if reason.get("Code") == "ConditionalCheckFailed"
                }
                if failed:
                    raise LostRaceError(failed) from error
                raise

        _retry_if_busy(call)

    def get(self, key: dict[str, str]) -> Item | None:
        if len(key["sk"].encode()) > MAX_SORT_KEY_BYTES:
            return None  # an invented id: DynamoDB would reject the call
        item = self.table.get_item(Key=key, ConsistentRead=True).get("Item")
        return dict(item) if item else None

    def get_many(self, keys: Sequence[dict[str, str]]) -> list[Item]:
        """The rows that exist, in the order of `keys`. Reads 100 a call."""
        found: dict[tuple[str, str], Item] = {}
        name = self.table.name

        def read(wanted: Any) -> Any:
            answer = self._client.batch_get_item(RequestItems=wanted)
            for item in answer["Responses"].get(name, []):
                found[str(item["pk"]), str(item["sk"])] = dict(item)
            return answer.get("UnprocessedKeys")

        for some in itertools.batched(keys, 100, strict=False):
            _until_done(read, {name: {"Keys": list(some), "ConsistentRead": True}}, "the table left keys unread")
        return [found[key["pk"], key["sk"]] for key in keys if (key["pk"], key["sk"]) in found]

    def delete_many(self, keys: Iterable[dict[str, str]]) -> None:
        """Without a condition, 25 a call."""

        def delete(wanted: Any) -> Any:
            return self._client.batch_write_item(RequestItems=wanted).get("UnprocessedItems")

        for some in itertools.batched(keys, 25, strict=False):
            wanted = {self.table.name: [{"DeleteRequest": {"Key": key}} for key in some]}
            _until_done(delete, wanted, "the table left rows undeleted")


def _until_done(call: Callable[[Any], Any], wanted: Any, otherwise: str) -> None:
    """Call again with what the table did not get to, each time after a pause. Raises RuntimeError."""
    for attempt in range(CONFLICT_TRIES):
        wanted = call(wanted)
        if not wanted:
            return
        wait_before_retry(attempt)
    raise RuntimeError(otherwise)


def _find_names(expression: str) -> dict[str, str]:
    return {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}


def _retry_if_busy[R](call: Callable[[], R]) -> R:
    """Repeat a call after a transaction conflict or throttling; neither has changed anything."""
    for attempt in range(CONFLICT_TRIES - 1):
        try:
            return call()
        except ClientError as error:
            codes = _read_codes(error)
            if not codes & (CONFLICTS | THROTTLES):
                raise
            wait_before_retry(attempt, 0.2 if codes & THROTTLES else 0.05)
    return call()


def _read_codes(error: ClientError) -> set[str]:
    """The error's code, and the cancellation reasons of a transaction."""
    return {str(error.response.get("Error", {}).get("Code")), *(str(each.get("Code")) for each in _read_reasons(error))}


def _read_reasons(error: Any) -> list[Any]:
    return list(error.response.get("CancellationReasons", []))


def _is_written(update: Item, found: Item) -> bool:
    """Whether a row is as this update leaves it; False for an update that sets nothing."""
    values = update.get("ExpressionAttributeValues", {})
    put = {name.removeprefix(":new_"): value for name, value in values.items() if name.startswith(":new_")}
    if ":version" in values and ":add_version" in values:
        put["version"] = values[":version"] + values[":add_version"]
    return bool(put) and all(found.get(name) == value for name, value in put.items())


def wait_before_retry(attempt: int, seconds: float = 0.05) -> None:
    """Exponential back-off with full jitter, so that competing writers do not collide again."""
    time.sleep(random.uniform(0, seconds * 2**attempt))  # noqa: S311 (not a secret)
