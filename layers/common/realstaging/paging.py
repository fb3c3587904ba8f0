"""Cursors: where a list goes on. They hold an id of the caller's own list, so a forged one shows nothing."""

import base64
import binascii
import re

from realstaging.errors import ValidationFailedError

_ID = re.compile(r"^(prj|img|job)_[0-9A-HJKMNP-TV-Z]{26}$")


def cursor(id: str | None) -> str | None:
    return None if id is None else base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")


def position(cursor: str | None, prefix: str) -> str | None:
    """The id a cursor stands for. Raises ValidationFailedError for one we never gave out."""
    if cursor is None:
        return None
    try:
        id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        id = ""
    if not _ID.match(id) or not id.startswith(prefix):
        raise ValidationFailedError([{"pointer": "/cursor", "message": "Use a next_cursor of this list, unchanged."}])
    return id
