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

    plan: str = Field(min_length=1, max_length=50)


class PlanChange(PlanChoice):
    """`proration_date`: that of a preview, so that what is paid is what was shown."""

    proration_date: Annotated[AwareDatetime | None, BeforeValidator(_as_text)] = None


class CheckoutView(Frozen):
    url: str
    expires_at: AwareDatetime


class PortalView(Frozen):
    url: str


class SubscriptionView(Frozen):
    """`plan` is what the subscription gives now; without one it is `free`, and `status` is `none`."""

    plan: str
    status: str
    period_start: AwareDatetime | None = None
    period_end: AwareDatetime | None = None
    cancel_at_period_end: bool = False
    next_plan: str | None = None
    past_due_until: AwareDatetime | None = None


class PreviewLine(Frozen):
    description: str
    amount: Decimal


class PreviewView(Frozen):
    plan: str
    amount_due: Decimal
    currency: str
    effective_at: AwareDatetime
    proration_date: AwareDatetime | None = None
    lines: list[PreviewLine]


class InvoiceView(Frozen):
    id: str
    number: str | None
    status: str
    amount_due: Decimal
    amount_paid: Decimal
    currency: str
    created_at: AwareDatetime
    period_start: AwareDatetime
    period_end: AwareDatetime
    hosted_invoice_url: str | None
    pdf_url: str | None


class InvoicePage(Frozen):
    items: list[InvoiceView]
    next_cursor: str | None


class PaymentMethodView(Frozen):
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    default: bool


class PaymentMethodPage(Frozen):
    items: list[PaymentMethodView]
    next_cursor: str | None = None
