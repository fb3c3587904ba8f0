"""The things of the product. What clients see is the `…View`; the row adds what only we need.

Times are aware UTC, sizes bytes, pictures pixels, money USD as a decimal string in JSON.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from realstaging.errors import AppError


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ImageStatus(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    READY = "ready"
    REJECTED = "rejected"
    EXPIRED = "expired"


class JobStatus(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    QUEUED = "queued"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def final(self) -> bool:
        return self in (JobStatus.READY, JobStatus.FAILED, JobStatus.CANCELED)


class Failure(Frozen):
    """Why an image or a job came to nothing, in our words; the code is one of errors.py."""

    code: str
    title: str
    detail: str
    retryable: bool

    @classmethod
    def of(cls, error: AppError) -> Self:
        return cls(code=error.code, title=error.title, detail=error.detail, retryable=error.retryable)


class ResultView(Frozen):
    """A delivered picture."""

    content_type: str
    width: int
    height: int
    size_bytes: int


class ProjectView(Frozen):
    id: str
    name: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class Project(ProjectView):
    owner: str


class JobView(Frozen):
    id: str
    image_id: str
    project_id: str
    batch_id: str
    parent_job_id: str | None = None
    status: JobStatus
    room_type: str | None = None
    style: str | None = None
    prompt: str | None = None
    seed: int | None = None
    model: str
    attempt: int = 0
    error: Failure | None = None
    charged: bool = False
    cost_usd: Decimal | None = None
    duration_ms: int | None = None
    result: ResultView | None = None
    created_at: AwareDatetime
    queued_at: AwareDatetime | None = None
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    updated_at: AwareDatetime
    version: int = 1


class Job(JobView):
    """`period` is the usage period it is reserved in; `due_at` when somebody must look at it."""

    owner: str
    period: str
    traceparent: str
    correlation_id: str
    due_at: AwareDatetime | None = None
    deferrals: int = 0
    prediction_id: str | None = None
    prompt_version: str | None = None
    model_version: str | None = None
    input: dict[str, Any] | None = None
    result_key: str | None = None
    thumbnail_key: str | None = None

    @property
    def marker(self) -> str:
        """What a run's input carries of us, so that a run whose answer was lost can be found again."""
        return f"{self.id}-{self.attempt}"


class ImageView(Frozen):
    id: str
    project_id: str
    filename: str
    status: ImageStatus
    content_type: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    error: Failure | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int = 1


class ImageWithJobs(ImageView):
    jobs: list[JobView]


class Image(ImageView):
    """`waiting_jobs` start when the file is there; `upload_by` is when we stop waiting for it."""

    owner: str
    waiting_jobs: list[str] = []
    upload_by: AwareDatetime
    due_at: AwareDatetime | None = None
    announced_sha256: str | None = None
    master_width: int | None = None
    master_height: int | None = None
    traceparent: str
    correlation_id: str


class BatchStatus(StrEnum):
    IN_PROGRESS = "in_progress"
    READY = "ready"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELED = "canceled"


class Counts(Frozen):
    awaiting_upload: int = 0
    queued: int = 0
    processing: int = 0
    ready: int = 0
    failed: int = 0
    canceled: int = 0


class Batch(Frozen):
    """`unplaced`: reserved work of this batch whose rows are not written yet."""

    id: str
    owner: str
    project_id: str
    image_ids: list[str]
    job_ids: list[str]
    period: str
    unplaced: int = 0
    created_at: AwareDatetime
    due_at: AwareDatetime | None = None


class BatchView(Frozen):
    id: str
    project_id: str
    status: BatchStatus
    counts: Counts
    created_at: AwareDatetime
    jobs: list[JobView]


class Usage(Frozen):
    """One owner's counters in one period; `used` = `reserved` + `captured`."""

    used: int = 0
    reserved: int = 0
    captured: int = 0


class UsageView(Frozen):
    plan: str
    limit: int
    used: int
    remaining: int
    period_start: AwareDatetime
    period_end: AwareDatetime


class NewProject(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=100)


class StageSettings(Frozen):
    """How to furnish. Absent keys are taken from the defaults; `style` is short for one of `styles`."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    room_type: str | None = None
    style: str | None = None
    styles: list[str] | None = Field(default=None, min_length=1, max_length=4)
    prompt: str | None = Field(default=None, min_length=10, max_length=2000)
    seed: int | None = Field(default=None, ge=1, le=4294967295)
    model: str | None = None
    variations: int | None = Field(default=None, ge=1, le=4)


ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]


class UploadFile(Frozen):
    """One photo to come. `settings` left out: the defaults; null: store it, stage nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filename: str = Field(min_length=1, max_length=255)
    content_type: ContentType
    size_bytes: int = Field(ge=1)
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    settings: StageSettings | None = None


class UploadRequest(Frozen):
    """1–50 files; each is checked on its own, so that one bad file does not stop the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project_id: str = Field(min_length=1, max_length=64)
    defaults: StageSettings | None = None
    files: list[dict[str, Any]] = Field(min_length=1, max_length=50)


class PresignedPost(Frozen):
    """A form to POST as multipart/form-data, the fields first, the file last."""

    method: Literal["POST"] = "POST"
    url: str
    fields: dict[str, str]
    expires_at: AwareDatetime


class Problem(Frozen):
    """An item's own refusal inside a larger answer."""

    code: str
    title: str
    detail: str
    retryable: bool = False
    errors: list[dict[str, str]] | None = None


class UploadItem(Frozen):
    index: int
    status: int
    image: ImageView | None = None
    upload: PresignedPost | None = None
    jobs: list[JobView] | None = None
    error: Problem | None = None


class UploadAnswer(Frozen):
    batch_id: str | None
    items: list[UploadItem]
    succeeded: int
    failed: int


class FileView(Frozen):
    url: str
    expires_at: AwareDatetime
    content_type: str


class TicketView(Frozen):
    ticket: str
    url: str
    expires_at: AwareDatetime


class Health(Frozen):
    status: Literal["ok"] = "ok"
    service: Literal["realstaging"] = "realstaging"
    version: str


class ProjectPage(Frozen):
    items: list[ProjectView]
    next_cursor: str | None


class ImagePage(Frozen):
    items: list[ImageWithJobs]
    next_cursor: str | None


class JobPage(Frozen):
    items: list[JobView]
    next_cursor: str | None


class StageMessage(Frozen):
    """StageQueue: start this job."""

    owner: str
    job_id: str
    traceparent: str
    correlation_id: str


class Prediction(Frozen):
    """What the provider says of one paid run. `status` may be one we have never heard of."""

    id: str
    status: str
    output: Any = None
    error: str | None = None
    predict_seconds: float | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """From the provider's own JSON, whatever it holds."""
        error, metrics = data.get("error"), data.get("metrics")
        seconds = metrics.get("predict_time") if isinstance(metrics, dict) else None
        return cls(
            id=str(data.get("id", "")),
            status=str(data.get("status", "")),
            output=data.get("output"),
            error=None if error is None else str(error)[:2000],
            predict_seconds=seconds if isinstance(seconds, int | float) else None,
        )

    @property
    def finished(self) -> bool:
        return self.status in ("succeeded", "failed", "canceled", "aborted")


class ResultMessage(Frozen):
    """ResultQueue: what became of this attempt; without a prediction: go and ask."""

    owner: str
    job_id: str
    attempt: int
    traceparent: str
    prediction: Prediction | None = None


def view[V: BaseModel](shape: type[V], row: BaseModel, **more: Any) -> V:
    """The public part of a row."""
    return shape.model_validate({name: getattr(row, name) for name in shape.model_fields if hasattr(row, name)} | more)
