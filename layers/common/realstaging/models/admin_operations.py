"""What administrators see of users, jobs and queues, and what they may ask for.

Not among the package's own names: one function needs them, and all pay for what the package imports.
"""

from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from realstaging.models.accounts import UsageView
from realstaging.models.base import Frozen
from realstaging.models.jobs import JobView

MAX_EXTRA = 100_000
MAX_REDRIVEN = 1000


class AdminUserView(Frozen):
    """A user without what they say of themselves: `role_set` when an administrator has said the role, not a token."""

    id: str
    role: Literal["user", "admin"]
    role_set: bool
    plan: str
    plan_override: str | None = None
    extra_quota: int
    subscription_status: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    deleted_at: AwareDatetime | None = None
    version: int


class AdminUserWithUsage(AdminUserView):
    usage: UsageView


class AdminUserPage(Frozen):
    items: list[AdminUserView]
    next_cursor: str | None


class UserPatch(Frozen):
    """What is not named stays; null takes back what an administrator had said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["user", "admin"] | None = None
    plan_override: str | None = Field(default=None, max_length=64)
    extra_quota: int | None = Field(default=None, ge=0, le=MAX_EXTRA, strict=True)


class AdminJobView(JobView):
    """Anybody's job. The prompt stays its owner's."""

    prompt: SkipJsonSchema[str | None] = Field(default=None, exclude=True)
    owner: str
    period: str
    deferrals: int
    prediction_id: str | None = None
    retried_by: str | None = None
    due_at: AwareDatetime | None = None


class AdminJobPage(Frozen):
    items: list[AdminJobView]
    next_cursor: str | None


class QueueView(Frozen):
    """Counts are approximate, as queues count; `depth` is all three together."""

    name: str
    depth: int
    visible: int
    in_flight: int
    delayed: int
    oldest_seconds: int | None = None


class QueueList(Frozen):
    items: list[QueueView]
    next_cursor: str | None = None


class LetterView(Frozen):
    """A dead letter, reduced to what it is about."""

    id: str
    owner: str | None = None
    job_id: str | None = None
    attempt: int | None = None
    image_id: str | None = None
    function: str | None = None
    receive_count: int
    sent_at: AwareDatetime


class LetterList(Frozen):
    items: list[LetterView]
    next_cursor: str | None = None


class RedriveOrder(Frozen):
    """`discard`: delete what cannot be moved back; without it, that stays where it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max: int = Field(default=100, ge=1, le=MAX_REDRIVEN, strict=True)
    discard: bool = Field(default=False, strict=True)


class RedriveView(Frozen):
    """`left` is what is in the queue afterwards, those that were skipped included."""

    moved: int
    discarded: int
    skipped: int
    left: int
