"""Counts an owner's requests in fixed windows, with one table call each."""

from datetime import datetime
from typing import TYPE_CHECKING

from realstaging.stores import keys
from realstaging.stores.table import Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class RateStore:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)

    def count(self, owner: str, at: datetime, window_seconds: int, *, kind: str = "", by: int = 1) -> int:
        """Add `by` requests of a kind to the current window; returns its total."""
        window = int(at.timestamp()) // window_seconds
        write = self._writes.update(
            keys.rate(owner, window, kind),
            put={"expires_at": (window + 2) * window_seconds},
            add={"requests": by},
        )
        return int(self._writes.update_item(write)["requests"])
