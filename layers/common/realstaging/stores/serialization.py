"""Actions of a transaction in DynamoDB's own notation, made at once.

boto3 copies every call, walks through all its shapes twice and asks each value for its type eleven times over: for
a large transaction that takes longer than everything else we do for it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from boto3.dynamodb.types import TypeSerializer

Attribute = dict[str, Any]
Action = dict[str, dict[str, Any]]

ROWS = ("Key", "Item", "ExpressionAttributeValues")  # the parts of an action that carry values
MAX_NUMBER = 10**38
_rare: Callable[[Any], Any] = TypeSerializer().serialize


class Translated:
    """Actions as they are sent. boto3 copies and translates what is a list, and looks into nothing else.

    Only for a client that does not validate its parameters: this is no list to it either.
    """

    def __init__(self, actions: Iterable[Action]) -> None:
        self._actions = [_translated(action) for action in actions]

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Translated":
        return self


def attribute(value: Any) -> Attribute:
    """What boto3's TypeSerializer makes of a value."""
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
    rare: Attribute = _rare(value)
    return rare


def attributes(row: dict[str, Any]) -> dict[str, Attribute]:
    return {name: attribute(value) for name, value in row.items()}


def _translated(action: Action) -> Action:
    ((kind, parts),) = action.items()
    return {kind: {name: attributes(part) if name in ROWS else part for name, part in parts.items()}}
