"""What administrators did: a row for every change, written in the change's own transaction."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from realstaging.ids import new_id
from realstaging.models.admin import AuditEntry
from realstaging.stores import keys
from realstaging.stores.table import Item, Write, Writes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class AuditStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def entry(self, at: datetime, *, by: str, action: str, subject: str, before: Any, after: Any) -> Write:
        """The record, as an action for the transaction that makes the change."""
        id = new_id("aud", at)
        return self._writes.put_new(
            {
                **keys.audit(at, id),
                "id": id,
                "at": keys.stamp(at),
                "by": by,
                "action": action,
                "subject": subject,
                # Text: whatever was set comes back as it was, its numbers and nulls too.
                "before": json.dumps(before),
                "after": json.dumps(after),
            }
        )

    def record(self, at: datetime, *, by: str, action: str, subject: str, before: Any, after: Any) -> None:
        """For what is done outside the table."""
        self._writes.transact_write([self.entry(at, by=by, action=action, subject=subject, before=before, after=after)])

    def of_month(
        self, month: str, *, limit: int, before: str | None, subject: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        """One look at a month, newest first, and from where to look on in it; None at its end."""
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(keys.audit_month(month)),
            "ScanIndexForward": False,
            "Limit": limit,
            "ConsistentRead": True,
        }
        if subject is not None:
            query["FilterExpression"] = Attr("subject").eq(subject)
        if before is not None:
            query["ExclusiveStartKey"] = {"pk": keys.audit_month(month), "sk": before}
        answer = self._table.query(**query)
        last: Any = answer.get("LastEvaluatedKey")
        return [_read(dict(item)) for item in answer["Items"]], str(last["sk"]) if last else None


def place(entry: AuditEntry) -> str:
    """Where a list goes on after this entry."""
    return keys.audit(entry.at, entry.id)["sk"]


def _read(item: Item) -> AuditEntry:
    said = {name: json.loads(str(item[name])) for name in ("before", "after")}
    return AuditEntry.model_validate(item | said)
