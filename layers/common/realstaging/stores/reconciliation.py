"""Where the comparison with Stripe goes on, if it did not get through."""

from typing import TYPE_CHECKING

from realstaging.models.reconciliation import Place
from realstaging.stores import keys
from realstaging.stores.table import Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class ReconciliationCursorStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def find(self) -> Place:
        item = self._writes.get(keys.reconciliation())
        return Place.model_validate(item) if item else Place()

    def keep(self, place: Place | None) -> None:
        """None: it got through, and begins anew."""
        if place:
            self._writes.transact_write([self._writes.put(row(place, keys.reconciliation()))])
        else:
            self._table.delete_item(Key=keys.reconciliation())
