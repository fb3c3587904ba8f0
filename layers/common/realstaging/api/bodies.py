"""Checks request bodies before they are parsed: JSON in UTF-8, without duplicate names and NUL."""

import json
from collections.abc import Iterator
from typing import Any

from realstaging.api.problems import raw_body
from realstaging.errors import (
    MalformedRequestError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
from realstaging.validation import MOST, pointer

JSON_TYPES = ("application/json", "application/merge-patch+json")
# The gateway replaces bytes that are not UTF-8 with this character.
REPLACEMENT = "\ufffd"


def check_body(event: dict[str, Any], content_type: str, max_bytes: int) -> None:
    """Raises PayloadTooLargeError, UnsupportedMediaTypeError, MalformedRequestError or ValidationFailedError."""
    if not event.get("body"):
        return
    body = _bytes(event, max_bytes)
    if content_type.split(";", maxsplit=1)[0].strip().lower() not in JSON_TYPES:
        raise UnsupportedMediaTypeError("Send JSON, with Content-Type: application/json.")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise MalformedRequestError("The body is not UTF-8.") from error
    if REPLACEMENT in text:
        raise MalformedRequestError("The body is not UTF-8: it holds U+FFFD, which stands for lost bytes.")
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates)
        nul = list(_find_nul(document)) if "\\u0000" in text else []
    except (ValueError, RecursionError) as error:
        raise MalformedRequestError("The body is not valid JSON.") from error
    if nul:
        raise ValidationFailedError([{"pointer": place, "message": "NUL is not allowed."} for place in nul[:MOST]])


def _bytes(event: dict[str, Any], max_bytes: int) -> bytes:
    too_large = PayloadTooLargeError(f"A request body holds at most {max_bytes} bytes.")
    if len(str(event["body"])) > max_bytes * 4 // 3 + 4:
        raise too_large
    try:
        body = raw_body(event)
    except ValueError as error:
        raise MalformedRequestError("The body cannot be read.") from error
    if len(body) > max_bytes:
        raise too_large
    return body


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedRequestError(f"The body names {twice[:40]!r} twice in one object.")
    return found


def _find_nul(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[str]:
    """JSON pointers to the strings and names that contain NUL."""
    if isinstance(value, str) and "\0" in value:
        yield pointer(place)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _find_nul(each, (*place, index))
    elif isinstance(value, dict):
        for name, each in value.items():
            if "\0" in name:
                yield pointer(place)
            yield from _find_nul(each, (*place, name))
