"""Usage counters and the ledger: each reservation ends captured or released, once.

The functions return actions for another store's transaction: quota never changes alone.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from realstaging.dynamodb.conditions import Key
from realstaging.models.accounts import LedgerEntry, Usage
from realstaging.models.jobs import Job
from realstaging.stores import keys
from realstaging.stores.table import Item, Write, Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class QuotaStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def usage(self, owner: str, period: str) -> Usage:
        item = self._writes.get(keys.usage(owner, period))
        return Usage.model_validate(item) if item else Usage()

    def ledger(self, owner: str, *, limit: int, before: str | None) -> tuple[list[LedgerEntry], str | None]:
        """A page of reservations, newest first, and the next page's `before`: `<period>#<job id>`."""
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(f"USER#{owner}") & Key("sk").begins_with("LEDGER#"),
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if before:
            query["ExclusiveStartKey"] = keys.ledger(owner, *before.split("#", 1))
        items = self._table.query(**query)["Items"]
        entries = [LedgerEntry.model_validate(item) for item in items[:limit]]
        last = entries[-1] if len(items) > limit else None
        return entries, f"{last.period}#{last.job_id}" if last else None

    def reserve(self, owner: str, period: str, count: int, limit: int) -> Write:
        """Reserve `count` images of the period, if the limit allows; creates the row on first use.

        Refused when as many runs as the period includes were called off: free for their owner, billed to us.
        """
        return self._writes.update(
            keys.usage(owner, period),
            put={"owner": owner, "period": period},
            add={"used": count, "version": 1},
            when="(attribute_not_exists(#used) OR #used <= :room)"
            " AND (attribute_not_exists(#canceled_runs) OR #canceled_runs < :limit)",
            values={":room": limit - count, ":limit": limit},
        )

    def called_off(self, owner: str, period: str, count: int = 1) -> Write:
        """Runs that are billed though their owner canceled or deleted them."""
        return self._writes.update(keys.usage(owner, period), add={"canceled_runs": count})

    def give_back(self, owner: str, period: str, count: int) -> Write:
        """Release the reservation of jobs that were never written."""
        return self._writes.update(
            keys.usage(owner, period),
            add={"used": -count, "version": 1},
            when="#used >= :count",
            values={":count": count},
        )

    def entry(self, job: Job) -> Write:
        """The ledger line of one job's reservation."""
        return self._writes.put_new(
            Item(
                keys.ledger(job.owner, job.period, job.id),
                owner=job.owner,
                period=job.period,
                job_id=job.id,
                state="reserved",
                created_at=keys.stamp(job.created_at),
                updated_at=keys.stamp(job.created_at),
            )
        )

    def capture(self, job: Job, at: str) -> list[Write]:
        """What was reserved stays used: only reservations and releases meet on the period's one row."""
        shard = self._writes.update(
            keys.captured(job.owner, job.period, job.id), put={"owner": job.owner}, add={"captured": 1}
        )
        return [self._close_line(job, "captured", at), shard]

    def release(self, job: Job, at: str, *, called_off: bool = False) -> list[Write]:
        more = {"canceled_runs": 1} if called_off else {}
        return [self._close_line(job, "released", at), self._release_counters(job.owner, job.period, 1, more)]

    def release_together(self, jobs: Sequence[Job], at: str) -> list[Write]:
        """Release the ledger lines of several jobs; each period's counters change once."""
        lines = [self._close_line(job, "released", at) for job in jobs]
        periods = Counter((job.owner, job.period) for job in jobs)
        return [*lines, *(self._release_counters(owner, period, count) for (owner, period), count in periods.items())]

    def _release_counters(self, owner: str, period: str, count: int, more: Item | None = None) -> Write:
        counted = {"used": -count, "version": 1, **(more or {})}
        return self._writes.update(keys.usage(owner, period), add=counted)

    def _close_line(self, job: Job, state: str, at: str) -> Write:
        # From "reserved" only: a captured or released line never changes again.
        return self._writes.update(
            keys.ledger(job.owner, job.period, job.id),
            put={"state": state, "updated_at": at},
            when="#state = :open",
            values={":open": "reserved"},
        )
