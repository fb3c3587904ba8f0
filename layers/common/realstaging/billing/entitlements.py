"""Entitlements from a customer's subscriptions at Stripe, and how a plan change is made. Pure rules."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from realstaging.accounts.quota import PAID, PAST_DUE
from realstaging.config import Plan
from realstaging.models.accounts import Subscribed
from realstaging.models.stripe import Arrears, Included, RetainedPlan, Subscription
from realstaging.stores.keys import month_start

Plans = Mapping[str, Plan]
# Their first invoice was never paid.
NEVER_PAID = ("incomplete", "incomplete_expired")


def is_our_plan(subscription: Subscription, plans: Plans) -> bool:
    """Whether it is for one of our plans. Subscriptions for anything else are ignored."""
    return subscription.price.plan in plans


def main_subscription(subscriptions: Sequence[Subscription], plans: Plans) -> Subscription | None:
    """The subscription that sets the plan: a paid one first, then a past due one, then the rest.

    Of several live ones the oldest, of ended ones the newest.
    """
    known = [each for each in subscriptions if is_our_plan(each, plans)]
    live = sorted((each for each in known if each.live), key=_by_paid_then_age)
    return live[0] if live else max(known, key=lambda each: (each.created_at, each.id), default=None)


def duplicates(subscriptions: Sequence[Subscription], plans: Plans) -> list[Subscription]:
    """Live subscriptions beside the main one: bought twice, to be ended."""
    first = main_subscription(subscriptions, plans)
    return [each for each in subscriptions if each.live and is_our_plan(each, plans) and first and each.id != first.id]


def plan_of(subscription: Subscription, plans: Plans) -> str | None:
    """The plan in force now: that of its price, or the larger one that is paid until the period ends."""
    plan, kept = subscription.price.plan, current_kept_plan(subscription)
    if plan is None or plan not in plans:
        return None
    return kept.plan if kept and kept.plan in plans and _is_larger(kept.plan, plan, plans) else plan


def entitlement(
    subscription: Subscription,
    plans: Plans,
    arrears: Arrears | None = None,
    among: Sequence[Subscription] = (),
) -> Subscribed | None:
    """What is written to the owner's row: it depends on Stripe's state only, so writing it twice is harmless.

    `among`: all subscriptions of the customer.
    """
    plan, arrears = plan_of(subscription, plans), arrears or Arrears()
    if plan is None:
        return None
    included = current_included(subscription)
    return Subscribed(
        id=subscription.id,
        plan=plan,
        status=subscription.status,
        started_at=subscription.started_at,
        period_start=subscription.period_start,
        period_end=subscription.period_end,
        ends=subscription.ends,
        next_plan=subscription.price.plan if subscription.price.plan != plan else None,
        past_due_since=arrears.since if subscription.status == PAST_DUE else None,
        paid_from=arrears.paid_from,
        images=included.images if included else None,
        own_counters=any(_has_used_start_month(each, subscription, plans) for each in among),
    )


def current_included(subscription: Subscription) -> Included | None:
    """What the running period includes after an upgrade in it; one of an earlier period is ignored."""
    included = subscription.included
    return included if included and subscription.period_end <= included.until else None


def included_after(now: Subscription, plan: str, plans: Plans, at: datetime) -> Included:
    """What the running period includes once the larger `plan` is paid for the rest of it, from `at` on.

    The difference between the plans is paid for that part of the period, and grows the allowance by the same part.
    """
    running, former = current_included(now), plan_of(now, plans)
    base = running.images if running else plans[former].images_per_month if former else 0
    whole, rest = now.period_end - now.period_start, now.period_end - at
    more = max(plans[plan].images_per_month - base, 0) * min(max(rest / whole, 0), 1)
    return Included(images=base + math.ceil(more), until=now.period_end)


def current_kept_plan(subscription: Subscription) -> RetainedPlan | None:
    """The plan kept until the running period ends; one kept in an earlier period is ignored."""
    kept = subscription.kept
    return kept if kept and subscription.period_end <= kept.until else None


@dataclass(frozen=True, slots=True)
class Change:
    """The arguments of Stripe.change_plan. `undo`: the plan whose price is set first, not prorated or kept."""

    plan: str
    prorate: bool
    kept: RetainedPlan | None = None
    undo: str | None = None


def change(subscription: Subscription, plan: str, plans: Plans) -> Change | None:
    """How the subscription is changed to `plan`; None if nothing has to change.

    A larger plan is paid and in force at once; a smaller one from the renewal on. An owner who chose a smaller
    plan and returns to the larger one has already paid for it.
    """
    now = plan_of(subscription, plans)
    if now is None or plan == subscription.price.plan:
        return None
    if _is_larger(plan, now, plans):
        # Stripe prorates from the current price: that must be the plan that was paid for.
        return Change(plan, prorate=True, undo=now if now != subscription.price.plan else None)
    kept = RetainedPlan(plan=now, until=subscription.period_end) if plan != now else None
    return Change(plan, prorate=False, kept=kept)


def _has_used_start_month(earlier: Subscription, later: Subscription, plans: Plans) -> bool:
    """Whether an earlier subscription was running in the calendar month in which the later one started."""
    return (
        is_our_plan(earlier, plans)
        and earlier.id != later.id
        and earlier.created_at <= later.created_at
        and earlier.status not in NEVER_PAID
        and earlier.period_end > month_start(later.started_at)
    )


def _is_larger(one: str, other: str, plans: Plans) -> bool:
    return plans[one].price_usd > plans[other].price_usd


def _by_paid_then_age(subscription: Subscription) -> tuple[bool, str, str]:
    return subscription.status not in PAID, subscription.created_at.isoformat(), subscription.id
