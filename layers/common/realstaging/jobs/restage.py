"""New jobs for existing images: restage them, or retry what failed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from realstaging.errors import (
    AppError,
    ImageNotReadyError,
    JobNotRetryableError,
    NotFoundError,
    TooManyWaitingError,
    ValidationFailedError,
    VersionConflictError,
)
from realstaging.gateways.queues import StageQueue
from realstaging.idempotency import IdempotentRequest, RequestResult
from realstaging.jobs.builder import RequestContext, RowBuilder, build_orders, merge_settings, read_order
from realstaging.models.base import Problem, view
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Batch, Job, JobStatus, JobView
from realstaging.models.requests import RestageAnswer, RestagedItem, RestageItem, RestageRequest, StageSettings
from realstaging.stores.batches import BatchStore, Group
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import LostRaceError, retry_on_conflict
from realstaging.validation import check_size, explain, refusals, unknown_choices

# An image with this many jobs, each with its ledger line and its parent, fits into one transaction.
MAX_PER_IMAGE = 32
TRIES = 4


@dataclass(frozen=True, slots=True)
class RequestedItem:
    """One item of a request: which image, how, and the job that it retries."""

    index: int
    image_id: str
    orders: list[StageSettings]
    parent: Job | None = None


class Restager:
    def __init__(self, *, images: ImageStore, jobs: JobStore, batches: BatchStore, queue: StageQueue) -> None:
        self._images, self._jobs, self._batches, self._queue = images, jobs, batches, queue

    def restage(self, request: RestageRequest, asked: RequestContext, once: IdempotentRequest) -> RequestResult:
        """Create the jobs of the valid items; the answer says for each item what was created or what is wrong.

        Raises ValidationFailedError for bad defaults, and QuotaExceededError if the jobs do not all fit; then
        nothing was created. A repeat of a request that died half-way creates what is missing and gives the first
        answer.
        """
        if earlier := once.earlier():
            return self._replay(earlier, asked)
        if request.defaults and (bad := unknown_choices(request.defaults, asked.terms.settings, "/defaults")):
            raise ValidationFailedError(bad)
        items: list[RequestedItem] = []
        refused: dict[int, AppError] = {}
        for index, data in enumerate(request.items):
            try:
                items.append(self._check_item(index, data, request.defaults, asked))
            except ValidationFailedError as error:
                refused[index] = error
        return self._create_jobs(items, refused, asked, once)

    def retry(
        self, job: Job, asked: RequestContext, once: IdempotentRequest, *, shape: type[JobView] = JobView
    ) -> RequestResult:
        """A new job in place of one that failed or was canceled. The answer has the shape `shape`.

        Raises JobNotRetryableError, and the error that keeps its image from being staged.
        """
        if job.status not in (JobStatus.FAILED, JobStatus.CANCELED):
            raise JobNotRetryableError(f"The job is {job.status}; only failed and canceled jobs can be tried again.")
        if job.retried_by:
            return _replay_or_refuse(once, f"The job was tried again already, as {job.retried_by}.")
        return self._create_jobs(
            [RequestedItem(0, job.image_id, [read_order(job.ordered())], job)], {}, asked, once, single=shape
        )

    def retry_batch(self, batch_id: str, asked: RequestContext, once: IdempotentRequest) -> RequestResult:
        """A new job for each failed job that was not retried yet.

        Raises NotFoundError, and JobNotRetryableError if there is no such job. A repeat gets the first answer even if
        the batch is gone by now.
        """
        if earlier := once.earlier():
            return self._replay(earlier, asked)
        batch = self._batches.get(asked.owner, batch_id)
        jobs = self._jobs.visible(asked.owner, batch.job_ids)
        failed = [job for job in jobs if job.status is JobStatus.FAILED and not job.retried_by]
        if not failed:
            return _replay_or_refuse(once, "No job of this batch has failed without having been tried again.")
        items = [
            RequestedItem(index, job.image_id, [read_order(job.ordered())], job) for index, job in enumerate(failed)
        ]
        return self._create_jobs(items, {}, asked, once)

    def _check_item(
        self, index: int, data: dict[str, Any], defaults: StageSettings | None, asked: RequestContext
    ) -> RequestedItem:
        under = f"/items/{index}"
        try:
            item = RestageItem.model_validate(data)
        except ValidationError as error:
            raise ValidationFailedError(explain(error, under)) from error
        staging = merge_settings(item.settings, defaults) or StageSettings()
        if bad := refusals(staging, asked.terms.settings, f"{under}/settings"):
            raise ValidationFailedError(bad)
        return RequestedItem(index, item.image_id, build_orders(staging))

    def _create_jobs(
        self,
        items: Sequence[RequestedItem],
        refused: dict[int, AppError],
        asked: RequestContext,
        once: IdempotentRequest,
        *,
        single: type[JobView] | None = None,
    ) -> RequestResult:
        def write(items: Sequence[RequestedItem]) -> RequestResult:
            images, rejected = self._read_images(items, asked.owner)
            rejected |= refused
            if single and rejected:
                raise rejected[0]
            wanted = [item for item in items if item.index not in rejected]
            draft = RowBuilder.of(asked)
            made = _build_jobs(wanted, images, draft, asked)
            answer = _build_answer(draft.batch_id if wanted else None, made, rejected)
            if not wanted:
                return RequestResult.of_items(answer, taken=0, refused=len(rejected))
            check_size(answer, "/items")
            outcome = RequestResult.of_items(answer, taken=len(wanted), refused=len(rejected), queued=True)
            if single:
                outcome = RequestResult.created(view(single, made[0][0]))
            groups = _group_by_image(made, images)
            batch = draft.batch(groups[0][0].project_id, groups)
            try:
                most = asked.terms.allowance.limit
                started = self._batches.extend(batch, groups, limit=most, with_it=once.remember(outcome))
            except LostRaceError:
                if earlier := once.reload().earlier():
                    return earlier
                raise  # an image or a job has changed: read again
            self._send(self._write_rest(started, groups, draft))
            return outcome

        gave_up = VersionConflictError("The images changed while this was prepared. Try again.")
        return retry_on_conflict(
            write, lambda: self._drop_retried(items, asked.owner), items, tries=TRIES, gave_up=gave_up
        )

    def _replay(self, earlier: RequestResult, asked: RequestContext) -> RequestResult:
        """The first answer. If its request died half-way, the jobs that are missing are created now."""
        answer = RestageAnswer.model_validate(earlier.body)
        unfinished = self._batches.unfinished(asked.owner, answer.batch_id or "")
        if unfinished is None:
            return earlier
        draft = RowBuilder(unfinished.id, asked, unfinished.period)
        ordered: dict[str, list[Job]] = {id: [] for id in unfinished.image_ids}
        for job in (job for item in answer.items for job in item.jobs or []):
            again = draft.job(job.id, job.image_id, job.project_id, read_order(job), parent=job.parent_job_id)
            ordered[job.image_id].append(again)
        placed = self._write_rest(unfinished, self._fit_to_images(ordered, draft), draft)
        # Only the new ones: the sweep sends lost messages again, and a claim ignores messages sent twice.
        self._send(placed[unfinished.placed :])
        return earlier

    def _write_rest(self, batch: Batch, groups: list[Group], draft: RowBuilder) -> list[Group]:
        """Write the groups that did not fit into the first transaction; returns all groups as written.

        Images that changed meanwhile are read again.
        """

        def write(current: Batch | None) -> list[Group]:
            nonlocal groups
            if current is None:
                return groups  # a repeat of this request has written them
            if current is not batch:
                left = {image.id: list(jobs) for image, jobs in groups[current.placed :]}
                groups = [*groups[: current.placed], *self._fit_to_images(left, draft)]
            self._batches.extend_rest(current, groups)
            return groups

        gave_up = VersionConflictError("The images changed while this was done. Look into the batch.")
        return retry_on_conflict(
            write, lambda: self._batches.unfinished(batch.owner, batch.id), batch, tries=TRIES, gave_up=gave_up
        )

    def _fit_to_images(self, ordered: dict[str, list[Job]], draft: RowBuilder) -> list[Group]:
        """Groups of images and jobs, in the state that fits the images as they are now."""
        found = {image.id: image for image in self._images.visible(draft.asked.owner, ordered)}
        now = [(found.get(id) or draft.build_expired_image(jobs[0]), jobs) for id, jobs in ordered.items()]
        return [(image, [draft.fit_to_image(job, image) for job in jobs]) for image, jobs in now]

    def _drop_retried(self, items: Sequence[RequestedItem], owner: str) -> Sequence[RequestedItem]:
        """The items whose jobs were not retried by another request. Raises JobNotRetryableError if none is left."""
        followed = [item.parent.id for item in items if item.parent]
        if not followed:
            return items
        free = {job.id for job in self._jobs.get_many(owner, followed) if not job.retried_by}
        left = [item for item in items if item.parent and item.parent.id in free]
        if not left:
            raise JobNotRetryableError("The job was tried again just now.")
        return [replace(item, index=index) for index, item in enumerate(left)]

    def _drop_ended_jobs(self, images: Sequence[Image], owner: str) -> list[Image]:
        """The images without waiting jobs that were canceled or deleted meanwhile: those take no room."""
        listed = [id for image in images if image.status is ImageStatus.AWAITING_UPLOAD for id in image.waiting_jobs]
        waits = {job.id for job in self._jobs.get_many(owner, listed) if job.status is JobStatus.AWAITING_UPLOAD}
        return [
            image.model_copy(update={"waiting_jobs": [id for id in image.waiting_jobs if id in waits]})
            for image in images
        ]

    def _send(self, groups: Sequence[Group]) -> None:
        self._queue.send([job for _, jobs in groups for job in jobs if job.status is JobStatus.QUEUED])

    def _read_images(self, items: Sequence[RequestedItem], owner: str) -> tuple[dict[str, Image], dict[int, AppError]]:
        """The images that can be staged, and the errors of the other items."""
        images = self._images.visible(owner, {item.image_id for item in items})
        found = {image.id: image for image in self._drop_ended_jobs(images, owner)}
        refused: dict[int, AppError] = {}
        room = {image.id: MAX_PER_IMAGE - len(image.waiting_jobs) for image in found.values()}
        for item in items:
            image = found.get(item.image_id)
            if image is None:
                refused[item.index] = NotFoundError("image")
            elif image.status not in (ImageStatus.READY, ImageStatus.AWAITING_UPLOAD):
                refused[item.index] = ImageNotReadyError(
                    f"The image is {image.status}: upload it again as a new image."
                )
            elif room[image.id] < len(item.orders):
                refused[item.index] = TooManyWaitingError(
                    f"At most {MAX_PER_IMAGE} jobs for one image at once. Send the others when these have started."
                )
            else:
                room[image.id] -= len(item.orders)
        return found, refused


def _build_jobs(
    wanted: Sequence[RequestedItem], images: dict[str, Image], draft: RowBuilder, asked: RequestContext
) -> dict[int, list[Job]]:
    ids = iter(asked.ids("job", sum(len(item.orders) for item in wanted)))
    made: dict[int, list[Job]] = {}
    for item in wanted:
        image = images[item.image_id]
        jobs = [
            draft.job(next(ids), image.id, image.project_id, order, parent=item.parent.id if item.parent else None)
            for order in item.orders
        ]
        made[item.index] = [draft.fit_to_image(job, image) for job in jobs]
    return made


def _group_by_image(made: dict[int, list[Job]], images: dict[str, Image]) -> list[Group]:
    """A transaction may change an image only once, even if several items name it."""
    grouped: dict[str, list[Job]] = {}
    for jobs in made.values():
        for job in jobs:
            grouped.setdefault(job.image_id, []).append(job)
    return [(images[image_id], jobs) for image_id, jobs in grouped.items()]


def _build_answer(batch_id: str | None, made: dict[int, list[Job]], refused: dict[int, AppError]) -> RestageAnswer:
    items: list[RestagedItem] = []
    for index in sorted(made.keys() | refused.keys()):
        if error := refused.get(index):
            problem = Problem.of(error, error.members.get("errors"))
            items.append(RestagedItem(index=index, status=int(error.status), error=problem))
        else:
            jobs = [view(JobView, job) for job in made[index]]
            items.append(RestagedItem(index=index, status=202, job=jobs[0], jobs=jobs))
    return RestageAnswer(batch_id=batch_id, items=items, succeeded=len(made), failed=len(refused))


def _replay_or_refuse(once: IdempotentRequest, why_not: str) -> RequestResult:
    """A repeat of the request that retried the job gets its answer; others get JobNotRetryableError."""
    if earlier := once.reload().earlier():
        return earlier
    raise JobNotRetryableError(why_not)
