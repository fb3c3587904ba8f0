"""Sortable ids: a prefix that says what it is, and a ULID that says when it was made."""

import hashlib
import secrets
from datetime import datetime

ULID_PATTERN = "[0-9A-HJKMNP-TV-Z]{26}"
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
LENGTH = 26


def new_id(prefix: str, at: datetime, seed: str | None = None) -> str:
    """`prj_01J…`: later ids sort after earlier ones. The same seed and time give the same id."""
    return new_ids(prefix, at, 1, seed)[0]


def new_ids(prefix: str, at: datetime, count: int, seed: str | None = None) -> list[str]:
    """`count` ids that sort in the order of the list, so a batch keeps the order of its files."""
    # 79 random bits of the 80: counting up never runs into the timestamp.
    chance = secrets.randbits(79) if seed is None else _bits(f"{prefix}\n{seed}")
    first = int(at.timestamp() * 1000) << 80 | chance
    return [f"{prefix}_{_ulid(first + offset)}" for offset in range(count)]


def first_id(prefix: str, at: datetime) -> str:
    """All ids made at that time or later are greater, all earlier ones smaller."""
    return f"{prefix}_{_ulid(max(int(at.timestamp() * 1000), 0) << 80)}"


def _ulid(number: int) -> str:
    """48 bits of time and 80 of chance, most significant digit first."""
    return "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def _bits(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:10]) >> 1
