"""Serializes the actions of a transaction to DynamoDB's JSON, in one pass.

boto3 copies every call, walks its shapes twice and checks each value against eleven types: for a large transaction
that takes longer than the rest of our work.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from boto3.dynamodb.types import TypeSerializer

Attribute = dict[str, Any]
Action = dict[str, dict[str, Any]]

ROWS = ("Key", "Item", "ExpressionAttributeValues")  # the parts of an action that carry values
MAX_NUMBER = 10**38
_serialize_other: Callable[[Any], Any] = TypeSerializer().serialize


class SerializedActions:
    """Serialized actions. boto3 copies and serializes lists only, so it passes this on unchanged.

    Only for a client that does not validate parameters: it is not a list.
    """

    def __init__(self, actions: Iterable[Action]) -> None:
        self._actions = [_serialize(action) for action in actions]

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)

    def __deepcopy__(self, memo: dict[int, Any]) -> "SerializedActions":
        return self


def attribute(value: Any) -> Attribute:
    """The value as boto3's TypeSerializer serializes it."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int) and -MAX_NUMBER < value < MAX_NUMBER:
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [attribute(each) for each in value]}
    if isinstance(value, dict):
        return {"M": attributes(value)}
    other: Attribute = _serialize_other(value)
    return other


def attributes(row: dict[str, Any]) -> dict[str, Attribute]:
    return {name: attribute(value) for name, value in row.items()}


def _serialize(action: Action) -> Action:
    ((kind, parts),) = action.items()
    return {kind: {name: attributes(part) if name in ROWS else part for name, part in parts.items()}}
