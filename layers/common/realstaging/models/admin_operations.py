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
    role_set: bool = Field(description="Whether an administrator has said the role; else the user's token says it.")
    plan: str = Field(description="What counts now.")
    plan_override: str | None = Field(
        default=None, description="What an administrator has said; `null`: the subscription decides."
    )
    extra_quota: int = Field(description="Images on top of the plan's, in every period.")
    subscription_status: str | None = Field(default=None, description="Stripe's word; `null` without a subscription.")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    deleted_at: AwareDatetime | None = Field(default=None, description="From when on the account is being deleted.")
    version: int


class AdminUserWithUsage(AdminUserView):
    usage: UsageView


class AdminUserPage(Frozen):
    items: list[AdminUserView]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")


class UserPatch(Frozen):
    """What is not named stays; null takes back what an administrator had said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["user", "admin"] | None = Field(default=None, description="`null`: the user's token says it.")
    plan_override: str | None = Field(
        default=None, max_length=64, description="An id of `plans`; `null`: the subscription decides."
    )
    extra_quota: int | None = Field(
        default=None,
        ge=0,
        le=MAX_EXTRA,
        strict=True,
        description="Images on top of the plan's, in every period; `null`: none.",
    )


class AdminJobView(JobView):
    """Anybody's job. The prompt stays its owner's."""

    prompt: SkipJsonSchema[str | None] = Field(default=None, exclude=True)
    owner: str
    period: str = Field(description="The usage period that it counts in.")
    deferrals: int = Field(description="How often the provider would not take it; these are no attempts.")
    prediction_id: str | None = Field(default=None, description="Its run at the provider.")
    provider_account: str = Field(default="default", description="Our account there that its last start used.")
    retried_by: str | None = Field(default=None, description="The job that follows it.")
    due_at: AwareDatetime | None = Field(
        default=None, description="When the sweep looks at it next; `null` once it has ended."
    )


class AdminJobPage(Frozen):
    items: list[AdminJobView]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")


class QueueView(Frozen):
    """Counts are approximate, as queues count; `depth` is all three together."""

    name: str = Field(description="`stage`, `result` and `verify` hold work; the others dead letters.")
    depth: int
    visible: int = Field(description="Approximately, as all these counts.")
    in_flight: int = Field(description="Given to a reader, not yet done.")
    delayed: int
    oldest_seconds: int | None = Field(
        default=None,
        description=(
            "Of work, how long the oldest job is queued or processing (null for `verify`, which has no jobs); of dead "
            "letters, how long ago the oldest that was seen was sent."
        ),
    )


class QueueList(Frozen):
    items: list[QueueView]
    next_cursor: str | None = None


class LetterView(Frozen):
    """A dead letter, reduced to what it is about."""

    id: str
    owner: str | None = None
    job_id: str | None = None
    attempt: int | None = None
    image_id: str | None = Field(default=None, description="The photo whose upload's event failed.")
    function: str | None = Field(default=None, description="The function that failed for good.")
    receive_count: int = Field(description="How often it was received here, every look at it included.")
    sent_at: AwareDatetime


class LetterList(Frozen):
    items: list[LetterView]
    next_cursor: str | None = None


class RedriveOrder(Frozen):
    """`discard`: delete what cannot be moved back; without it, that stays where it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max: int = Field(default=100, ge=1, le=MAX_REDRIVEN, strict=True, description="How many letters are looked at.")
    discard: bool = Field(default=False, strict=True, description="Delete what cannot be moved back.")


class RedriveView(Frozen):
    """`left` is what is in the queue afterwards, those that were skipped included."""

    moved: int
    discarded: int = Field(description="Deleted, because `discard` was said.")
    skipped: int = Field(description="Left where they are: they cannot be moved back, or were not taken.")
    left: int = Field(description="Approximately what is in the queue now, skipped ones included.")


class ProviderAccountView(Frozen):
    """One of our accounts at the provider."""

    name: str = Field(description="`default`, or its name in the settings.")
    creations_per_minute: int | None = Field(
        description="How many runs it may start in a minute; `null`: as many as come; 0: none, it is being emptied."
    )
    open: bool = Field(description="Whether its breaker is open: nothing is started there but a run that tries.")
    reason: str | None = Field(description="Why it is open: `account` or `no answers`.")
    until: AwareDatetime | None = Field(description="When the next run may try.")


class ProviderView(Frozen):
    accounts: list[ProviderAccountView]
    models: list[str] = Field(description="Models that the provider refuses by themselves.")


class BreakerOrder(Frozen):
    """Without an account: all of them, and the models' breakers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str | None = Field(default=None, max_length=32, description="Only the breaker of this one.")


class BreakerView(Frozen):
    """What was open before it was closed."""

    was_open: bool = Field(description="Whether one was open: in its account nothing was started.")
    reason: str | None = Field(default=None, description="Why it had opened: `account` or `no answers`.")
    until: AwareDatetime | None = Field(default=None, description="Until when it would have been open at least.")
    accounts: list[str] = Field(
        description="Our accounts at the provider whose breakers were open; `reason` and `until` are the first one's."
    )
    models: list[str] = Field(
        description="Models that the provider had refused by themselves; they are tried again, too."
    )
