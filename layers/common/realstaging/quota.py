"""Which period is running, and how much of the plan is left."""

from datetime import UTC, datetime

from realstaging.config import Settings
from realstaging.models import Usage, UsageView

PLAN = "free"


def period_start(at: datetime) -> datetime:
    """Calendar months, UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def period_end(start: datetime) -> datetime:
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def period(at: datetime) -> str:
    """The running period's name: the day it starts."""
    return period_start(at).date().isoformat()


def limit(settings: Settings) -> int:
    return settings.plans[PLAN].images_per_month


def overview(usage: Usage, settings: Settings, at: datetime) -> UsageView:
    start, most = period_start(at), limit(settings)
    return UsageView(
        plan=PLAN,
        limit=most,
        used=usage.used,
        remaining=max(most - usage.used, 0),
        period_start=start,
        period_end=period_end(start),
    )
