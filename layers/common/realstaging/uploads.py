"""Planning an upload: which images and jobs a request makes, what it reserves, where the files go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from realstaging import quota
from realstaging.config import Settings
from realstaging.errors import ImageNotAwaitingError, ValidationFailedError
from realstaging.gateways.media import Media
from realstaging.ids import new_id, new_ids
from realstaging.models import (
    Batch,
    Image,
    ImageStatus,
    ImageView,
    Job,
    JobStatus,
    JobView,
    PresignedPost,
    Problem,
    StageSettings,
    UploadAnswer,
    UploadFile,
    UploadItem,
    UploadRequest,
    view,
)
from realstaging.stores.batches import BatchStore, Group
from realstaging.stores.images import ImageStore
from realstaging.validation import Complaint, complaints, unknown_choices


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, when, and the trace that follows the photos."""

    owner: str
    at: datetime
    traceparent: str
    correlation_id: str


MAX_SEED = 4294967295

Checked = tuple[UploadFile, StageSettings | None] | list[Complaint]


def plan(
    request: UploadRequest, asked: Asked, settings: Settings, *, batches: BatchStore, media: Media
) -> UploadAnswer:
    """Create what the valid files ask for and say item by item what became of each.

    Raises ValidationFailedError for bad defaults, QuotaExceededError when the jobs do not all fit
    and NotFoundError for somebody else's project; then nothing was created.
    """
    if request.defaults and (bad := unknown_choices(request.defaults, settings, "/defaults")):
        raise ValidationFailedError(bad)
    checked = [_check(index, data, request.defaults, settings) for index, data in enumerate(request.files)]
    wanted = [item for item in checked if isinstance(item, tuple)]
    if not wanted:
        return _answer(None, checked, [], [])
    batch, groups = _lay_out(wanted, request.project_id, asked, settings)
    batches.create(batch, groups, limit=quota.limit(settings))
    limits = settings.uploads
    forms = [
        media.upload_form(image, asked.at, max_bytes=limits.max_bytes, seconds=limits.url_seconds)
        for image, _ in groups
    ]
    return _answer(batch.id, checked, groups, forms)


def fresh_form(image: Image, at: datetime, settings: Settings, *, images: ImageStore, media: Media) -> PresignedPost:
    """Another form for a file that is still awaited. Raises ImageNotAwaitingError."""
    if image.status is not ImageStatus.AWAITING_UPLOAD:
        raise ImageNotAwaitingError(f"The image is {image.status}: upload it again as a new image.")
    limits = settings.uploads
    images.expect(
        image,
        at,
        upload_by=max(image.upload_by, at + timedelta(hours=1)),
        look_again=at + timedelta(seconds=limits.check_after_seconds),
    )
    return media.upload_form(image, at, max_bytes=limits.max_bytes, seconds=limits.url_seconds)


def _check(index: int, data: dict[str, Any], defaults: StageSettings | None, settings: Settings) -> Checked:
    under = f"/files/{index}"
    try:
        file = UploadFile.model_validate(data)
    except ValidationError as error:
        return complaints(error.errors(include_url=False, include_context=False, include_input=False), under)
    if file.size_bytes > settings.uploads.max_bytes:
        most = settings.uploads.max_bytes
        return [{"pointer": f"{under}/size_bytes", "message": f"At most {most} bytes ({most // 2**20} MiB)."}]
    staging = _merge(file, defaults)
    bad = unknown_choices(staging, settings, f"{under}/settings") if staging else []
    return bad or (file, staging)


def _merge(file: UploadFile, defaults: StageSettings | None) -> StageSettings | None:
    """The file's settings over the defaults, key by key; an explicit null means upload only."""
    if "settings" in file.model_fields_set and file.settings is None:
        return None
    if file.settings is None:
        return defaults
    own = file.settings.model_dump(exclude_unset=True)
    base = defaults.model_dump(exclude_unset=True) if defaults else {}
    # style and styles are two spellings of one thing: the file's choice replaces both.
    if own.keys() & {"style", "styles"}:
        base.pop("style", None)
        base.pop("styles", None)
    return StageSettings.model_validate(base | own)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What all rows of one request have in common."""

    batch_id: str
    project_id: str
    asked: Asked
    settings: Settings

    def job(self, id: str, image_id: str, order: StageSettings) -> Job:
        asked = self.asked
        return Job(
            id=id,
            owner=asked.owner,
            image_id=image_id,
            project_id=self.project_id,
            batch_id=self.batch_id,
            status=JobStatus.AWAITING_UPLOAD,
            room_type=order.room_type,
            style=order.style,
            prompt=order.prompt,
            seed=order.seed,
            model=order.model or self.settings.models.default,
            created_at=asked.at,
            updated_at=asked.at,
            period=quota.period(asked.at),
            traceparent=asked.traceparent,
            correlation_id=asked.correlation_id,
            # The image's own date comes first; this one is for a job that its image forgot.
            due_at=asked.at + timedelta(hours=self.settings.uploads.expire_after_hours + 1),
        )

    def image(self, id: str, file: UploadFile, jobs: Sequence[Job]) -> Image:
        asked, limits = self.asked, self.settings.uploads
        return Image(
            id=id,
            owner=asked.owner,
            project_id=self.project_id,
            filename=file.filename,
            status=ImageStatus.AWAITING_UPLOAD,
            content_type=file.content_type,
            size_bytes=file.size_bytes,
            announced_sha256=file.sha256,
            created_at=asked.at,
            updated_at=asked.at,
            waiting_jobs=[job.id for job in jobs],
            upload_by=asked.at + timedelta(hours=limits.expire_after_hours),
            due_at=asked.at + timedelta(seconds=limits.check_after_seconds),
            traceparent=asked.traceparent,
            correlation_id=asked.correlation_id,
        )

    def batch(self, groups: Sequence[Group]) -> Batch:
        at = self.asked.at
        return Batch(
            id=self.batch_id,
            owner=self.asked.owner,
            project_id=self.project_id,
            image_ids=[image.id for image, _ in groups],
            job_ids=[job.id for _, jobs in groups for job in jobs],
            period=quota.period(at),
            created_at=at,
            due_at=at + timedelta(minutes=5),
        )


def _lay_out(
    wanted: Sequence[tuple[UploadFile, StageSettings | None]], project_id: str, asked: Asked, settings: Settings
) -> tuple[Batch, list[Group]]:
    draft = _Draft(new_id("bat", asked.at), project_id, asked, settings)
    orders = [_orders(staging) for _, staging in wanted]
    image_ids = new_ids("img", asked.at, len(wanted))
    job_ids = iter(new_ids("job", asked.at, sum(len(each) for each in orders)))
    groups: list[Group] = []
    for image_id, (file, _), each in zip(image_ids, wanted, orders, strict=True):
        jobs = [draft.job(next(job_ids), image_id, order) for order in each]
        groups.append((draft.image(image_id, file, jobs), jobs))
    return draft.batch(groups), groups


def _orders(staging: StageSettings | None) -> list[StageSettings]:
    """One per job: each style, as often as variations are asked for; a given seed counts up."""
    if staging is None:
        return []
    styles: list[str | None] = [*staging.styles] if staging.styles else [staging.style]
    return [
        staging.model_copy(
            update={
                "style": style,
                "seed": None if staging.seed is None else (staging.seed + turn - 1) % MAX_SEED + 1,
            }
        )
        for style in styles
        for turn in range(staging.variations or 1)
    ]


def _answer(
    batch_id: str | None, checked: Sequence[Checked], groups: Sequence[Group], forms: Sequence[PresignedPost]
) -> UploadAnswer:
    made = iter(zip(groups, forms, strict=True))
    items: list[UploadItem] = []
    for index, item in enumerate(checked):
        if isinstance(item, list):
            problem = ValidationFailedError(item)
            error = Problem(code=problem.code, title=problem.title, detail=problem.detail, errors=item)
            items.append(UploadItem(index=index, status=422, error=error))
            continue
        (image, jobs), form = next(made)
        items.append(
            UploadItem(
                index=index,
                status=201,
                image=view(ImageView, image),
                upload=form,
                jobs=[view(JobView, job) for job in jobs],
            )
        )
    succeeded = len(groups)
    return UploadAnswer(batch_id=batch_id, items=items, succeeded=succeeded, failed=len(items) - succeeded)
