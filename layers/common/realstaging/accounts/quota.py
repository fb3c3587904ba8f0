"""What an owner may use: which plan, how many results, and in which period they are counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from realstaging.config import Plan, Settings
from realstaging.models.accounts import Subscribed, Usage, UsageView, User
from realstaging.models.catalog import PlanOption
from realstaging.stores.keys import month, month_end, month_start

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
    images = settings.plans[plan].images_per_month
    if running and running.images is not None and not user.plan_override:
        images = running.images
    start, end = (_start(running), running.period_end) if running else (month_start(at), month_end(at))
    return Allowance(
        plan=plan,
        limit=images + user.extra_images,
        period=_counters(running, at),
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


def believed_until(paid: Subscribed, settings: Settings) -> datetime:
    """How long a subscription gives its plan when nothing more is heard of it."""
    if paid.status == PAST_DUE:
        # Stripe moves the period on at each renewal, paid or not: the first unpaid one counts.
        return (paid.past_due_since or paid.period_start) + timedelta(days=settings.billing.past_due_days)
    if paid.status not in PAID:
        return NEVER
    return paid.period_end + timedelta(hours=0 if paid.ends else settings.billing.leeway_hours)


def _counters(paid: Subscribed | None, at: datetime) -> str:
    """The name of the running period's counters: the day it starts.

    A first period goes on with the counters of the month it was bought in: an upgrade raises the
    limit, and what was used stays used. Where an earlier subscription has used those, it has its own.
    A renewal that is not paid goes on with the counters of the last paid period.
    """
    if paid is None:
        return month(at)
    start = _start(paid)
    if start > paid.started_at:
        return start.date().isoformat()
    return f"{paid.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if paid.own_counters else month(paid.started_at)


def _start(paid: Subscribed) -> datetime:
    """Of the last period that was paid."""
    return min(paid.paid_from or paid.period_start, paid.period_start)


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
