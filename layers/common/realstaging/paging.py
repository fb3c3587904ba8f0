"""Cursors: where a list goes on. They hold a place in the caller's own list, so a forged one shows nothing."""

import base64
import binascii
import re

from realstaging.errors import ValidationFailedError

_ULID = "[0-9A-HJKMNP-TV-Z]{26}"
_LEDGER = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}#job_{_ULID}")


def cursor(place: str | None) -> str | None:
    return None if place is None else base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def position(cursor: str | None, prefix: str) -> str | None:
    """The id a cursor stands for. Raises ValidationFailedError for one we never gave out."""
    return _place(cursor, re.compile(f"{prefix}_{_ULID}"))


def ledger_position(cursor: str | None) -> str | None:
    """Likewise the period and job of a ledger entry."""
    return _place(cursor, _LEDGER)


def _place(cursor: str | None, shape: re.Pattern[str]) -> str | None:
    if cursor is None:
        return None
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        place = ""
    if not shape.fullmatch(place):
        raise ValidationFailedError([{"pointer": "/cursor", "message": "Use a next_cursor of this list, unchanged."}])
    return place
