"""New jobs for images that are there: stage again, in other styles, or what failed."""

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
from realstaging.jobs.builder import RequestContext, RowBuilder, as_ordered, merged, orders
from realstaging.models.base import Problem, view
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Batch, Job, JobStatus, JobView
from realstaging.models.requests import RestageAnswer, RestagedItem, RestageItem, RestageRequest, StageSettings
from realstaging.stores.batches import BatchStore, Group
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import LostRaceError, retry_on_conflict
from realstaging.validation import check_size, complaints, refusals, unknown_choices

# An image with this many jobs, each with its ledger line and the job it follows, is one transaction.
MAX_PER_IMAGE = 32
TRIES = 4


@dataclass(frozen=True, slots=True)
class RequestedItem:
    """One item that may be staged: which image, how, and which job it follows."""

    index: int
    image_id: str
    orders: list[StageSettings]
    parent: Job | None = None


class Restager:
    def __init__(self, *, images: ImageStore, jobs: JobStore, batches: BatchStore, queue: StageQueue) -> None:
        self._images, self._jobs, self._batches, self._queue = images, jobs, batches, queue

    def restage(self, request: RestageRequest, asked: RequestContext, once: IdempotentRequest) -> RequestResult:
        """Create the jobs that the valid items ask for, and say item by item what became of each.

        Raises ValidationFailedError for bad defaults and QuotaExceededError when the jobs do not
        all fit; then nothing was created. A repeat of a request that died half-way places what is
        missing and gives the first answer.
        """
        if earlier := once.earlier():
            return self._again(earlier, asked)
        if request.defaults and (bad := unknown_choices(request.defaults, asked.terms.settings, "/defaults")):
            raise ValidationFailedError(bad)
        wishes: list[RequestedItem] = []
        refused: dict[int, AppError] = {}
        for index, data in enumerate(request.items):
            try:
                wishes.append(self._wish(index, data, request.defaults, asked))
            except ValidationFailedError as error:
                refused[index] = error
        return self._place(wishes, refused, asked, once)

    def retry(
        self, job: Job, asked: RequestContext, once: IdempotentRequest, *, shape: type[JobView] = JobView
    ) -> RequestResult:
        """A new job in place of one that failed or was canceled, answered in this shape.

        Raises JobNotRetryableError, and whatever keeps its image from being staged.
        """
        if job.status not in (JobStatus.FAILED, JobStatus.CANCELED):
            raise JobNotRetryableError(f"The job is {job.status}; only failed and canceled jobs can be tried again.")
        if job.retried_by:
            return _answered_by_now(once, f"The job was tried again already, as {job.retried_by}.")
        return self._place(
            [RequestedItem(0, job.image_id, [as_ordered(job.ordered())], job)], {}, asked, once, single=shape
        )

    def retry_batch(self, batch_id: str, asked: RequestContext, once: IdempotentRequest) -> RequestResult:
        """A new job for each that failed and was not tried again yet.

        Raises NotFoundError, and JobNotRetryableError if there is no such job. A repeat is answered though the batch
        may be gone by now.
        """
        if earlier := once.earlier():
            return self._again(earlier, asked)
        batch = self._batches.get(asked.owner, batch_id)
        jobs = self._jobs.visible(asked.owner, batch.job_ids)
        failed = [job for job in jobs if job.status is JobStatus.FAILED and not job.retried_by]
        if not failed:
            return _answered_by_now(once, "No job of this batch has failed without having been tried again.")
        wishes = [
            RequestedItem(index, job.image_id, [as_ordered(job.ordered())], job) for index, job in enumerate(failed)
        ]
        return self._place(wishes, {}, asked, once)

    def _wish(
        self, index: int, data: dict[str, Any], defaults: StageSettings | None, asked: RequestContext
    ) -> RequestedItem:
        under = f"/items/{index}"
        try:
            item = RestageItem.model_validate(data)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            raise ValidationFailedError(complaints(found, under)) from error
        staging = merged(item.settings, defaults) or StageSettings()
        if bad := refusals(staging, asked.terms.settings, f"{under}/settings"):
            raise ValidationFailedError(bad)
        return RequestedItem(index, item.image_id, orders(staging))

    def _place(
        self,
        wishes: Sequence[RequestedItem],
        refused: dict[int, AppError],
        asked: RequestContext,
        once: IdempotentRequest,
        *,
        single: type[JobView] | None = None,
    ) -> RequestResult:
        def place(wishes: Sequence[RequestedItem]) -> RequestResult:
            images, turned_down = self._read(wishes, asked.owner)
            turned_down |= refused
            if single and turned_down:
                raise turned_down[0]
            wanted = [wish for wish in wishes if wish.index not in turned_down]
            draft = RowBuilder.of(asked)
            made = _drafted(wanted, images, draft, asked)
            answer = _answer(draft.batch_id if wanted else None, made, turned_down)
            if not wanted:
                return RequestResult.of_items(answer, taken=0, refused=len(turned_down))
            check_size(answer, "/items")
            outcome = RequestResult.of_items(answer, taken=len(wanted), refused=len(turned_down), queued=True)
            if single:
                outcome = RequestResult.created(view(single, made[0][0]))
            groups = _by_image(made, images)
            batch = draft.batch(groups[0][0].project_id, groups)
            try:
                most = asked.terms.allowance.limit
                started = self._batches.extend(batch, groups, limit=most, with_it=once.remember(outcome))
            except LostRaceError:
                if earlier := once.reload().earlier():
                    return earlier
                raise  # an image or a job has moved on: read again
            self._send(self._place_rest(started, groups, draft))
            return outcome

        gave_up = VersionConflictError("The images changed while this was prepared. Try again.")
        return retry_on_conflict(
            place, lambda: self._not_followed(wishes, asked.owner), wishes, tries=TRIES, gave_up=gave_up
        )

    def _again(self, earlier: RequestResult, asked: RequestContext) -> RequestResult:
        """The first answer; what its request did not come to, if it died, is placed now."""
        answer = RestageAnswer.model_validate(earlier.body)
        unfinished = self._batches.unfinished(asked.owner, answer.batch_id or "")
        if unfinished is None:
            return earlier
        draft = RowBuilder(unfinished.id, asked, unfinished.period)
        ordered: dict[str, list[Job]] = {id: [] for id in unfinished.image_ids}
        for job in (job for item in answer.items for job in item.jobs or []):
            again = draft.job(job.id, job.image_id, job.project_id, as_ordered(job), parent=job.parent_job_id)
            ordered[job.image_id].append(again)
        placed = self._place_rest(unfinished, self._fitting(ordered, draft), draft)
        # What was there before, and what may be sent twice, the sweep and the claim see to.
        self._send(placed[unfinished.placed :])
        return earlier

    def _place_rest(self, batch: Batch, groups: list[Group], draft: RowBuilder) -> list[Group]:
        """What one transaction does not hold; as it was placed. Images that move on meanwhile are read again."""

        def place(current: Batch | None) -> list[Group]:
            nonlocal groups
            if current is None:
                return groups  # a repeat of this request has done it
            if current is not batch:
                left = {image.id: list(jobs) for image, jobs in groups[current.placed :]}
                groups = [*groups[: current.placed], *self._fitting(left, draft)]
            self._batches.extend_rest(current, groups)
            return groups

        gave_up = VersionConflictError("The images changed while this was done. Look into the batch.")
        return retry_on_conflict(
            place, lambda: self._batches.unfinished(batch.owner, batch.id), batch, tries=TRIES, gave_up=gave_up
        )

    def _fitting(self, ordered: dict[str, list[Job]], draft: RowBuilder) -> list[Group]:
        """Jobs by image, as their images now want them."""
        found = {image.id: image for image in self._images.visible(draft.asked.owner, ordered)}
        now = [(found.get(id) or draft.gone(jobs[0]), jobs) for id, jobs in ordered.items()]
        return [(image, [draft.fit_to_image(job, image) for job in jobs]) for image, jobs in now]

    def _not_followed(self, wishes: Sequence[RequestedItem], owner: str) -> Sequence[RequestedItem]:
        """Without the jobs that somebody else tried again just now. Raises JobNotRetryableError if none is left."""
        followed = [wish.parent.id for wish in wishes if wish.parent]
        if not followed:
            return wishes
        free = {job.id for job in self._jobs.get_many(owner, followed) if not job.retried_by}
        left = [wish for wish in wishes if wish.parent and wish.parent.id in free]
        if not left:
            raise JobNotRetryableError("The job was tried again just now.")
        return [replace(wish, index=index) for index, wish in enumerate(left)]

    def _without_ended_jobs(self, images: Sequence[Image], owner: str) -> list[Image]:
        """Images as they are, but for waiting jobs that were canceled or deleted meanwhile: they take no place."""
        listed = [id for image in images if image.status is ImageStatus.AWAITING_UPLOAD for id in image.waiting_jobs]
        waits = {job.id for job in self._jobs.get_many(owner, listed) if job.status is JobStatus.AWAITING_UPLOAD}
        return [
            image.model_copy(update={"waiting_jobs": [id for id in image.waiting_jobs if id in waits]})
            for image in images
        ]

    def _send(self, groups: Sequence[Group]) -> None:
        self._queue.send([job for _, jobs in groups for job in jobs if job.status is JobStatus.QUEUED])

    def _read(self, wishes: Sequence[RequestedItem], owner: str) -> tuple[dict[str, Image], dict[int, AppError]]:
        """The images that can be staged, and what speaks against the other wishes."""
        images = self._images.visible(owner, {wish.image_id for wish in wishes})
        found = {image.id: image for image in self._without_ended_jobs(images, owner)}
        refused: dict[int, AppError] = {}
        room = {image.id: MAX_PER_IMAGE - len(image.waiting_jobs) for image in found.values()}
        for wish in wishes:
            image = found.get(wish.image_id)
            if image is None:
                refused[wish.index] = NotFoundError("image")
            elif image.status not in (ImageStatus.READY, ImageStatus.AWAITING_UPLOAD):
                refused[wish.index] = ImageNotReadyError(
                    f"The image is {image.status}: upload it again as a new image."
                )
            elif room[image.id] < len(wish.orders):
                refused[wish.index] = TooManyWaitingError(
                    f"At most {MAX_PER_IMAGE} jobs for one image at once. Send the others when these have started."
                )
            else:
                room[image.id] -= len(wish.orders)
        return found, refused


def _drafted(
    wanted: Sequence[RequestedItem], images: dict[str, Image], draft: RowBuilder, asked: RequestContext
) -> dict[int, list[Job]]:
    ids = iter(asked.ids("job", sum(len(wish.orders) for wish in wanted)))
    made: dict[int, list[Job]] = {}
    for wish in wanted:
        image = images[wish.image_id]
        jobs = [
            draft.job(next(ids), image.id, image.project_id, order, parent=wish.parent.id if wish.parent else None)
            for order in wish.orders
        ]
        made[wish.index] = [draft.fit_to_image(job, image) for job in jobs]
    return made


def _by_image(made: dict[int, list[Job]], images: dict[str, Image]) -> list[Group]:
    """One transaction may touch an image once, whatever the number of items that name it."""
    grouped: dict[str, list[Job]] = {}
    for jobs in made.values():
        for job in jobs:
            grouped.setdefault(job.image_id, []).append(job)
    return [(images[image_id], jobs) for image_id, jobs in grouped.items()]


def _answer(batch_id: str | None, made: dict[int, list[Job]], refused: dict[int, AppError]) -> RestageAnswer:
    items: list[RestagedItem] = []
    for index in sorted(made.keys() | refused.keys()):
        if error := refused.get(index):
            problem = Problem.of(error, error.members.get("errors"))
            items.append(RestagedItem(index=index, status=int(error.status), error=problem))
        else:
            jobs = [view(JobView, job) for job in made[index]]
            items.append(RestagedItem(index=index, status=202, job=jobs[0], jobs=jobs))
    return RestageAnswer(batch_id=batch_id, items=items, succeeded=len(made), failed=len(refused))


def _answered_by_now(once: IdempotentRequest, why_not: str) -> RequestResult:
    """What was tried again just now by this very request, repeated at once, gets its answer and no refusal."""
    if earlier := once.reload().earlier():
        return earlier
    raise JobNotRetryableError(why_not)
