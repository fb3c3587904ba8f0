"""Sortable ids: a prefix that says what it is, and a ULID that says when it was made."""

import secrets
from datetime import datetime

from ulid import ULID


def new_id(prefix: str, at: datetime) -> str:
    """`prj_01J…`: later ids sort after earlier ones."""
    return new_ids(prefix, at, 1)[0]


def new_ids(prefix: str, at: datetime, count: int) -> list[str]:
    """`count` ids that sort in the order of the list, so a batch keeps the order of its files."""
    # 79 random bits of the 80: counting up never runs into the timestamp.
    first = int(at.timestamp() * 1000) << 80 | secrets.randbits(79)
    return [f"{prefix}_{ULID.from_int(first + offset)}" for offset in range(count)]
