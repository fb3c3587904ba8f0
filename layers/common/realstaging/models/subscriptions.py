"""Plans, subscriptions and payments as owners see and send them, an open checkout, and what reconciliation finds.

Amounts are in whole units of `currency`.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from realstaging.models.base import Frozen
from realstaging.models.catalog import PlanOption

# A page that is about to close is not worth opening.
WORTH_OPENING = timedelta(hours=1)
# The request that wrote the row opens the page within seconds; if it died, its URL was never given out.
BEING_OPENED = timedelta(minutes=2)


def _as_text(value: Any) -> Any:
    """Numbers would be taken for seconds since 1970."""
    if isinstance(value, int | float):
        raise ValueError("Send a time as text, as in RFC 3339")
    return value


class PlanPage(Frozen):
    items: list[PlanOption]


class PlanChoice(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: str = Field(
        min_length=1,
        max_length=50,
        description="An id of `GET /v1/billing/plans` that costs something; `free` only where it says so.",
    )


class PlanChange(PlanChoice):
    """`proration_date`: that of a preview, so that what is paid is what was shown."""

    plan: str = Field(
        min_length=1, max_length=50, description="An id of `GET /v1/billing/plans`; `free` is the same as canceling."
    )
    proration_date: Annotated[AwareDatetime | None, BeforeValidator(_as_text)] = Field(
        default=None, description="That of a preview, at most an hour old. Left out: now."
    )


class CheckoutView(Frozen):
    url: str = Field(description="Good for whoever has it: show it to the customer only.")
    expires_at: AwareDatetime


class PortalView(Frozen):
    url: str


class SubscriptionView(Frozen):
    """`plan` is what the subscription gives now; without one it is `free`, and `status` is `none`."""

    plan: str = Field(description="What it gives now.")
    status: str = Field(description="Stripe's word for it: `active`, `past_due`, `canceled`, …; `none` without any.")
    period_start: AwareDatetime | None = None
    period_end: AwareDatetime | None = Field(default=None, description="When it renews, or ends.")
    cancel_at_period_end: bool = False
    next_plan: str | None = Field(
        default=None, description="What follows at the end of the period, if something else does."
    )
    past_due_until: AwareDatetime | None = Field(
        default=None, description="How long the plan goes on while a renewal is not paid."
    )


class PreviewLine(Frozen):
    description: str
    amount: Decimal


class PreviewView(Frozen):
    """What a change of plan would cost. Amounts are in whole units of `currency`."""

    plan: str
    amount_due: Decimal = Field(description="To be paid at once.")
    currency: str
    effective_at: AwareDatetime = Field(description="From when on the plan counts.")
    images_this_period: int = Field(
        description="What the running period includes then: a larger plan adds the part that is paid for."
    )
    proration_date: AwareDatetime | None = Field(
        default=None, description="What the amount was reckoned from; `null` where nothing is to be paid."
    )
    lines: list[PreviewLine]


class InvoiceView(Frozen):
    """An invoice of Stripe's. Amounts are in whole units of `currency`."""

    id: str
    number: str | None = Field(description="`null` while it is a draft.")
    status: str = Field(description="`draft`, `open`, `paid`, `void` or `uncollectible`.")
    amount_due: Decimal
    amount_paid: Decimal
    currency: str
    created_at: AwareDatetime
    period_start: AwareDatetime
    period_end: AwareDatetime
    hosted_invoice_url: str | None = Field(description="Opens for everybody who has it.")
    pdf_url: str | None


class InvoicePage(Frozen):
    items: list[InvoiceView]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")


class PaymentMethodView(Frozen):
    """What receipts show of a card, and nothing more."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    default: bool


class PaymentMethodPage(Frozen):
    items: list[PaymentMethodView]
    next_cursor: str | None = None


class OpenCheckout(Frozen):
    """`id` names this one attempt, at Stripe too. Until the page is open there is no `session_id`."""

    id: str
    owner: str
    customer: str
    plan: str
    price: str
    opened_at: AwareDatetime
    ends_at: AwareDatetime
    session_id: str | None = None

    def may_be_open(self, at: datetime) -> bool:
        """Is there a page, given out to the owner, that can still be paid on?"""
        return at < (self.ends_at if self.session_id else self.opened_at + BEING_OPENED)

    def serves(self, plan: str, customer: str, at: datetime) -> bool:
        return (
            (self.plan, self.customer) == (plan, customer)
            and self.may_be_open(at)
            and at < self.ends_at - WORTH_OPENING
        )


class Difference(Frozen):
    """What our row said of a customer, and what Stripe says; in words, for operators.

    `kind`: the row was `behind`; Stripe has `no_subscription` where the row has one; the customer was `unlinked`,
    or is `unknown`; the subscription is of a `closed_account`, or of an `other_customer` of its owner's; or looking
    at it `failed`, and the log says why.
    """

    kind: Literal["behind", "no_subscription", "unlinked", "unknown", "closed_account", "other_customer", "failed"]
    customer: str
    owner: str | None
    was: str
    now: str
    repaired: bool


class ReconciliationCursor(Frozen):
    """Where to go on: first all subscriptions of Stripe's, then all users of ours."""

    part: Literal["subscriptions", "users"] = "subscriptions"
    after: str | None = None
