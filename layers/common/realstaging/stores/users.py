"""Users: a row on first use, race-free."""

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING

from realstaging import keys
from realstaging.stores.table import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class UserStore:
    def __init__(self, table: "Table") -> None:
        self._table = table
        self._known: set[str] = set()

    def ensure(self, owner: str, role: str, at: datetime) -> None:
        """Make the user's row unless it is there; this process asks the table once per owner."""
        if owner in self._known:
            return
        created = keys.stamp(at)
        row: Item = {"owner": owner, "role": role, "plan": "free", "created_at": created, "version": 1}
        # The condition fails on every request but the very first: that is the usual case.
        with contextlib.suppress(self._table.meta.client.exceptions.ConditionalCheckFailedException):
            self._table.put_item(
                Item={**keys.user(owner), **keys.by_user(owner, created), **row},
                ConditionExpression="attribute_not_exists(pk)",
            )
        if len(self._known) > 10_000:
            self._known.clear()
        self._known.add(owner)
