"""Requests: endpoints, form-encoded parameters (`items[0][price]=…`), idempotency keys."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from standins.stripe import errors
from standins.stripe.clock import DAY
from standins.stripe.objects import Thing

type Shape = Callable[[Any, str], Any] | dict[str, Any] | list[Any]
KEY = re.compile(r"(?P<first>[^\[\]]+)(?P<rest>(?:\[[^\[\]]*\])*)")
MAX_TEXT = 5000


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Brackets become nested mappings. A list is a mapping by position; only its shape tells them apart."""
    nested: dict[str, Any] = {}
    for key, value in pairs:
        found = KEY.fullmatch(key)
        if found is None:
            raise errors.unknown_parameters([key])
        path = [found["first"], *re.findall(r"\[([^\[\]]*)\]", found["rest"])]
        branch = nested
        for part in path[:-1]:
            branch = branch.setdefault(part or str(len(branch)), {})
            if not isinstance(branch, dict):
                raise errors.unreadable(key, value, "object")
        branch[path[-1] or str(len(branch))] = value
    return nested


def read(shape: Shape, given: Any, name: str = "") -> Any:
    """The given value, parsed by its shape. An empty value for a mapping means unset."""
    if callable(shape):
        return shape(given, name)
    if given == "":
        return None if isinstance(shape, dict) else []
    if not isinstance(given, dict):
        raise errors.unreadable(name, given, "object" if isinstance(shape, dict) else "array")
    if isinstance(shape, list):
        if not all(each.isdigit() for each in given):
            raise errors.unreadable(name, "object", "array")
        return [read(shape[0], given[each], _inside(name, each)) for each in sorted(given, key=int)]
    unknown = [_inside(name, each) for each in given if each not in shape]
    if unknown:
        raise errors.unknown_parameters(unknown)
    return {each: read(shape[each], value, _inside(name, each)) for each, value in given.items()}


def _inside(name: str, part: str) -> str:
    return f"{name}[{part}]" if name else part


def text(given: Any, name: str) -> str | None:
    if not isinstance(given, str) or len(given) > MAX_TEXT:
        raise errors.unreadable(name, given, "string")
    return given or None


def whole(given: Any, name: str) -> int:
    if not isinstance(given, str) or not re.fullmatch(r"-?\d{1,18}", given):
        raise errors.unreadable(name, given, "integer")
    return int(given)


def amount(given: Any, name: str) -> int:
    found = whole(given, name)
    if found < 0:
        raise errors.unreadable(name, given, "non-negative integer")
    return found


def flag(given: Any, name: str) -> bool:
    if given not in ("true", "false"):
        raise errors.unreadable(name, given, "boolean")
    return bool(given == "true")


def one_of(*choices: str) -> Callable[[Any, str], str]:
    def chosen(given: Any, name: str) -> str:
        if given not in choices:
            raise errors.UnreadError(400, f"Invalid {name}: must be one of {', '.join(choices)}", param=name)
        return str(given)

    return chosen


def pairs(given: Any, name: str) -> dict[str, str]:
    """Metadata: an empty value removes its key; an empty mapping removes all (as the key `""`)."""
    if given == "":
        return {"": ""}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise errors.unreadable(name, given, "object")
    if len(given) > 50 or any(len(key) > 40 or len(value) > 500 for key, value in given.items()):
        raise errors.UnreadError(400, "Metadata takes 50 keys of 40 characters, with values of 500.", param=name)
    return given


def span(given: Any, name: str) -> tuple[int, int]:
    """A timestamp, or `{gt, gte, lt, lte}`, as first and last second."""
    if isinstance(given, str):
        at = whole(given, name)
        return at, at
    known = {"gt": whole, "gte": whole, "lt": whole, "lte": whole}
    asked: dict[str, int] = read(known, given, name)
    first = max(asked.get("gte", 0), asked.get("gt", -1) + 1)
    return first, min(asked.get("lte", 2**62), asked.get("lt", 2**62) - 1)


def merged(metadata: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """Metadata after an update."""
    kept = {} if "" in given else metadata
    return {key: value for key, value in (kept | given).items() if value}


PAGED: dict[str, Shape] = {"limit": whole, "starting_after": text, "ending_before": text}
DATED: dict[str, Shape] = {**PAGED, "created": span}


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    answer: Callable[..., Thing]  # (account, given), and id if the path has one
    takes: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    def read(self, tree: dict[str, Any]) -> Thing:
        given: Thing = read({**self.takes, "expand": [text]}, tree)
        for name in self.needs:
            if not given.get(name):
                raise errors.required(name)
        return given


type Answer = tuple[int, dict[str, Any]]


@dataclass
class StoredAnswer:
    fingerprint: str
    at: int
    request_id: str
    answer: Answer | None = None


class Answers:
    def __init__(self) -> None:
        self._stored: dict[str, StoredAnswer] = {}

    def claim(self, key: str, path: str, params: dict[str, Any], at: int, request_id: str) -> StoredAnswer | None:
        """The stored answer, or None for the first request, which must `keep` or `release` the key."""
        if len(key) > 255:
            raise errors.UnreadError(400, "Idempotency keys may be at most 255 characters.", type="idempotency_error")
        fingerprint = json.dumps([path, params], sort_keys=True)
        found = self._stored.get(key)
        if found is None or found.at < at - DAY:
            self._stored[key] = StoredAnswer(fingerprint, at, request_id)
            return None
        if found.fingerprint != fingerprint:
            raise errors.UnreadError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
                f" Try using a key other than '{key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        if found.answer is None:
            message = f"There is currently another in-progress request using this Idempotent Key: {key}."
            raise errors.UnreadError(409, message, code="idempotency_key_in_use")
        return found

    def keep(self, key: str, answer: Answer) -> None:
        self._stored[key].answer = answer

    def release(self, key: str) -> None:
        """If no answer was stored, nothing was done: the next request with this key is the first."""
        found = self._stored.get(key)
        if found is not None and found.answer is None:
            del self._stored[key]
