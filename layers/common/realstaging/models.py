"""The things of the product. What clients see is the `…View`; the row adds what only we need.

Times are aware UTC, sizes bytes, pictures pixels, money USD as a decimal string in JSON.
"""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from realstaging.errors import AppError


class Frozen(BaseModel):
    # Built on first use: a cold start needs few of them.
    model_config = ConfigDict(frozen=True, defer_build=True)


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
    retried_by: str | None = None

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


# Stands for `placed` once the sweep has given a request up that died half-way.
ABANDONED = -1


class Batch(Frozen):
    """`placed` images have their rows; `unplaced` jobs are reserved but not written yet."""

    id: str
    owner: str
    project_id: str
    image_ids: list[str]
    job_ids: list[str]
    period: str
    placed: int = 0
    unplaced: int = 0
    created_at: AwareDatetime
    due_at: AwareDatetime | None = None

    @property
    def abandoned(self) -> bool:
        return self.placed == ABANDONED

    @property
    def complete(self) -> bool:
        return self.placed == len(self.image_ids)


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

    @classmethod
    def of(cls, error: AppError, errors: list[dict[str, str]] | None = None) -> Self:
        return cls(code=error.code, title=error.title, detail=error.detail, retryable=error.retryable, errors=errors)


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


class Option(Frozen):
    """A room type or style; a deprecated one still works and maps to another."""

    id: str
    name: str
    deprecated: bool = False
    maps_to: str | None = None


class ModelOption(Frozen):
    id: str
    name: str
    description: str
    accepts_seed: bool
    typical_seconds: float
    default: bool


class PlanOption(Frozen):
    id: str
    name: str
    price_usd: Decimal
    images_per_month: int


class Limits(Frozen):
    max_files: int
    max_bytes: int
    max_pixels: int
    min_side: int
    content_types: list[str]
    styles_per_image: int
    variations: int
    prompt_min_length: int
    prompt_max_length: int


class Capabilities(Frozen):
    room_types: list[Option]
    styles: list[Option]
    models: list[ModelOption]
    limits: Limits
    plans: list[PlanOption]


class ProjectPage(Frozen):
    items: list[ProjectView]
    next_cursor: str | None


class ImagePage(Frozen):
    items: list[ImageWithJobs]
    next_cursor: str | None


class JobPage(Frozen):
    items: list[JobView]
    next_cursor: str | None


# A job's marker: its id and attempt, as it stands in the file name of a run's input.
MARKER = re.compile(r"job_[0-9A-Z]{26}-\d+")


def without_queries(text: str) -> str:
    """The provider's words without what follows a question mark in addresses: our signatures are there."""
    return re.sub(r"\?[^\s\"']+", "?…", text)


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
    marks: str = ""

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """From the provider's own JSON, whatever it holds. `marks`: our markers in its input."""
        error, metrics = data.get("error"), data.get("metrics")
        seconds = metrics.get("predict_time") if isinstance(metrics, dict) else None
        return cls(
            id=str(data.get("id") or ""),
            status=str(data.get("status") or ""),
            output=data.get("output"),
            error=None if error is None else without_queries(str(error))[:2000],
            predict_seconds=seconds if isinstance(seconds, int | float) else None,
            marks=" ".join(MARKER.findall(str(data.get("input")))),
        )

    @property
    def finished(self) -> bool:
        return self.status in ("succeeded", "failed", "canceled", "aborted")


class ResultMessage(Frozen):
    """ResultQueue: what became of this attempt; without a prediction: go and ask.

    With `cancel`, the run of this id is of no use any more: tell the provider.
    """

    owner: str
    job_id: str
    attempt: int
    traceparent: str
    prediction: Prediction | None = None
    cancel: str | None = None


class ProjectPatch(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=100)


class CostView(Frozen):
    """What the delivered results of a project cost us at the provider; deleted ones included."""

    total_cost_usd: Decimal
    job_count: int
    average_cost_usd: Decimal


class RestageItem(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str = Field(min_length=1, max_length=64)
    settings: StageSettings | None = None


class RestageRequest(Frozen):
    """1–50 images to stage (again); each item is checked on its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    defaults: StageSettings | None = None
    items: list[dict[str, Any]] = Field(min_length=1, max_length=50)


class RestagedItem(Frozen):
    """`job` is the first of `jobs`, for requests that ask for one style and one variation."""

    index: int
    status: int
    job: JobView | None = None
    jobs: list[JobView] | None = None
    error: Problem | None = None


class RestageAnswer(Frozen):
    batch_id: str | None
    items: list[RestagedItem]
    succeeded: int
    failed: int


class LedgerEntry(Frozen):
    """One reservation and what became of it."""

    job_id: str
    period: str
    state: Literal["reserved", "captured", "released"]
    created_at: AwareDatetime
    updated_at: AwareDatetime


class LedgerPage(Frozen):
    items: list[LedgerEntry]
    next_cursor: str | None


class Address(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    line1: str | None = Field(default=None, max_length=200)
    line2: str | None = Field(default=None, max_length=200)
    city: str | None = Field(default=None, max_length=100)
    state: str | None = Field(default=None, max_length=100)
    postal_code: str | None = Field(default=None, max_length=20)
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")


class Preferences(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid")

    email_notifications: bool = True
    marketing_emails: bool = False
    default_room_type: str | None = None
    default_style: str | None = None


class Profile(Frozen):
    """What an owner may say about themselves; all of it optional."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    email: str | None = Field(default=None, max_length=255, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    full_name: str | None = Field(default=None, max_length=100)
    company_name: str | None = Field(default=None, max_length=100)
    phone: str | None = Field(default=None, max_length=20, pattern=r"^[0-9+()./ -]+$")
    billing_address: Address | None = None
    preferences: Preferences = Preferences()


class AccountView(Profile):
    id: str
    role: Literal["user", "admin"]
    plan: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class User(Frozen):
    owner: str
    role: Literal["user", "admin"] = "user"
    plan: str = "free"
    profile: Profile = Profile()
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int = 1
    deleted_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None


class NewApiKey(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=100)


class ApiKeyView(Frozen):
    id: str
    name: str
    prefix: str
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None = None


class ApiKeyCreated(ApiKeyView):
    """`key` is shown this once; null when the same request is repeated."""

    key: str | None


class ApiKey(ApiKeyView):
    owner: str
    hashed: str


class ApiKeyPage(Frozen):
    items: list[ApiKeyView]
    next_cursor: str | None = None


def view[V: BaseModel](shape: type[V], row: BaseModel, **more: Any) -> V:
    """The public part of a row."""
    return shape.model_validate({name: getattr(row, name) for name in shape.model_fields if hasattr(row, name)} | more)
