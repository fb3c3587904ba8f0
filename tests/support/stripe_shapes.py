"""Compares JSON with the vendor's typed classes: what must be there, what may be there, and of which type."""

import ast
import functools
import inspect
import sys
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, Union

import stripe
from typing_extensions import is_typeddict

JSON_TYPES: dict[Any, Any] = {
    Any: object,
    str: str,
    int: int,
    bool: bool,
    float: (int, float),
    Decimal: str,
    type(None): type(None),
}


@functools.cache
def fields(cls: type) -> dict[str, Any]:
    """A class's own fields and their types, with the imports that it makes for type checkers only."""
    names: dict[str, Any] = {}
    module = sys.modules[cls.__module__]
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            exec(compile(ast.Module(node.body, []), cls.__module__, "exec"), names)
    hints = typing.get_type_hints(cls, None, names)
    own = {name: hint for name, hint in hints.items() if not name.startswith("_")}
    return {name: hint for name, hint in own.items() if typing.get_origin(hint) is not typing.ClassVar}


def is_optional(hint: Any) -> bool:
    return typing.get_origin(hint) in (Union, types.UnionType) and type(None) in typing.get_args(hint)


def wrong(value: Any, hint: Any, path: str = "") -> list[str]:
    """Everything about a value that its type does not allow."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        tries = [wrong(value, each, path) for each in inside]
        return [] if any(not each for each in tries) else max(tries, key=len)
    if origin is Literal or hint in JSON_TYPES:
        return [] if _is(value, hint) else [f"{path}: {value!r} is not {str(hint)[:80]}"]
    if origin is not None:
        return _wrong_inside(value, origin, inside[0], path)
    return _wrong_object(value, hint, path)


def _is(value: Any, hint: Any) -> bool:
    if typing.get_origin(hint) is Literal:
        return value in typing.get_args(hint)
    return isinstance(value, JSON_TYPES[hint]) and (hint in (bool, Any) or not isinstance(value, bool))


def _wrong_inside(value: Any, origin: Any, hint: Any, path: str) -> list[str]:
    """Of a list, a page of a list, or a mapping with any keys."""
    things = value.get("data") if origin is stripe.ListObject and isinstance(value, dict) else value
    if not isinstance(things, dict if origin not in (list, stripe.ListObject) else list):
        return [f"{path}: {value!r} is no {origin.__name__}"]
    each = things.items() if isinstance(things, dict) else enumerate(things)
    return [found for name, one in each for found in wrong(one, hint, f"{path}[{name}]")]


def _wrong_object(value: Any, cls: type, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no {cls.__qualname__}"]
    known = fields(cls)
    needed = {name for name, hint in known.items() if not is_optional(hint)}
    found = [f"{path}.{name} is not there" for name in needed - value.keys()]
    found += [f"{path}.{name} is invented" for name in value.keys() - known.keys()]
    for name in known.keys() & value.keys():
        found += wrong(value[name], known[name], f"{path}.{name}")
    return found


def absent(value: dict[str, Any], cls: Any) -> set[str]:
    """Fields that may be null but ought to be there: the vendor's classes know no default for them."""
    return {name for name, hint in fields(cls).items() if is_optional(hint) and name not in value}


@functools.cache
def parameters(params: Any) -> dict[str, Any]:
    """The names that a params class knows, and what they take."""
    names = {"Mapping": Mapping, "StripeContext": str}
    hints = typing.get_type_hints(params, None, names)
    options = set(typing.get_type_hints(stripe.RequestOptions, None, names))
    return {name: hint for name, hint in hints.items() if name not in options}


def unknown(shape: Any, hint: Any, path: str = "") -> list[str]:
    """Parameters that an endpoint of ours takes and the vendor's package does not know."""
    classes, lists = _classes(hint)
    if isinstance(shape, list):
        return unknown(shape[0], lists[0], f"{path}[]") if lists else [f"{path} is no list"]
    if not isinstance(shape, dict):
        return []
    if not classes:
        return [f"{path} is no object"]
    known = parameters(classes[0])
    found = [f"{path}[{name}] is invented" for name in shape if name not in known]
    for name in known.keys() & shape.keys():
        found += unknown(shape[name], known[name], f"{path}[{name}]")
    return found


def _classes(hint: Any) -> tuple[list[Any], list[Any]]:
    """The params classes and the element types of lists that a hint allows."""
    if is_typeddict(hint):
        return [hint], []
    if typing.get_origin(hint) is list:
        return [], [typing.get_args(hint)[0]]
    found = [_classes(each) for each in typing.get_args(hint)]
    return [one for classes, _ in found for one in classes], [one for _, lists in found for one in lists]
