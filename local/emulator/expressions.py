"""Expressions of DynamoDB: read once, not for every row that they are held against.

ministack takes the text of a condition apart again for each row of a query's partition and for each write of a
transaction: whoever has uploaded a thousand photos waits for the search for their sockets.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

from local.emulator.shapes import Record

# What nearly every query asks: this partition, or what in it begins like this.
USUAL = re.compile(r"\(?(#\w+) = (:\w+)(?: AND begins_with\((#\w+), (:\w+)\))?\)?")

_tokenize: Callable[[str], list[tuple[str, str]]] = dynamodb._tokenize
_syntax_error: Callable[[str, str], str | None] = dynamodb._condition_syntax_error
_evaluate: Callable[..., bool] = dynamodb._evaluate_condition


@functools.lru_cache(maxsize=4096)
def tokens(expression: str) -> tuple[tuple[str, str], ...]:
    return tuple(_tokenize(expression))


@functools.lru_cache(maxsize=4096)
def syntax_error(expression: str, slot: str) -> str | None:
    return _syntax_error(expression, slot)


@functools.lru_cache(maxsize=4096)
def _usual(expression: str) -> tuple[str | None, ...] | None:
    found = USUAL.fullmatch(expression)
    return found.groups() if found else None


def evaluate(expression: str, row: Record, values: Record, names: Record, slot: str = "ConditionExpression") -> bool:
    if slot == "KeyConditionExpression" and (usual := _usual(expression)):
        answer = _holds(usual, row, values, names)
        if answer is not None:
            return answer
    return _evaluate(expression, row, values, names, slot)


def _holds(usual: tuple[Any, ...], row: Record, values: Record, names: Record) -> bool | None:
    """The answer for keys that are text; None leaves it to ministack."""
    (name, value), (sort_name, start) = usual[:2], usual[2:]
    found, wanted = row.get(names[name], {}).get("S"), values[value].get("S")
    if found is None or wanted is None:
        return None
    if sort_name is None or found != wanted:
        return bool(found == wanted)
    found, wanted = row.get(names[sort_name], {}).get("S"), values[start].get("S")
    return None if found is None or wanted is None else bool(found.startswith(wanted))


def install() -> None:
    dynamodb._tokenize, dynamodb._condition_syntax_error = tokens, syntax_error
    dynamodb._evaluate_condition = evaluate
