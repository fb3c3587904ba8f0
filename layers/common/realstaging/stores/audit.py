"""The audit log: one entry for every administrator's change, written in the same transaction."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from realstaging.dynamodb.conditions import Attr, Key
from realstaging.ids import new_id
from realstaging.models.admin import AuditEntry
from realstaging.stores import keys
from realstaging.stores.table import Item, Write, Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class AuditStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def entry(self, at: datetime, *, by: str, action: str, subject: str, before: Any, after: Any) -> Write:
        """The action that writes an entry, for the transaction of the change."""
        id = new_id("aud", at)
        return self._writes.put_new(
            {
                **keys.audit(at, id),
                "id": id,
                "at": keys.stamp(at),
                "by": by,
                "action": action,
                "subject": subject,
                # JSON text, so that numbers and nulls stay as they were.
                "before": json.dumps(before),
                "after": json.dumps(after),
            }
        )

    def record(self, at: datetime, *, by: str, action: str, subject: str, before: Any, after: Any) -> None:
        """Write an entry for a change outside the table."""
        self._writes.transact_write([self.entry(at, by=by, action=action, subject=subject, before=before, after=after)])

    def of_month(
        self, month: str, *, limit: int, before: str | None, subject: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        """One page of a month, newest first, and the next page's `before`; None at the end of the month."""
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


def cursor_of(entry: AuditEntry) -> str:
    """The `before` of the page after this entry."""
    return keys.audit(entry.at, entry.id)["sk"]


def _read(item: Item) -> AuditEntry:
    values = {name: json.loads(str(item[name])) for name in ("before", "after")}
    return AuditEntry.model_validate(item | values)
