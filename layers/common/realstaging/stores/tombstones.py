"""Tombstones of deleted rows: what the purge still has to remove. Other reads do not find them."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from realstaging.dynamodb.conditions import Attr, Key
from realstaging.models.images import Image
from realstaging.models.jobs import Batch, Job
from realstaging.models.projects import Project
from realstaging.models.runs import UnbookedRun
from realstaging.stores import keys
from realstaging.stores.costs import CostStore
from realstaging.stores.images import CONTENT_SETTLED
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import Item, LostRaceError, Write, Writes, query_all

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

# A function that has read the row may still write files: none runs longer than a minute.
FILES_SETTLED = timedelta(minutes=2)
# Rows a transaction: three actions each, and a few counters.
DELETED_TOGETHER = 30

Kind = Literal["PROJECT", "IMAGE", "JOB"]
UNCHANGED = "#version = :version"


@dataclass(frozen=True, slots=True)
class Tombstone:
    kind: Kind
    owner: str
    id: str
    sha256: str | None = None
    project_id: str | None = None
    due_at: datetime | None = None
    run: UnbookedRun | None = None


class TombstoneStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes, self._quota = table, Writes(table), QuotaStore(table)
        self._costs, self._projects = CostStore(table), ProjectStore(table)

    def delete_project(self, project: Project, at: datetime) -> None:
        """Replace the project with its tombstone, which hides everything in it. Raises LostRaceError."""
        key = keys.project(project.owner, project.id)
        gone = self._writes.delete(key, UNCHANGED, {":version": project.version})
        self._writes.transact_write([gone, self._put_tombstone("PROJECT", project.owner, project.id, at)])

    def delete_images(self, images: Sequence[Image], at: datetime) -> None:
        """Replace up to DELETED_TOGETHER images with their tombstones, all or none.

        Raises LostRaceError.
        """
        writes: list[Write] = []
        for image in images:
            key = keys.image(image.owner, image.id)
            writes.append(self._writes.delete(key, UNCHANGED, {":version": image.version}))
            writes.append(self._put_image_tombstone(image, at))
        self._writes.transact_write(writes)

    def delete_jobs(self, jobs: Sequence[Job], at: datetime, runs: Mapping[str, UnbookedRun] | None = None) -> None:
        """Replace up to DELETED_TOGETHER jobs with their tombstones, all or none; unfinished ones are released.

        `runs`: by job, what is still to be booked. Raises LostRaceError.
        """
        writes: list[Write] = []
        for job in jobs:
            # A run noted since the job was read must be canceled, and it does not change the version.
            unchanged = UNCHANGED if job.prediction_id else f"{UNCHANGED} AND attribute_not_exists(#prediction_id)"
            writes.append(self._writes.delete(keys.job(job.owner, job.id), unchanged, {":version": job.version}))
            run = runs[job.id].model_dump_json() if runs and job.id in runs else None
            writes.append(self._put_tombstone("JOB", job.owner, job.id, at + FILES_SETTLED, run=run))
        unfinished = [job for job in jobs if not job.status.final]
        self._writes.transact_write([*writes, *self._quota.release_together(unfinished, keys.stamp(at))])

    def find(self, owner: str, name: str) -> Tombstone | None:
        """By `<kind>#<id>`, the part of its key after `DELETED#`."""
        kind, _, id = name.partition("#")
        item = self._writes.get(keys.deleted(owner, kind, id))
        if item is None:
            return None
        due_at = datetime.fromisoformat(str(item["due_at"])) if "due_at" in item else None
        run = UnbookedRun.model_validate_json(str(item["run"])) if "run" in item else None
        return Tombstone(cast(Kind, kind), owner, id, item.get("sha256"), item.get("project_id"), due_at, run)

    def book(self, job: Tombstone, run: UnbookedRun, *, billed: bool) -> None:
        """Book the run of a deleted job. Raises LostRaceError if it was booked, or its project deleted."""
        told = self._writes.update(
            keys.deleted(job.owner, job.kind, job.id), drop=("run",), when="attribute_exists(#run)"
        )
        writes = [told]
        if billed and run.cost_usd:
            project = self._projects.find(job.owner, run.project_id)
            writes += self._costs.spent_on_deleted(job.owner, job.id, run, project=project is not None)
            if project:
                writes.append(self._writes.exists(keys.project(job.owner, run.project_id)))
            if run.called_off:
                writes.append(self._quota.called_off(job.owner, run.period))
        self._writes.transact_write(writes)

    def look_again(self, job: Tombstone, at: datetime) -> None:
        """Raises LostRaceError if it is gone."""
        key = keys.deleted(job.owner, job.kind, job.id)
        self._writes.update_item(self._writes.update(key, put=keys.purge(at, job.id), when="attribute_exists(#owner)"))

    def forget(self, tombstone: Tombstone, *also: Write) -> None:
        """Remove a tombstone after its files. Raises LostRaceError if another purge was first."""
        key = keys.deleted(tombstone.owner, tombstone.kind, tombstone.id)
        self._writes.transact_write([self._writes.delete(key, "attribute_exists(#owner)"), *also])

    def forget_project(self, project: Tombstone) -> None:
        """Remove the project's batches, costs and tombstone. Raises LostRaceError."""
        for batch in self._find_batches(project):
            self._forget_batch(batch, project.id)
        self._writes.delete_many(keys.costs(project.owner, project.id))
        self.forget(project)

    def _forget_batch(self, batch: Batch, project_id: str) -> None:
        """Remove a batch with its last project, and release what it reserved but never wrote."""
        key, others = keys.batch(batch.owner, batch.id), [id for id in batch.projects if id != project_id]
        if others:
            known = {":first": batch.project_id, ":all": batch.project_ids}
            left = {"project_id": others[0], "project_ids": others}
            unchanged = "#project_id = :first AND #project_ids = :all"
            self._writes.update_item(self._writes.update(key, put=left, when=unchanged, values=known))
            return
        unchanged, as_read = "#unplaced = :unplaced AND #placed = :placed", {":placed": batch.placed}
        gone = self._writes.delete(key, unchanged, as_read | {":unplaced": batch.unplaced})
        back = [self._quota.give_back(batch.owner, batch.period, batch.unplaced)] if batch.unplaced else []
        self._writes.transact_write([gone, *back])

    def forget_image(self, tombstone: Tombstone, at: datetime) -> None:
        """Likewise, and count one reference to its content less."""
        if tombstone.sha256 is None:
            self.forget(tombstone)
            return
        content = self._writes.update(
            keys.content(tombstone.owner, tombstone.sha256),
            put={"owner": tombstone.owner, **keys.purge(at + CONTENT_SETTLED, tombstone.sha256)},
            add={"references": -1},
        )
        self.forget(tombstone, content)

    def _find_batches(self, project: Tombstone) -> Iterator[Batch]:
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(f"USER#{project.owner}") & Key("sk").begins_with("BATCH#"),
            "FilterExpression": Attr("project_id").eq(project.id) | Attr("project_ids").contains(project.id),
            "ConsistentRead": True,
        }
        return map(Batch.model_validate, query_all(self._table, **query))

    def contents_of(self, project_id: str, limit: int) -> list[tuple[str, str]]:
        """Images and jobs of a project, as (kind, id). The index may lag."""
        answer = self._table.query(
            IndexName="gsi1",
            KeyConditionExpression=Key("gsi1pk").eq(f"PROJECT#{project_id}"),
            ProjectionExpression="sk",
            Limit=limit,
        )
        found = (str(item["sk"]).partition("#") for item in answer["Items"])
        return [(kind, id) for kind, _, id in found]

    def jobs_of_image(self, project_id: str, image_id: str) -> list[str]:
        query: dict[str, Any] = {
            "IndexName": "gsi1",
            "KeyConditionExpression": Key("gsi1pk").eq(f"PROJECT#{project_id}")
            & Key("gsi1sk").begins_with(f"IMAGE#{image_id}#JOB#"),
            "ProjectionExpression": "sk",
        }
        return [str(item["sk"]).removeprefix("JOB#") for item in query_all(self._table, **query)]

    def mark_content_for_deletion(self, owner: str, sha256: str, at: datetime) -> bool:
        """Reserve content without references for deletion; False if it has references."""
        write = self._writes.update(
            keys.content(owner, sha256),
            put={"going": True},
            when="#references <= :none AND #due_at <= :now",
            values={":none": 0, ":now": keys.stamp(at)},
        )
        try:
            self._writes.update_item(write)
        except LostRaceError:
            return False
        return True

    def forget_content(self, owner: str, sha256: str, at: datetime) -> None:
        """Remove the row after its file. A file written since has moved the date, and is purged later."""
        gone = self._writes.delete(keys.content(owner, sha256), "#due_at <= :now", {":now": keys.stamp(at)})
        with contextlib.suppress(LostRaceError):
            self._writes.transact_write([gone])

    def keep_content(self, owner: str, sha256: str) -> None:
        """Remove content that is referenced again from the purge's lane."""
        write = self._writes.update(
            keys.content(owner, sha256), drop=keys.NOT_DUE, when="#references > :none", values={":none": 0}
        )
        try:
            self._writes.update_item(write)
        except LostRaceError:
            return

    def _put_image_tombstone(self, image: Image, at: datetime) -> Write:
        facts = {"sha256": image.sha256, "project_id": image.project_id}
        return self._put_tombstone("IMAGE", image.owner, image.id, at + FILES_SETTLED, **facts)

    def _put_tombstone(self, kind: Kind, owner: str, id: str, at: datetime, **more: str | None) -> Write:
        item: Item = {"owner": owner, **{name: value for name, value in more.items() if value}}
        return self._writes.put({**keys.deleted(owner, kind, id), **keys.purge(at, id), **item})
