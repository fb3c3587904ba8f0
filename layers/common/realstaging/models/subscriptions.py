"""What owners see and send about plans, subscriptions and payments. Amounts are in whole units of `currency`."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from realstaging.models.base import Frozen
from realstaging.models.catalog import PlanOption


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
