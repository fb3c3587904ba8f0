"""The cost of runs by project and by owner, counted in the transaction that ends the run.

In shards by job: runs of one owner end at the same time, and transactions on one row conflict.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from realstaging.models.jobs import Job
from realstaging.models.projects import CostView
from realstaging.models.runs import Run, UnbookedRun
from realstaging.stores import keys
from realstaging.stores.table import Item, Write, Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

MICRO = 1_000_000
SMALLEST = Decimal("0.000001")


class CostStore:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)

    def of_project(self, owner: str, project_id: str) -> CostView:
        return _build_view(self._writes.get_many(keys.costs(owner, project_id)))

    def of(self, owner: str) -> CostView:
        return _build_view(self._writes.get_many(keys.total_costs(owner)))

    def booked(self, job: Job, run: Run) -> Item:
        """The job's attributes `runs` and `cost_usd` after this run; it replaces a line of the same attempt."""
        others = [each for each in job.runs if each.attempt != run.attempt]
        lines = sorted([*others, run], key=lambda each: each.attempt)
        runs = [each.model_dump(mode="json", exclude_none=True) for each in lines]
        if not run.cost_usd:
            return {"runs": runs}
        return {"runs": runs, "cost_usd": str((job.cost_usd or Decimal(0)) + run.cost_usd)}

    def cost_writes(self, job: Job, run: Run) -> list[Write]:
        """The actions that add this run to the totals; none for a free run. A job counts at its first billed run."""
        if not run.cost_usd:
            return []
        rows = keys.cost(job.owner, job.project_id, job.id), keys.total_cost(job.owner, job.id)
        return [self._add_cost(job.owner, key, run.cost_usd, first=not job.cost_usd) for key in rows]

    def spent_on_deleted(self, owner: str, job_id: str, run: UnbookedRun, *, project: bool) -> list[Write]:
        """The actions that count a run whose job was deleted; `project`: whether its project is still there."""
        rows = [keys.total_cost(owner, job_id), *([keys.cost(owner, run.project_id, job_id)] if project else [])]
        return [self._add_cost(owner, key, run.cost_usd, first=run.first) for key in rows]

    def _add_cost(self, owner: str, key: keys.Key, cost_usd: Decimal, *, first: bool) -> Write:
        more = {"micro_usd": int(cost_usd * MICRO), "jobs": 1 if first else 0}
        return self._writes.update(key, put={"owner": owner}, add=more)


def _build_view(shards: Sequence[Item]) -> CostView:
    total = Decimal(sum(int(each["micro_usd"]) for each in shards)) / MICRO
    jobs = sum(int(each["jobs"]) for each in shards)
    return CostView(
        total_cost_usd=total.quantize(SMALLEST),
        job_count=jobs,
        average_cost_usd=(total / jobs if jobs else Decimal(0)).quantize(SMALLEST),
    )
