"""An owner's one open checkout."""

from typing import TYPE_CHECKING

from realstaging.models.checkouts import OpenCheckout
from realstaging.stores import keys
from realstaging.stores.table import Write, Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class CheckoutStore:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)

    def find(self, owner: str) -> OpenCheckout | None:
        item = self._writes.get(keys.checkout(owner))
        return OpenCheckout.model_validate(item) if item else None

    def replace(self, former: OpenCheckout | None, new: OpenCheckout) -> None:
        """Raises LostRaceError if another one has come into the place of `former`."""
        write = self._writes.put(row(new, keys.checkout(new.owner)))
        write["Put"] |= (
            {
                "ConditionExpression": "#id = :former",
                "ExpressionAttributeNames": {"#id": "id"},
                "ExpressionAttributeValues": {":former": former.id},
            }
            if former
            else {"ConditionExpression": "attribute_not_exists(pk)"}
        )
        self._writes.transact_write([write])

    def opened(self, checkout: OpenCheckout, session_id: str, *more: Write) -> None:
        """Its page is there, and `more` with it. Raises LostRaceError: action 0 is the checkout, 1 the account."""
        noted = self._writes.update(
            keys.checkout(checkout.owner),
            put={"session_id": session_id},
            when="#id = :id",
            values={":id": checkout.id},
        )
        account = self._writes.check(keys.user(checkout.owner), "attribute_not_exists(#deleted_at)")
        self._writes.transact_write([noted, account, *more])
