"""Python's values in DynamoDB's JSON and back, as boto3 translates them, in one pass.

boto3 copies every call, walks its shapes twice and checks each value against eleven types: for a large transaction
that takes longer than the rest of our work.
"""

from collections.abc import Iterable, Iterator
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any

Attribute = dict[str, Any]
Action = dict[str, dict[str, Any]]

ROWS = ("Key", "Item", "ExpressionAttributeValues")  # the parts of an action that carry values
MAX_NUMBER = 10**38
# A number that DynamoDB would round is refused.
NUMBERS = Context(Emin=-128, Emax=126, prec=38, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])


class SerializedActions:
    """The actions of a transaction, ready for the wire: translated once, however often they are sent.

    Only for a client that does not validate parameters: it is not a list.
    """

    def __init__(self, actions: Iterable[Action]) -> None:
        self._actions = [_serialize(action) for action in actions]

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)


def attribute(value: Any) -> Attribute:  # noqa: PLR0911 (one for each type)
    """The value as DynamoDB's JSON has it. Raises TypeError, or one of decimal's signals."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int) and -MAX_NUMBER < value < MAX_NUMBER:
        return {"N": str(value)}
    if isinstance(value, list | tuple):
        return {"L": [attribute(each) for each in value]}
    if isinstance(value, dict):
        return {"M": attributes(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, int | Decimal):
        return {"N": _number(value)}
    if isinstance(value, bytes | bytearray):
        return {"B": value}
    if isinstance(value, set | frozenset):
        return _set(value)
    raise TypeError(f"{type(value).__name__} is nothing that DynamoDB has; use Decimal for fractions")


def attributes(row: dict[str, Any]) -> dict[str, Attribute]:
    return {name: attribute(value) for name, value in row.items()}


def value(attribute: Attribute) -> Any:  # noqa: PLR0911
    [(kind, told)] = attribute.items()
    match kind:
        case "S" | "BOOL" | "B":
            return told
        case "N":
            return Decimal(told)
        case "M":
            return plain(told)
        case "L":
            return [value(each) for each in told]
        case "NULL":
            return None
        case "SS" | "BS":
            return set(told)
        case "NS":
            return {Decimal(each) for each in told}
    raise TypeError(f"DynamoDB has no type {kind}")


def plain(row: dict[str, Attribute]) -> dict[str, Any]:
    """A row in DynamoDB's JSON, as errors and the stream have it too, as Python's values."""
    return {name: value(each) for name, each in row.items()}


def _number(value: int | Decimal) -> str:
    number = str(NUMBERS.create_decimal(value))
    if number in ("Infinity", "NaN"):
        raise TypeError("neither infinity nor NaN is a number to DynamoDB")
    return number


def _set(members: set[Any] | frozenset[Any]) -> Attribute:
    """Of one kind, which its members tell."""
    found = [attribute(each) for each in members]
    kinds = {kind for each in found for kind in each}
    if not kinds <= {"S", "N", "B"} or len(kinds) > 1:
        raise TypeError("a set holds texts, numbers or bytes, and only one of these")
    kind = kinds.pop() if kinds else "N"  # an empty one, which DynamoDB refuses
    return {f"{kind}S": [each[kind] for each in found]}


def _serialize(action: Action) -> Action:
    ((kind, parts),) = action.items()
    return {kind: {name: attributes(part) if name in ROWS else part for name, part in parts.items()}}
