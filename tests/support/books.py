"""What the table says of quota and costs, and whether counters, ledger and jobs agree."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from realstaging.models.jobs import Job, JobStatus


@dataclass(frozen=True)
class Counters:
    """Of one owner and period. `captured` with what a closed account left; the rest of `used` is reserved."""

    used: int
    captured: int

    @property
    def reserved(self) -> int:
        return self.used - self.captured


def counters(rows: list[dict[str, Any]], period: str) -> Counters:
    """From one owner's rows."""
    usage: dict[str, Any] = next((row for row in rows if row["sk"] == f"USAGE#{period}"), {})
    captured = sum(int(row["captured"]) for row in rows if row["sk"].startswith(f"CAPTURED#{period}#"))
    return Counters(int(usage.get("used", 0)), captured + int(usage.get("captured", 0)))


def check_books(rows: list[dict[str, Any]]) -> None:
    """Every owner's counters, ledger and jobs tell the same story; of deleted jobs the ledger alone tells."""
    for pk in {row["pk"] for row in rows}:
        _check_costs(rows, pk)
    for usage in [row for row in rows if row["sk"].startswith("USAGE#")]:
        mine = [row for row in rows if row["pk"] == usage["pk"] and row.get("period") == usage["period"]]
        jobs = [Job.model_validate(row) for row in mine if row["sk"].startswith("JOB#")]
        unplaced = sum(int(row.get("unplaced", 0)) for row in mine if row["sk"].startswith("BATCH#"))
        lines = {row["job_id"]: row["state"] for row in mine if row["sk"].startswith("LEDGER#")}
        tally = Counter(lines.values())
        if any(row["pk"] == usage["pk"] and row["sk"] == "PROFILE" and "deleted_at" in row for row in rows):
            continue  # a closed account is being taken apart: its counters go last
        counted = counters([row for row in rows if row["pk"] == usage["pk"]], usage["period"])
        assert counted.captured == tally["captured"] + int(usage.get("carried", 0))
        assert counted.reserved == tally["reserved"] + unplaced
        assert {job.id: _line(job) for job in jobs}.items() <= lines.items()
        assert "reserved" not in [lines[id] for id in lines.keys() - {job.id for job in jobs}]


def _check_costs(rows: list[dict[str, Any]], pk: str) -> None:
    """What an owner cost is in their total, and in those of their projects; deleted jobs and projects too."""
    jobs = [Job.model_validate(row) for row in rows if row["pk"] == pk and row["sk"].startswith("JOB#")]
    costs = Counter[str]()
    for row in rows:
        if row["pk"] == pk and row["sk"].startswith("COST"):
            of = row["sk"].removeprefix("COST").strip("#").split("#")[0] or "ALL"
            costs[of] += int(row["micro_usd"])
    for job in jobs:
        assert (job.cost_usd or 0) == sum(run.cost_usd for run in job.runs)
        assert len({run.attempt for run in job.runs}) == len(job.runs) <= job.start_number
    assert costs["ALL"] >= sum(int((job.cost_usd or 0) * 1_000_000) for job in jobs)
    assert costs["ALL"] >= sum(micro for name, micro in costs.items() if name != "ALL")


def _line(job: Job) -> str:
    if not job.status.final:
        return "reserved"
    kept = job.check is None or job.check.verdict != "fail"
    assert job.charged == (job.status is JobStatus.READY and kept)
    return "captured" if job.charged else "released"
