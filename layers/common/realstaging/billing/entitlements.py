"""What a customer's subscriptions at Stripe give their owner, and how a plan is changed. Pure rules."""

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


def ours(subscription: Subscription, plans: Plans) -> bool:
    """Is it for one of our plans? Any other is no business of ours."""
    return subscription.price.plan in plans


def chosen(subscriptions: Sequence[Subscription], plans: Plans) -> Subscription | None:
    """The one that counts: what is paid for before what is past due before the rest.

    Of several live ones the oldest, of others the newest.
    """
    known = [each for each in subscriptions if ours(each, plans)]
    live = sorted((each for each in known if each.live), key=_paid_then_oldest)
    return live[0] if live else max(known, key=lambda each: (each.created_at, each.id), default=None)


def seconds(subscriptions: Sequence[Subscription], plans: Plans) -> list[Subscription]:
    """Live ones beside the one that counts: bought twice, to be ended."""
    first = chosen(subscriptions, plans)
    return [each for each in subscriptions if each.live and ours(each, plans) and first and each.id != first.id]


def plan_of(subscription: Subscription, plans: Plans) -> str | None:
    """The plan it gives now: its price's, or the larger one that was paid for until the period ends."""
    plan, kept = subscription.price.plan, running_kept(subscription)
    if plan is None or plan not in plans:
        return None
    return kept.plan if kept and kept.plan in plans and _larger(kept.plan, plan, plans) else plan


def granted(
    subscription: Subscription,
    plans: Plans,
    arrears: Arrears | None = None,
    among: Sequence[Subscription] = (),
) -> Subscribed | None:
    """What is written to its owner's row: a function of Stripe's state alone, so that it may be written twice.

    `among`: all subscriptions of the customer.
    """
    plan, arrears = plan_of(subscription, plans), arrears or Arrears()
    if plan is None:
        return None
    included = running_included(subscription)
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
        own_counters=any(_used_the_month_before(each, subscription, plans) for each in among),
    )


def running_included(subscription: Subscription) -> Included | None:
    """What the running period includes after an upgrade in it; that of an earlier period counts no more."""
    included = subscription.included
    return included if included and subscription.period_end <= included.until else None


def included_after(now: Subscription, plan: str, plans: Plans, at: datetime) -> Included:
    """What the running period includes once the larger `plan` is paid for the rest of it, from `at` on.

    The difference between the plans is paid for that part of the period, and grows the allowance by the same part.
    """
    running, former = running_included(now), plan_of(now, plans)
    base = running.images if running else plans[former].images_per_month if former else 0
    whole, rest = now.period_end - now.period_start, now.period_end - at
    more = max(plans[plan].images_per_month - base, 0) * min(max(rest / whole, 0), 1)
    return Included(images=base + math.ceil(more), until=now.period_end)


def running_kept(subscription: Subscription) -> RetainedPlan | None:
    """The plan kept until the running period ends; one that was kept in an earlier period counts no more."""
    kept = subscription.kept
    return kept if kept and subscription.period_end <= kept.until else None


@dataclass(frozen=True, slots=True)
class Change:
    """The arguments of Stripe.change_plan. With `undo`, first put its price back, neither prorated nor kept."""

    plan: str
    prorate: bool
    kept: RetainedPlan | None = None
    undo: str | None = None


def change(subscription: Subscription, plan: str, plans: Plans) -> Change | None:
    """How its owner comes to `plan`; None if nothing is to be done.

    A larger plan counts and is paid at once; a smaller one counts from the renewal on. An owner who has
    chosen a smaller one and comes back has paid for the larger one already.
    """
    now = plan_of(subscription, plans)
    if now is None or plan == subscription.price.plan:
        return None
    if _larger(plan, now, plans):
        # Stripe reckons from the price it knows: that must be the plan that was paid for.
        return Change(plan, prorate=True, undo=now if now != subscription.price.plan else None)
    kept = RetainedPlan(plan=now, until=subscription.period_end) if plan != now else None
    return Change(plan, prorate=False, kept=kept)


def _used_the_month_before(earlier: Subscription, later: Subscription, plans: Plans) -> bool:
    """Did an earlier subscription count in the calendar month in which the later one began?"""
    return (
        ours(earlier, plans)
        and earlier.id != later.id
        and earlier.created_at <= later.created_at
        and earlier.status not in NEVER_PAID
        and earlier.period_end > month_start(later.started_at)
    )


def _larger(one: str, other: str, plans: Plans) -> bool:
    return plans[one].price_usd > plans[other].price_usd


def _paid_then_oldest(subscription: Subscription) -> tuple[bool, str, str]:
    return subscription.status not in PAID, subscription.created_at.isoformat(), subscription.id
