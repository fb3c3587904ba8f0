"""Moto's table without botocore and HTTP around it: the same expressions in a tenth of the time.

For tests that run through thousands of writes, one after the other: only single rows, puts and updates.
"""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

from moto.backends import get_backend
from moto.dynamodb.comparisons import get_filter_expression

from realstaging.dynamodb.table import Table
from realstaging.dynamodb.values import attributes, plain

NAME = "table"


class Straight:
    name = NAME

    def __init__(self, table: Any) -> None:
        self.meta = SimpleNamespace(client=self)
        self.exceptions = table.meta.client.exceptions

    @property
    def _moto(self) -> Any:
        return get_backend("dynamodb")["123456789012"]["us-east-1"]

    def get_item(self, *, Key: dict[str, str], ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803
        item = self._moto.get_item(NAME, attributes(Key))
        return {"Item": plain(item.to_json()["Attributes"])} if item else {}

    def transact_write_items(self, *, TransactItems: Iterable[dict[str, Any]]) -> None:  # noqa: N803
        """All conditions first: so nothing has to be undone, for which moto would copy the whole table."""
        actions = [(kind, action) for each in TransactItems for kind, action in each.items()]
        reasons = [self._refusal(action) for _, action in actions]
        if any(reason["Code"] != "None" for reason in reasons):
            answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise self.exceptions.TransactionCanceledException(answer, "TransactWriteItems")
        for kind, action in actions:
            if kind == "Put":
                self._moto.put_item(NAME, action["Item"])
            elif kind == "Update":
                names, values = action.get("ExpressionAttributeNames"), action.get("ExpressionAttributeValues")
                self._moto.update_item(NAME, action["Key"], action["UpdateExpression"], names, values)

    def _refusal(self, action: dict[str, Any]) -> dict[str, Any]:
        names, values = action.get("ExpressionAttributeNames"), action.get("ExpressionAttributeValues")
        condition = get_filter_expression(action.get("ConditionExpression"), names, values)
        key = {name: (action.get("Key") or action["Item"])[name] for name in ("pk", "sk")}
        met = self._moto.get_item(NAME, key)
        if condition.expr(met):
            return {"Code": "None"}
        return {"Code": "ConditionalCheckFailed", "Item": met.to_json()["Attributes"] if met else {}}

    def clear(self) -> None:
        self._moto.tables[NAME].items.clear()


def straight(table: Any) -> tuple[Straight, Table]:
    """The same thing twice: as it is, and as the stores take it."""
    made = Straight(table)
    return made, cast(Table, made)
