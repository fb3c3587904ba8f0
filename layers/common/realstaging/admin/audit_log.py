"""The audit log as it is read: newest first, across its months."""

from collections.abc import Iterator
from datetime import UTC, datetime

from realstaging.models.admin import AuditEntry, AuditPage
from realstaging.pagination import cursor
from realstaging.stores.audit import AuditStore, cursor_of

MONTHS = 13
LOOKS = 10
LOOKED_AT = 200


def page(audit: AuditStore, at: datetime, *, limit: int, before: str | None, subject: str | None) -> AuditPage:
    """Reads back from this month, MONTHS at most. For a rare subject, a page may be short and still have a cursor."""
    months = [month for month in _list_months(at) if before is None or month <= before[:7]]
    mark = before if before is not None and before[:7] in months else None
    found: list[AuditEntry] = []
    looks = 0
    # A month that was read to its end has no cursor: read on in the month before.
    while months and len(found) <= limit and (looks < LOOKS or mark is None):
        entries, mark = audit.of_month(
            months[0], limit=limit + 1 if subject is None else LOOKED_AT, before=mark, subject=subject
        )
        found += entries
        looks += 1
        if mark is None:
            months.pop(0)
    more = cursor_of(found[limit - 1]) if len(found) > limit else mark
    return AuditPage(items=found[:limit], next_cursor=cursor(more))


def _list_months(at: datetime) -> Iterator[str]:
    """This month and those before it."""
    now = at.astimezone(UTC)
    for number in range(now.year * 12 + now.month - 1, now.year * 12 + now.month - 1 - MONTHS, -1):
        yield f"{number // 12:04}-{number % 12 + 1:02}"
