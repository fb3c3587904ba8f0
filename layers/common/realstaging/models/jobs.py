"""Jobs and the batches they are made in."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field

from realstaging.models.base import Failure, Frozen
from realstaging.models.picture_checks import CheckPolicy, CheckView, Format, Size
from realstaging.models.provider import DEFAULT_ACCOUNT, Slot
from realstaging.models.runs import Run
from realstaging.models.verdicts import Mode


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


class ResultView(Frozen):
    """A delivered picture."""

    content_type: str
    width: int
    height: int
    size_bytes: int
    made_width: int | None = Field(default=None, description="The size in which the model made it.")
    made_height: int | None = None
    frame: Literal["restored", "resized", "model"] = Field(
        default="model",
        description=(
            "`restored`: the photo, with its own pixels wherever the model changed nothing; `resized`: the model's "
            "picture at the photo's size, the report says why; `model`: as the model made it."
        ),
    )
    restored_share: float = Field(default=0, description="The share of pixels that are the photo's own, 0 to 1.")


class JobView(Frozen):
    """One staging of one photo. Keep the answer with the higher `version`."""

    id: str
    image_id: str
    project_id: str
    batch_id: str
    parent_job_id: str | None = Field(default=None, description="The job it is a retry of.")
    status: JobStatus
    room_type: str | None = None
    style: str | None = None
    prompt: str | None = None
    keep_structure: bool = Field(
        default=True,
        description="`false`: the model was not told to leave the room as it is; say so where you show it.",
    )
    seed: int | None = Field(
        default=None, description="The one that was used, once it has started; `null` where the model takes none."
    )
    mode: Mode = "staging"
    check_policy: CheckPolicy = Field(default="report", description="What becomes of a result that fails its check.")
    size: Size = "model"
    format: Format = "jpg"
    model: str = Field(
        description=("The one that staged it, or is at it; another one may take over from the one that was ordered.")
    )
    attempt: int = Field(default=0, description="How often it was given to the model.")
    error: Failure | None = None
    charged: bool = Field(default=False, description="Whether it counts against the quota: only delivered results do.")
    cost_usd: Decimal | None = Field(
        default=None, description="What its runs cost at the provider, those that came to nothing included."
    )
    duration_ms: int | None = Field(default=None, description="How long the model took.")
    result: ResultView | None = None
    check: CheckView | None = Field(default=None, description="Of the result; `null` until there is one.")
    created_at: AwareDatetime
    queued_at: AwareDatetime | None = None
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    updated_at: AwareDatetime
    version: int = 1


class Candidate(Frozen):
    """A result whose files are written, and what a job's row says once it ends with it."""

    attempt: int
    prediction_id: str
    result: ResultView
    check: CheckView
    result_key: str
    thumbnail_key: str
    overlay_key: str
    report_key: str

    @property
    def files(self) -> list[str]:
        return [self.result_key, self.thumbnail_key, self.overlay_key, self.report_key]

    @property
    def made(self) -> tuple[int, int]:
        """The size in which the model made it, in pixels."""
        return self.result.made_width or self.result.width, self.result.made_height or self.result.height

    @property
    def details(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"attempt"})

    @property
    def reported(self) -> dict[str, Any]:
        """What the owner of a job that failed for this result may still read."""
        return self.model_dump(mode="json", include={"check", "overlay_key", "report_key"})


class Job(JobView):
    """`period` is the usage period it is reserved in; `due_at` when somebody must look at it.

    `model` and `seed` are those of the last attempt; what was ordered stays in `ordered_model` and
    `seed_given` from the first attempt on. `runs` holds every attempt that has ended, `slot` the
    place in the schedule of starts that a queued job waits for, `held_back` that we have sent it away since
    it was queued, `parked` that it waits without a message until the sweep sends one at `due_at`.
    `first_queued_at` is written once another attempt has moved `queued_at`. `provider_account` is the one
    of the last start.
    """

    owner: str
    period: str
    traceparent: str
    correlation_id: str
    first_queued_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    deferrals: int = 0
    ordered_model: str | None = None
    seed_given: int | None = None
    slot: Slot | None = None
    held_back: bool | None = None
    parked: bool | None = None
    runs: list[Run] = Field(default_factory=list)
    prediction_id: str | None = None
    provider_account: str = DEFAULT_ACCOUNT
    prompt_version: str | None = None
    model_version: str | None = None
    input: dict[str, Any] | None = None
    result_key: str | None = None
    thumbnail_key: str | None = None
    report_key: str | None = None
    overlay_key: str | None = None
    best: Candidate | None = None
    retried_by: str | None = None

    @property
    def waits_since(self) -> datetime:
        """When it could first have been started."""
        return self.first_queued_at or self.queued_at or self.created_at

    @property
    def marker(self) -> str:
        """What a run's input carries of us, so that a run whose answer was lost can be found again."""
        return f"{self.id}-{self.start_number}"

    @property
    def start_number(self) -> int:
        """How often it was claimed, starts that were put off included.

        A run, its report and its files are known by it: the number of an attempt that was put off comes again,
        and its run may exist after all.
        """
        return self.attempt + self.deferrals

    def ordered(self) -> Self:
        """The job as it was ordered, whatever its attempts have chosen since."""
        if self.ordered_model is None:
            return self
        return self.model_copy(update={"model": self.ordered_model, "seed": self.seed_given})

    @property
    def has_unbooked_run(self) -> bool:
        """Whether a run was begun, or perhaps was, whose end is not written down."""
        begun = self.status is JobStatus.PROCESSING or self.status.final
        # A start that was put off took its time of start with it.
        return begun and self.started_at is not None and not self.booked

    @property
    def booked(self) -> bool:
        """Whether the current attempt's end is written down already."""
        return self.has_booked(self.start_number)

    def has_booked(self, start_number: int) -> bool:
        return any(run.attempt == start_number for run in self.runs)


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
    """`placed` images have their rows; `unplaced` jobs are reserved but not written yet.

    `unstaged_ids`: its images without jobs. `project_ids`: all projects of a batch with images of several.
    `missing_images` and `missing_jobs` were never written, because the request died and was given up.
    """

    id: str
    owner: str
    project_id: str
    project_ids: list[str] = Field(default_factory=list)
    image_ids: list[str]
    unstaged_ids: list[str] = Field(default_factory=list)
    job_ids: list[str]
    period: str
    placed: int = 0
    unplaced: int = 0
    missing_images: int = 0
    missing_jobs: int = 0
    created_at: AwareDatetime
    due_at: AwareDatetime | None = None

    @property
    def abandoned(self) -> bool:
        return self.placed == ABANDONED

    @property
    def complete(self) -> bool:
        return self.placed == len(self.image_ids)

    @property
    def unfinished(self) -> bool:
        """Whether its request is still at work, or died and was not given up yet."""
        return not self.complete and not self.abandoned

    @property
    def projects(self) -> list[str]:
        return self.project_ids or [self.project_id]


class BatchView(Frozen):
    id: str
    project_id: str
    status: BatchStatus = Field(
        description="Of its jobs and of the photos that were uploaded without one; `ready` once all of them are."
    )
    counts: Counts
    missing_jobs: int = Field(
        default=0,
        description="Jobs that were never made, because the request for them broke off. They are not charged.",
    )
    created_at: AwareDatetime
    jobs: list[JobView]


class JobPage(Frozen):
    items: list[JobView]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")
