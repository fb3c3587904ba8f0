"""Images in the single table, together with the jobs that wait for their file."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from realstaging.dynamodb.conditions import Key
from realstaging.errors import NotFoundError
from realstaging.models.base import Failure
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import Item, Write, Writes, query_all, row
from realstaging.tracing.recorder import recorder

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

# The same content may be uploaded again in the meantime.
CONTENT_SETTLED = timedelta(hours=1)
# A page must fit into a response (6 MB), whatever its prompts; of an image the newest jobs are shown.
MAX_JOBS_SHOWN = 400
MAX_JOBS_OF_IMAGE = 100
PAGE_BYTES = 3_000_000
JOB_BYTES_WITHOUT_PROMPT = 1_500


class ImageStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes, self._jobs, self._quota = table, Writes(table), JobStore(table), QuotaStore(table)
        self._projects = ProjectStore(table)

    def put_new(self, image: Image) -> Write:
        item = row(image, keys.image(image.owner, image.id), keys.by_project_image(image.project_id, image.id))
        if image.due_at:
            item |= keys.due(image.due_at, image.id)
        return self._writes.put_new(item)

    def find(self, owner: str, image_id: str) -> Image | None:
        item = self._writes.get(keys.image(owner, image_id))
        return Image.model_validate(item) if item else None

    def get(self, owner: str, image_id: str) -> Image:
        """As its owner sees it. Raises NotFoundError, also when its project was deleted."""
        image = self.find(owner, image_id)
        if image is None or self.is_orphan(image):
            raise NotFoundError("image")
        return image

    def get_many(self, owner: str, image_ids: Iterable[str]) -> list[Image]:
        found = self._writes.get_many([keys.image(owner, image_id) for image_id in image_ids])
        return [Image.model_validate(item) for item in found]

    def visible(self, owner: str, image_ids: Iterable[str]) -> list[Image]:
        """The images that exist and whose projects exist: what their owner sees."""
        images = self.get_many(owner, image_ids)
        existing = self._projects.existing(owner, {image.project_id for image in images})
        return [image for image in images if image.project_id in existing]

    def of_project(
        self, project_id: str, *, limit: int, before: str | None
    ) -> tuple[list[tuple[Image, list[Job]]], str | None]:
        """A page of a project's images, newest first, each with its newest jobs, and the next page's `before`.

        In descending order an image's jobs come just before the image itself, so one query
        returns whole groups.
        """
        index = Key("gsi1pk").eq(f"PROJECT#{project_id}")
        query: dict[str, Any] = {
            "IndexName": "gsi1",
            "KeyConditionExpression": index & Key("gsi1sk").lt(f"IMAGE#{before}") if before else index,
            "ScanIndexForward": False,
        }
        groups: list[tuple[Image, list[Job]]] = []
        jobs: list[Job] = []
        shown = size = 0
        for item in query_all(self._table, **query):
            if "#JOB#" in str(item["gsi1sk"]):
                job = Job.model_validate(item)
                jobs = jobs if jobs and jobs[0].image_id == job.image_id else []
                if len(jobs) < MAX_JOBS_OF_IMAGE:
                    jobs.append(job)
                continue
            image = Image.model_validate(item)
            groups.append((image, [job for job in jobs if job.image_id == image.id]))
            jobs = []
            shown += len(groups[-1][1])
            size += sum(JOB_BYTES_WITHOUT_PROMPT + len((job.prompt or "").encode()) for job in groups[-1][1])
            if len(groups) > limit:
                return groups[:limit], groups[limit - 1][0].id
            if shown > MAX_JOBS_SHOWN or size > PAGE_BYTES:
                return groups, image.id
        return groups, None

    def accept(self, image: Image, jobs: Sequence[Job], at: datetime, facts: Item, *, look_again: datetime) -> None:
        """`awaiting_upload` → `ready`, its waiting jobs → `queued`, its content counted, in one transaction."""
        content = self._writes.update(
            keys.content(image.owner, str(facts["sha256"])),
            put={"owner": image.owner, "sha256": facts["sha256"], "updated_at": keys.stamp(at)},
            add={"references": 1},
            when="attribute_not_exists(#going)",
        )
        released = [self._jobs.release_to_queue(job, at, look_again) for job in jobs]
        self._writes.transact_write([self._move(image, ImageStatus.READY, at, facts), content, *released])

    def is_orphan(self, image: Image) -> bool:
        """Whether the image's project was deleted: then it accepts no file, and the purge removes it."""
        return self._projects.find(image.owner, image.project_id) is None

    def release_content(self, owner: str, sha256: str, at: datetime) -> None:
        """Make content due for the purge, after a file was written that no row may refer to."""
        self._writes.update_item(
            self._writes.update(
                keys.content(owner, sha256),
                put={"owner": owner, **keys.purge(at + CONTENT_SETTLED, sha256)},
                add={"references": 0},
            )
        )

    def reject(self, image: Image, status: ImageStatus, jobs: Sequence[Job], at: datetime, why: Failure) -> None:
        """→ `rejected` or `expired`; its waiting jobs fail with the same code and are released, in one transaction."""
        stamp = keys.stamp(at)
        writes = [self._move(image, status, at, {"error": why.model_dump(mode="json")})]
        writes += [self._jobs.close_action(job, JobStatus.FAILED, at, why) for job in jobs]
        writes += self._quota.release_together(jobs, stamp)
        self._writes.transact_write(writes)

    def expect(self, image: Image, at: datetime, *, upload_by: datetime, look_again: datetime) -> Image:
        """Extend the time for the upload, after a new form was issued. Raises LostRaceError."""
        put = {"upload_by": keys.stamp(upload_by), "updated_at": keys.stamp(at), **keys.due(look_again, image.id)}
        write = self._writes.move(
            keys.image(image.owner, image.id), was=ImageStatus.AWAITING_UPLOAD, version=image.version, put=put
        )
        return Image.model_validate(self._writes.update_item(write))

    def require_unchanged(self, image: Image, job_ids: Sequence[str]) -> list[Write]:
        """The condition for adding jobs: the image is unchanged. While it awaits its file, the jobs are listed in it.

        Empty for an image that will never be ready: the sweep closes its jobs.
        """
        key = keys.image(image.owner, image.id)
        if image.status is ImageStatus.AWAITING_UPLOAD:
            waiting = {"waiting_jobs": [*image.waiting_jobs, *job_ids]}
            return [self._writes.move(key, was=image.status, version=image.version, put=waiting)]
        if image.status is ImageStatus.READY:
            return [self._writes.check(key, "#status = :ready", {":ready": ImageStatus.READY})]
        return []

    def look_again(self, image: Image, at: datetime) -> None:
        self._writes.update_item(
            self._writes.update(
                keys.image(image.owner, image.id),
                put=keys.due(at, image.id),
                # The date that was read: of two sweeps that find the row overdue, one moves it.
                when="#status = :status AND #version = :version AND #due_at = :due_at",
                values={
                    ":status": image.status,
                    ":version": image.version,
                    ":due_at": image.due_at and keys.stamp(image.due_at),
                },
            )
        )

    def _move(self, image: Image, to: ImageStatus, at: datetime, put: Item) -> Write:
        return self._writes.move(
            keys.image(image.owner, image.id),
            was=image.status,
            version=image.version,
            put={
                "status": to,
                "updated_at": keys.stamp(at),
                "waiting_jobs": [],
                # Whoever is told of this change by the stream was caused by what writes it.
                "traceparent": recorder.onward(image.traceparent),
                **put,
            },
            drop=keys.NOT_DUE,
        )
