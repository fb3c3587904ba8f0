"""An owner's allowance: the plan, the number of images, and the period they are counted in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from realstaging.config import Plan, Settings
from realstaging.models.accounts import Subscribed, Usage, UsageView, User
from realstaging.models.catalog import PlanOption
from realstaging.stores.keys import month, month_end, month_start

FREE = "free"
# Stripe's states of a subscription that is paid.
PAID = ("trialing", "active")
# A renewal was not paid; Stripe still tries to collect it.
PAST_DUE = "past_due"
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A plan and its running period; `period` names the counters and never changes while it runs.

    `version`: of the user's row, which all this was read from.
    """

    plan: str
    limit: int
    period: str
    start: datetime
    end: datetime
    version: int = 0


def allowance(user: User, settings: Settings, at: datetime) -> Allowance:
    """The owner's plan, limit and period at a time; without a subscription, the calendar month in UTC."""
    paid = user.subscribed
    running = paid if paid and at < entitled_until(paid, settings) else None
    plan = user.plan_override or (running.plan if running else FREE)
    if plan not in settings.plans:
        plan = FREE
    images = settings.plans[plan].images_per_month
    if running and running.images is not None and not user.plan_override:
        images = running.images
    start, end = (_start(running), running.period_end) if running else (month_start(at), month_end(at))
    return Allowance(
        plan=plan,
        limit=images + user.extra_images,
        period=_period_id(running, at),
        start=start,
        end=end,
        version=user.version,
    )


def plan_options(plans: Mapping[str, Plan]) -> list[PlanOption]:
    """The plans as clients see them."""
    return [
        PlanOption(id=id, name=plan.name, price_usd=plan.price_usd, images_per_month=plan.images_per_month)
        for id, plan in plans.items()
    ]


def entitled_until(paid: Subscribed, settings: Settings) -> datetime:
    """Until when a subscription entitles to its plan, if no further event arrives."""
    if paid.status == PAST_DUE:
        # Stripe advances the period at each renewal, paid or not: the first unpaid one starts the grace time.
        return (paid.past_due_since or paid.period_start) + timedelta(days=settings.billing.past_due_days)
    if paid.status not in PAID:
        return NEVER
    return paid.period_end + timedelta(hours=0 if paid.ends else settings.billing.leeway_hours)


def _period_id(paid: Subscribed | None, at: datetime) -> str:
    """The key of the running period's counters: the day it starts.

    A first period continues the counters of the month it was bought in: an upgrade raises the limit and
    resets nothing. If an earlier subscription used those, it has its own. An unpaid renewal continues the
    counters of the last paid period.
    """
    if paid is None:
        return month(at)
    start = _start(paid)
    if start > paid.started_at:
        return start.date().isoformat()
    return f"{paid.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if paid.own_counters else month(paid.started_at)


def _start(paid: Subscribed) -> datetime:
    """The start of the last period that was paid."""
    return min(paid.paid_from or paid.period_start, paid.period_start)


def overview(usage: Usage, current: Allowance) -> UsageView:
    return UsageView(
        plan=current.plan,
        limit=current.limit,
        used=usage.used,
        remaining=max(current.limit - usage.used, 0),
        period_start=current.start,
        period_end=current.end,
        version=usage.version + current.version,
    )
