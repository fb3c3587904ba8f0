"""Cursors: where a list goes on. They hold a place in the caller's own list, so a forged one shows nothing."""

import base64
import binascii
import re

from realstaging.errors import ValidationFailedError
from realstaging.ids import ULID_PATTERN

_LEDGER = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}(T\d{{2}}:\d{{2}}:\d{{2}}Z)?#job_{ULID_PATTERN}", re.ASCII)
_USER = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z#[A-Za-z0-9._!-]{1,120}")
_AUDIT = re.compile(rf"\d{{4}}-(0[1-9]|1[0-2])-\d{{2}}T\d{{2}}:\d{{2}}:\d{{2}}\.\d{{6}}Z#aud_{ULID_PATTERN}", re.ASCII)
_INVOICE = re.compile(r"in_[A-Za-z0-9]{8,64}", re.ASCII)
_VERSION = re.compile(r"[1-9]\d{0,7}", re.ASCII)


def cursor(place: str | None) -> str | None:
    return None if place is None else base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def position(cursor: str | None, prefix: str) -> str | None:
    """The id a cursor stands for. Raises ValidationFailedError for one we never gave out."""
    return _place(cursor, re.compile(f"{prefix}_{ULID_PATTERN}"))


def ledger_position(cursor: str | None) -> str | None:
    """Likewise the period and job of a ledger entry."""
    return _place(cursor, _LEDGER)


def invoice_position(cursor: str | None) -> str | None:
    """Likewise an invoice of Stripe's."""
    return _place(cursor, _INVOICE)


def user_position(cursor: str | None) -> str | None:
    """Likewise a user: when they came, and their owner id."""
    return _place(cursor, _USER)


def audit_position(cursor: str | None) -> str | None:
    """Likewise when something was done, and the id of its entry."""
    return _place(cursor, _AUDIT)


def version_cursor(version: int | None) -> str | None:
    return cursor(None if version is None else str(version))


def version_position(cursor: str | None) -> int | None:
    """Likewise a version of a setting or model."""
    place = _place(cursor, _VERSION)
    return None if place is None else int(place)


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
