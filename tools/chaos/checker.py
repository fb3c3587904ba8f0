"""What a scenario left behind: table, bucket and provider held against each other."""

import re
from collections import Counter
from dataclasses import dataclass, field

import httpx

from local import aws
from tools.chaos.owner import FINAL, Json, Owner

UNUSABLE = ("output_unusable", "structure_changed")


@dataclass
class Findings:
    """Empty lists are what we want; `states` is for people."""

    states: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    paid_twice: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)
    books: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.paid_twice or self.orphaned or self.books)

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        trouble = [
            f"{name}: {', '.join(found[:5])}"
            for name, found in (
                ("LOST", self.lost),
                ("PAID TWICE", self.paid_twice),
                ("ORPHANED", self.orphaned),
                ("BOOKS", self.books),
            )
            if found
        ]
        return "; ".join([states or "nothing left", *trouble])


def check(owner: Owner, planned: int) -> Findings:
    """`planned`: how many jobs were promised; a ledger line must tell of each, whatever was deleted since."""
    found = Findings()
    jobs = {row["id"]: row for row in owner.rows("JOB#")}
    images = {row["id"]: row for row in owner.rows("IMAGE#")}
    ledger = {row["job_id"]: row["state"] for row in owner.rows("LEDGER#")}
    found.states = Counter(row["status"] for row in jobs.values())
    found.lost += [id for id, row in jobs.items() if row["status"] not in FINAL]
    found.lost += [id for id, row in images.items() if row["status"] == "awaiting_upload"]
    if len(ledger) != planned:
        found.lost.append(f"{planned} jobs were promised, the ledger tells of {len(ledger)}")
    _check_runs(found, owner, jobs)
    _check_files(found, owner, jobs, images)
    _check_books(found, owner, jobs, ledger)
    return found


def _check_runs(found: Findings, owner: Owner, jobs: dict[str, Json]) -> None:
    log = httpx.get(f"{owner.cloud.replicate}/_log", trust_env=False).json()
    for id, job in jobs.items():
        results = [
            each
            for each in log["creations"]
            if each["charged"] and each["status"] == "succeeded" and id in f"{each['webhook']} {each['input']}"
        ]
        unusable = sum(run.get("outcome") in UNUSABLE for run in job.get("runs", []))
        if len(results) > 1 + unusable:
            found.paid_twice.append(f"{id} ({len(results)} results, {unusable} unusable)")


def _check_files(found: Findings, owner: Owner, jobs: dict[str, Json], images: dict[str, Json]) -> None:
    storage = aws.client("s3", owner.cloud.aws_endpoint)
    pages = storage.get_paginator("list_objects_v2").paginate(Bucket=owner.cloud.bucket)
    keys = {item["Key"] for page in pages for item in page.get("Contents", []) if f"/{owner.name}/" in item["Key"]}
    wanted = {row["result_key"] for row in jobs.values() if row["status"] == "ready"}
    found.lost += [f"no file {key}" for key in wanted - keys]
    known = jobs.keys() | images.keys()
    hashes = {row.get("sha256") for row in images.values()}
    for key in keys:
        if not any(id in key for id in known) and not any(str(each) in key for each in hashes if each):
            found.orphaned.append(key)
    for job in jobs.values():
        kept = {run["attempt"] for run in job.get("runs", []) if run["outcome"] in ("delivered", "structure_changed")}
        files = [key for key in keys if key.startswith("staged/") and job["id"] in key]
        found.orphaned += [key for key in files if int(re.split(r"[-.]", key.rsplit("/", 1)[1])[0]) not in kept]


def _check_books(found: Findings, owner: Owner, jobs: dict[str, Json], ledger: dict[str, str]) -> None:
    tally = Counter(ledger.values())
    used = sum(int(row["used"]) for row in owner.rows("USAGE#"))
    captured = sum(int(row["captured"]) for row in owner.rows("CAPTURED#"))
    if (used, captured) != (tally["captured"], tally["captured"]):
        found.books.append(f"counters used {used}, captured {captured}; ledger {dict(tally)}")
    for id, job in jobs.items():
        wanted = "captured" if job["status"] == "ready" and job.get("charged") else "released"
        if ledger.get(id) != wanted:
            found.books.append(f"{id} is {job['status']}, its ledger line {ledger.get(id)}")
