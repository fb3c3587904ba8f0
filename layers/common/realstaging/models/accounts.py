"""Accounts: usage, ledger, profile, API keys, tickets."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field
from pydantic_core import PydanticCustomError

from realstaging.models.base import Frozen, Name


class Usage(Frozen):
    """One owner's counters in one period; `used`: reserved or captured. `version` grows with every change."""

    used: int = 0
    version: int = 0


class UsageView(Frozen):
    """`version` grows with every change of the counters or of the plan, within one period."""

    plan: str
    limit: int
    used: int = Field(description="Work in flight and delivered results.")
    remaining: int
    period_start: AwareDatetime
    period_end: AwareDatetime = Field(description="Exclusive.")
    version: int = Field(description="Grows with every change of the counters or the plan, within one period.")


class LedgerEntry(Frozen):
    """One reservation and what became of it."""

    job_id: str
    period: str
    state: Literal["reserved", "captured", "released"] = Field(
        description="`reserved` with the job; then `captured` with a result, or `released` without."
    )
    created_at: AwareDatetime
    updated_at: AwareDatetime


class LedgerPage(Frozen):
    items: list[LedgerEntry]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")


class Address(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    line1: Name | None = Field(default=None, max_length=200)
    line2: Name | None = Field(default=None, max_length=200)
    city: Name | None = Field(default=None, max_length=100)
    state: Name | None = Field(default=None, max_length=100)
    postal_code: Name | None = Field(default=None, max_length=20)
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")


class Preferences(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid")

    email_notifications: bool = Field(default=True, strict=True)
    marketing_emails: bool = Field(default=False, strict=True)
    default_room_type: str | None = None
    default_style: str | None = None


class Profile(Frozen):
    """What an owner may say about themselves; all of it optional."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    email: Name | None = Field(default=None, max_length=255, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    full_name: Name | None = Field(default=None, max_length=100)
    company_name: Name | None = Field(default=None, max_length=100)
    phone: str | None = Field(default=None, max_length=20, pattern=r"^[0-9+()./ -]+$")
    billing_address: Address | None = None
    preferences: Preferences = Field(default_factory=Preferences)


class AccountView(Profile):
    id: str
    role: Literal["user", "admin"]
    plan: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class Subscribed(Frozen):
    """What a subscription gives its owner: Stripe's state at the last look, read in our terms.

    `past_due_since`: when the oldest invoice was made that is still to be paid; only while it is past due.
    `paid_from`: the start of the last paid period, while the running one is not paid. `images`: what the running
    period includes, where that is not what the plan says. `own_counters`: its first period does not go on with
    the month's counters, which an earlier subscription has used.
    """

    id: str
    plan: str
    status: str
    started_at: AwareDatetime
    period_start: AwareDatetime
    period_end: AwareDatetime
    ends: bool = False
    next_plan: str | None = None
    past_due_since: AwareDatetime | None = None
    paid_from: AwareDatetime | None = None
    images: int | None = None
    own_counters: bool = False


class User(Frozen):
    """`role_set`: an administrator has said it, so that tokens do not change it any more.

    `version` grows with every change of the row, `profile_version` with those of the profile.
    """

    owner: str
    role: Literal["user", "admin"] = "user"
    role_set: bool = False
    plan_override: str | None = None
    extra_images: int = 0
    customer_id: str | None = None
    subscribed: Subscribed | None = None
    profile: Profile = Field(default_factory=Profile)
    profile_version: int = 0
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int = 1
    deleted_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None


Scope = Literal["read", "stage", "account"]
USUAL_SCOPES: tuple[Scope, ...] = ("read", "stage")


def _each_once(scopes: list[Scope]) -> list[Scope]:
    if len(set(scopes)) < len(scopes):
        raise PydanticCustomError("scope_twice", "Name each scope once.")
    return scopes


class NewApiKey(Frozen):
    """`read`: see everything of the account. `stage`: projects, uploads, jobs. `account`: change the profile."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Name = Field(min_length=1, max_length=100)
    scopes: Annotated[list[Scope], AfterValidator(_each_once)] = Field(
        default=list(USUAL_SCOPES),
        min_length=1,
        max_length=3,
        description="`read`: see everything of the account. `stage`: projects, uploads, jobs. `account`: the profile.",
    )


class ApiKeyView(Frozen):
    """A key made before there were scopes has the usual ones."""

    id: str
    name: str
    prefix: str = Field(description="What to recognize it by.")
    scopes: tuple[Scope, ...] = Field(default=USUAL_SCOPES, description="What the key may do.")
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None = Field(default=None, description="To about five minutes.")


class ApiKeyCreated(ApiKeyView):
    """`key` is shown this once; null when the same request is repeated."""

    key: str | None


class ApiKey(ApiKeyView):
    owner: str
    hashed: str


class ApiKeyPage(Frozen):
    items: list[ApiKeyView]
    next_cursor: str | None = None


class TicketView(Frozen):
    ticket: str = Field(description="Works once, for 30 seconds.")
    url: str = Field(description="Holds the ticket: open it as it is.")
    expires_at: AwareDatetime
