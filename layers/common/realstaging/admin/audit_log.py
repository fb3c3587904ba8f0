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
    """Months are walked back from now, thirteen at most. A subject that is rare may give a short page with a cursor."""
    months = [month for month in _months(at) if before is None or month <= before[:7]]
    mark = before if before is not None and before[:7] in months else None
    found: list[AuditEntry] = []
    looks = 0
    # At the end of a month there is no place to go on from: the next one is looked into first.
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


def _months(at: datetime) -> Iterator[str]:
    """The running month and those before it."""
    now = at.astimezone(UTC)
    for number in range(now.year * 12 + now.month - 1, now.year * 12 + now.month - 1 - MONTHS, -1):
        yield f"{number // 12:04}-{number % 12 + 1:02}"
