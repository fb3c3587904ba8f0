"""Builds the rows of a request for staging: images, jobs and a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from realstaging.config import Settings
from realstaging.ids import new_id, new_ids
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Batch, Job, JobStatus, JobView
from realstaging.models.picture_checks import CheckPolicy
from realstaging.models.requests import StageSettings, UploadFile
from realstaging.runtime_settings import RequestSettings

MAX_SEED = 4294967295
PLACED_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who calls, when, under which settings, with which trace. The same `seed` makes the same ids."""

    owner: str
    at: datetime
    terms: RequestSettings
    traceparent: str
    correlation_id: str
    seed: str | None = None

    def ids(self, prefix: str, count: int) -> list[str]:
        return new_ids(prefix, self.at, count, self.seed)


@dataclass(frozen=True, slots=True)
class RowBuilder:
    """What all rows of one request have in common."""

    batch_id: str
    asked: RequestContext
    period: str

    @classmethod
    def of(cls, asked: RequestContext) -> "RowBuilder":
        return cls(new_id("bat", asked.at, asked.seed), asked, asked.terms.allowance.period)

    @property
    def settings(self) -> Settings:
        return self.asked.terms.settings

    def job(self, id: str, image_id: str, project_id: str, order: StageSettings, *, parent: str | None = None) -> Job:
        """A job that waits for its photo."""
        asked = self.asked
        return Job(
            id=id,
            owner=asked.owner,
            image_id=image_id,
            project_id=project_id,
            batch_id=self.batch_id,
            parent_job_id=parent,
            status=JobStatus.AWAITING_UPLOAD,
            room_type=order.room_type,
            style=order.style,
            prompt=order.prompt,
            keep_structure=order.keep_structure,
            seed=order.seed,
            mode=order.mode,
            check_policy=order.check or default_policy(order, asked.terms.settings),
            size=order.size,
            format=order.format,
            model=order.model or asked.terms.default_model,
            created_at=asked.at,
            updated_at=asked.at,
            period=self.period,
            traceparent=asked.traceparent,
            correlation_id=asked.correlation_id,
            # The image is due before; this date is for a job that its image has lost.
            due_at=asked.at + timedelta(hours=self.settings.uploads.expire_after_hours + 1),
        )

    def queue(self, job: Job) -> Job:
        """The same job for a photo that is there."""
        look_again = self.asked.at + timedelta(seconds=self.settings.jobs.resend_after_seconds)
        return job.model_copy(update={"status": JobStatus.QUEUED, "queued_at": self.asked.at, "due_at": look_again})

    def fit_to_image(self, job: Job, image: Image) -> Job:
        """The same job in the state that fits its photo's; if that will never arrive, it is due for the sweep."""
        if image.status is ImageStatus.READY:
            return self.queue(job)
        if image.status is ImageStatus.AWAITING_UPLOAD:
            return job
        at = self.asked.at
        return job.model_copy(update={"status": JobStatus.AWAITING_UPLOAD, "queued_at": None, "due_at": at})

    def build_expired_image(self, job: Job) -> Image:
        """In place of the deleted image of a job that an earlier answer has promised."""
        return Image(
            id=job.image_id,
            owner=job.owner,
            project_id=job.project_id,
            filename="",
            status=ImageStatus.EXPIRED,
            content_type="",
            size_bytes=0,
            created_at=job.created_at,
            updated_at=job.created_at,
            upload_by=job.created_at,
            traceparent=job.traceparent,
            correlation_id=job.correlation_id,
        )

    def image(self, id: str, project_id: str, file: UploadFile, jobs: Sequence[Job]) -> Image:
        asked, limits = self.asked, self.settings.uploads
        return Image(
            id=id,
            owner=asked.owner,
            project_id=project_id,
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

    def batch(self, project_id: str, groups: Sequence[tuple[Image, Sequence[Job]]]) -> Batch:
        at = self.asked.at
        projects = sorted({project_id, *(image.project_id for image, _ in groups)})
        return Batch(
            id=self.batch_id,
            owner=self.asked.owner,
            project_id=project_id,
            project_ids=projects if len(projects) > 1 else [],
            image_ids=[image.id for image, _ in groups],
            unstaged_ids=[image.id for image, jobs in groups if not jobs],
            job_ids=[job.id for _, jobs in groups for job in jobs],
            period=self.period,
            created_at=at,
            due_at=at + PLACED_WITHIN,
        )


def read_order(job: JobView) -> StageSettings:
    """What was ordered with a job."""
    return StageSettings(
        room_type=job.room_type,
        style=job.style,
        prompt=job.prompt,
        keep_structure=job.keep_structure,
        seed=job.seed,
        model=job.model,
        check=job.check_policy,
        mode=job.mode,
        size=job.size,
        format=job.format,
    )


def default_policy(order: StageSettings, settings: Settings) -> CheckPolicy:
    """The policy of an order that names none. Without `keep_structure`, changes are only reported."""
    return settings.checks.default if order.keep_structure else "report"


def merge_settings(own: StageSettings | None, defaults: StageSettings | None) -> StageSettings | None:
    """One item's settings over the defaults, key by key."""
    if own is None:
        return defaults
    chosen = own.model_dump(exclude_unset=True)
    base = defaults.model_dump(exclude_unset=True) if defaults else {}
    # `style` and `styles` are two ways to say one thing: the item's own replaces both.
    if chosen.keys() & {"style", "styles"}:
        base.pop("style", None)
        base.pop("styles", None)
    # A default style is meant for the photos that are furnished.
    if chosen.get("mode", "staging") != "staging" and not chosen.keys() & {"style", "styles"}:
        base = {name: value for name, value in base.items() if name not in ("style", "styles")}
    return StageSettings.model_validate(base | chosen)


def build_orders(staging: StageSettings | None) -> list[StageSettings]:
    """One order per job: each style times `variations`; a given seed counts up."""
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
