"""What an owner may use: which plan, how many results, and in which period they are counted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from realstaging.config import Settings
from realstaging.models.accounts import Subscribed, Usage, UsageView, User

FREE = "free"
# Stripe's words for a subscription that is paid for.
PAID = ("trialing", "active")
# A renewal was not paid; Stripe still tries.
PAST_DUE = "past_due"
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A plan and its running period; `period` names the counters and never changes while it runs.

    `version`: of the user's row, which says all this.
    """

    plan: str
    limit: int
    period: str
    start: datetime
    end: datetime
    version: int = 0


def allowance(user: User, settings: Settings, at: datetime) -> Allowance:
    """What this owner may use now.

    The period is the subscription's while there is one, else the calendar month, UTC.
    """
    paid = user.subscribed
    running = paid if paid and at < believed_until(paid, settings) else None
    plan = user.plan_override or (running.plan if running else FREE)
    if plan not in settings.plans:
        plan = FREE
    start, end = (
        (running.period_start, running.period_end) if running else (month_start(at), month_end(month_start(at)))
    )
    return Allowance(
        plan=plan,
        limit=settings.plans[plan].images_per_month + user.extra_images,
        period=_counters(running, at),
        start=start,
        end=end,
        version=user.version,
    )


def believed_until(paid: Subscribed, settings: Settings) -> datetime:
    """How long a subscription gives its plan when nothing more is heard of it."""
    if paid.status == PAST_DUE:
        # Stripe moves the period on at each renewal, paid or not: the first unpaid one counts.
        return (paid.past_due_since or paid.period_start) + timedelta(days=settings.billing.past_due_days)
    if paid.status not in PAID:
        return NEVER
    return paid.period_end + timedelta(hours=0 if paid.ends else settings.billing.leeway_hours)


def month_start(at: datetime) -> datetime:
    """Calendar months, UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month(at: datetime) -> str:
    """The name of a calendar month's counters: the day it starts."""
    return month_start(at).date().isoformat()


def month_end(start: datetime) -> datetime:
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def _counters(paid: Subscribed | None, at: datetime) -> str:
    """The name of the running period's counters: the day it starts.

    A first period goes on with the counters of the month it was bought in: an upgrade raises the
    limit, and what was used stays used.
    """
    if paid is None:
        return month(at)
    first = paid.period_start <= paid.started_at
    return month(paid.started_at) if first else paid.period_start.date().isoformat()


def overview(usage: Usage, granted: Allowance) -> UsageView:
    return UsageView(
        plan=granted.plan,
        limit=granted.limit,
        used=usage.used,
        remaining=max(granted.limit - usage.used, 0),
        period_start=granted.start,
        period_end=granted.end,
        version=usage.version + granted.version,
    )
