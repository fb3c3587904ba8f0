"""Conditions of queries and filters, spelled as boto3 spells them: `Key("pk").eq(…) & Key("sk").begins_with(…)`."""

from collections.abc import Callable
from typing import Any

# Gives an attribute's name or a value its placeholder.
Placed = Callable[[Any], str]
Written = Callable[[Placed, Placed], str]


class Condition:
    def __init__(self, written: Written) -> None:
        self._written = written

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(lambda name, value: f"({self.text(name, value)} AND {other.text(name, value)})")

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(lambda name, value: f"({self.text(name, value)} OR {other.text(name, value)})")

    def text(self, name: Placed, value: Placed) -> str:
        return self._written(name, value)


class Attr:
    def __init__(self, name: str) -> None:
        self._name = name

    def eq(self, value: Any) -> Condition:
        return self._compared("=", value)

    def lt(self, value: Any) -> Condition:
        return self._compared("<", value)

    def gte(self, value: Any) -> Condition:
        return self._compared(">=", value)

    def begins_with(self, value: str) -> Condition:
        return self._function("begins_with", value)

    def contains(self, value: Any) -> Condition:
        return self._function("contains", value)

    def _compared(self, operator: str, to: Any) -> Condition:
        return Condition(lambda name, value: f"{name(self._name)} {operator} {value(to)}")

    def _function(self, function: str, of: Any) -> Condition:
        return Condition(lambda name, value: f"{function}({name(self._name)}, {value(of)})")


class Key(Attr):
    """An attribute of a key, for `KeyConditionExpression`."""


def written(condition: Condition, mark: str) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The expression, its names and its values by their placeholders. `mark`: part of these."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def placed(into: dict[str, Any], prefix: str) -> Placed:
        def place(thing: Any) -> str:
            placeholder = f"{prefix}{len(into)}"
            into[placeholder] = thing
            return placeholder

        return place

    return condition.text(placed(names, f"#{mark}n"), placed(values, f":{mark}v")), names, values
