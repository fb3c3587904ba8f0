"""Makes a single call to AWS go wrong: before it is made, after it was made, or with an answer of one's own."""

import copy
import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from tests.support.world import World

Hooks = list[tuple[str, Callable[..., Any]]]


class CrashError(Exception):
    """The process ends here."""


def conflict(*codes: str) -> dict[str, Any]:
    """A canceled transaction, with the reason of each action."""
    return {
        "Error": {"Code": "TransactionCanceledException", "Message": "canceled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }


def refusal(code: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": code}}


@contextmanager
def faulty(
    client: Any,
    operation: str,
    wrong: Exception | dict[str, Any],
    *,
    at: Collection[int] = (1,),
    after: bool = False,
) -> Iterator[list[dict[str, Any]]]:
    """The calls number `at` raise, or answer as given; the others work. Gives the parameters of all calls.

    `after`: the service does it, but we never hear of it.
    """
    calls: list[dict[str, Any]] = []
    service = client.meta.service_model.service_id.hyphenize()

    def note(params: dict[str, Any], **_: Any) -> None:
        calls.append(params)

    def meddle(**_: Any) -> Any:
        if len(calls) not in at:
            return None
        if isinstance(wrong, Exception):
            raise wrong
        status = 400 if "Error" in wrong else 200
        answer = {"ResponseMetadata": {"HTTPStatusCode": status}, **copy.deepcopy(wrong)}
        return SimpleNamespace(status_code=status), answer

    hooks: Hooks = [
        (f"provide-client-params.{service}.{operation}", note),
        (f"{'after' if after else 'before'}-call.{service}.{operation}", meddle),
    ]
    with _hooked(client, hooks):
        yield calls


@contextmanager
def before(world: World, operation: str, act: Callable[[], object], *, nth: int = 1) -> Iterator[None]:
    """Somebody else is quicker than the call number `nth`."""
    events, calls = world.table.meta.client.meta.events, list[int]()
    name = f"before-call.dynamodb.{operation}"

    def first(**_: object) -> None:
        calls.append(1)
        if len(calls) == nth:
            events.unregister(name, first)
            act()

    events.register_first(name, first)
    try:
        yield
    finally:
        events.unregister(name, first)
    assert len(calls) >= nth


@contextmanager
def watched(client: Any, operation: str) -> Iterator[list[dict[str, Any]]]:
    with faulty(client, operation, {}, at=()) as calls:
        yield calls


def lost_to_itself(row: dict[str, Any]) -> dict[str, Any]:
    """How an update is refused that the SDK has repeated, its first answer lost: with the row it meets."""
    met = TypeSerializer().serialize(row)["M"]
    answer = {"HTTPStatusCode": 400, "RetryAttempts": 1}
    return {**refusal("ConditionalCheckFailedException"), "Item": met, "ResponseMetadata": answer}


@contextmanager
def contended(client: Any, chance: random.Random, *, share: float) -> Iterator[list[str]]:
    """Refuse this share of all writes as DynamoDB does for rows that others write. Gives the codes of refusals."""
    refused: list[str] = []

    def meddle(params: Any = None, model: Any = None, **_: Any) -> Any:
        if chance.random() >= share:
            return None
        if model.name == "TransactWriteItems":
            reason = chance.choice(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
            wrong = conflict(reason)
        else:
            reason = "TransactionConflictException"
            wrong = refusal(reason)
        refused.append(reason)
        return SimpleNamespace(status_code=400), {"ResponseMetadata": {"HTTPStatusCode": 400}, **wrong}

    names = ("TransactWriteItems", "UpdateItem")
    with _hooked(client, [(f"before-call.dynamodb.{name}", meddle) for name in names]):
        yield refused


@contextmanager
def _hooked(client: Any, hooks: Hooks) -> Iterator[None]:
    for name, hook in hooks:
        client.meta.events.register_first(name, hook)
    try:
        yield
    finally:
        for name, hook in hooks:
            client.meta.events.unregister(name, hook)
