"""Plans an upload: which images and jobs a request creates, and the forms for its files."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from realstaging.config import Settings
from realstaging.errors import ImageNotAwaitingError, ValidationFailedError, VersionConflictError
from realstaging.gateways.media import Media
from realstaging.idempotency import IdempotentRequest, RequestResult
from realstaging.jobs.builder import RequestContext, RowBuilder, build_orders, merge_settings, read_order
from realstaging.models.base import Problem, view
from realstaging.models.images import Image, ImageStatus, ImageView, PresignedPost
from realstaging.models.jobs import Batch, JobView
from realstaging.models.requests import (
    StageSettings,
    UploadAnswer,
    UploadFile,
    UploadItem,
    UploadRequest,
)
from realstaging.stores.batches import BatchStore, Group
from realstaging.stores.images import ImageStore
from realstaging.stores.table import LostRaceError
from realstaging.validation import Complaint, check_size, explain, refusals, unknown_choices

Checked = tuple[UploadFile, StageSettings | None] | list[Complaint]


def plan(
    request: UploadRequest, asked: RequestContext, once: IdempotentRequest, *, batches: BatchStore, media: Media
) -> RequestResult:
    """Create the images and jobs of the valid files; the answer says for each file what was created or what is wrong.

    Raises ValidationFailedError for bad defaults, QuotaExceededError if the jobs do not all fit, and NotFoundError
    for an unknown project; then nothing was created. A repeat of a request that died half-way creates what is
    missing and gives the first answer.
    """
    if earlier := once.earlier():
        return _replay(earlier, request, asked, batches)
    settings = asked.terms.settings
    if request.defaults and (bad := unknown_choices(request.defaults, settings, "/defaults")):
        raise ValidationFailedError(bad)
    if len(request.files) > settings.uploads.max_files:
        most = settings.uploads.max_files
        raise ValidationFailedError([{"pointer": "/files", "message": f"At most {most} files in one request."}])
    checked = [_check_file(index, data, request.defaults, settings) for index, data in enumerate(request.files)]
    wanted = [item for item in checked if isinstance(item, tuple)]
    if not wanted:
        return RequestResult.of_items(_build_answer(None, checked, [], []), taken=0, refused=len(checked))
    batch, groups = _build_rows(wanted, request.project_id, asked)
    limits = settings.uploads
    forms = [
        media.upload_form(image, asked.at, max_bytes=limits.max_bytes, seconds=limits.url_seconds)
        for image, _ in groups
    ]
    answer = _build_answer(batch.id, checked, groups, forms)
    check_size(answer, "/files")
    outcome = RequestResult.of_items(answer, taken=answer.succeeded, refused=answer.failed)
    try:
        batches.create(batch, groups, limit=asked.terms.allowance.limit, with_it=once.remember(outcome))
    except LostRaceError:
        return once.repeated()
    return outcome


def fresh_form(image: Image, at: datetime, settings: Settings, *, images: ImageStore, media: Media) -> PresignedPost:
    """A new form for a file that has not arrived. Raises ImageNotAwaitingError."""
    if image.status is not ImageStatus.AWAITING_UPLOAD:
        raise ImageNotAwaitingError(f"The image is {image.status}: upload it again as a new image.")
    limits = settings.uploads
    try:
        images.expect(
            image,
            at,
            upload_by=max(image.upload_by, at + timedelta(hours=1)),
            look_again=at + timedelta(seconds=limits.check_after_seconds),
        )
    except LostRaceError as error:
        raise VersionConflictError("The image changed meanwhile. Try again.") from error
    return media.upload_form(image, at, max_bytes=limits.max_bytes, seconds=limits.url_seconds)


def _replay(
    earlier: RequestResult, request: UploadRequest, asked: RequestContext, batches: BatchStore
) -> RequestResult:
    """The first answer. If its request died half-way, the rows that it promised are created now."""
    answer = UploadAnswer.model_validate(earlier.body)
    unfinished = batches.unfinished(asked.owner, answer.batch_id or "")
    if unfinished is None:
        return earlier
    draft = RowBuilder(unfinished.id, asked, unfinished.period)
    groups: list[Group] = []
    for item in answer.items:
        if item.image is None:
            continue
        promised = item.image
        jobs = [draft.job(job.id, promised.id, promised.project_id, read_order(job)) for job in item.jobs or []]
        announced = {"sha256": request.files[item.index].get("sha256")}
        named = promised.model_dump(include={"filename", "content_type", "size_bytes"})
        fields: dict[str, Any] = named | announced
        file = UploadFile.model_construct(**fields)
        groups.append((draft.image(promised.id, promised.project_id, file, jobs), jobs))
    batches.resume(unfinished, groups)
    return earlier


def _check_file(index: int, data: dict[str, Any], defaults: StageSettings | None, settings: Settings) -> Checked:
    under = f"/files/{index}"
    try:
        file = UploadFile.model_validate(data)
    except ValidationError as error:
        return explain(error, under)
    if file.size_bytes > settings.uploads.max_bytes:
        most = settings.uploads.max_bytes
        return [{"pointer": f"{under}/size_bytes", "message": f"At most {most} bytes ({most // 2**20} MiB)."}]
    # An explicit null means: store it, stage nothing.
    upload_only = "settings" in file.model_fields_set and file.settings is None
    staging = None if upload_only else merge_settings(file.settings, defaults)
    bad = refusals(staging, settings, f"{under}/settings") if staging else []
    return bad or (file, staging)


def _build_rows(
    wanted: Sequence[tuple[UploadFile, StageSettings | None]], project_id: str, asked: RequestContext
) -> tuple[Batch, list[Group]]:
    draft = RowBuilder.of(asked)
    each_orders = [build_orders(staging) for _, staging in wanted]
    image_ids = asked.ids("img", len(wanted))
    job_ids = iter(asked.ids("job", sum(len(each) for each in each_orders)))
    groups: list[Group] = []
    for image_id, (file, _), each in zip(image_ids, wanted, each_orders, strict=True):
        jobs = [draft.job(next(job_ids), image_id, project_id, order) for order in each]
        groups.append((draft.image(image_id, project_id, file, jobs), jobs))
    return draft.batch(project_id, groups), groups


def _build_answer(
    batch_id: str | None, checked: Sequence[Checked], groups: Sequence[Group], forms: Sequence[PresignedPost]
) -> UploadAnswer:
    made = iter(zip(groups, forms, strict=True))
    items: list[UploadItem] = []
    for index, item in enumerate(checked):
        if isinstance(item, list):
            error = Problem.of(ValidationFailedError(item), item)
            items.append(UploadItem(index=index, status=422, error=error))
            continue
        (image, jobs), form = next(made)
        shown = [view(JobView, job) for job in jobs]
        items.append(UploadItem(index=index, status=201, image=view(ImageView, image), upload=form, jobs=shown))
    succeeded = len(groups)
    return UploadAnswer(batch_id=batch_id, items=items, succeeded=succeeded, failed=len(items) - succeeded)
