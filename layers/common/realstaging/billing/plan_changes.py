"""What owners do to the subscription they have: see what a change costs, change, cancel, resume."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from realstaging.billing.offers import check_paid, price_of
from realstaging.billing.state import Billing
from realstaging.billing.statements import money
from realstaging.billing.subscriptions import Change, change, chosen, running_kept
from realstaging.config import Settings
from realstaging.errors import NoSubscriptionError, PaymentDeclinedError, ValidationFailedError
from realstaging.gateways.stripe import StalePriceError, Stripe
from realstaging.ids import new_id
from realstaging.models import User
from realstaging.models.billing import Kept, Preview, Price, Subscription
from realstaging.models.billing_views import PlanChange, PreviewLine, PreviewView
from realstaging.quota import FREE
from realstaging.stores.users import UserStore

# A price that was shown holds this long. Any date of the period would do for Stripe: its last second costs nothing.
SHOWN_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription that runs, and whose it is."""

    user: User
    customer: str
    subscription: Subscription


class PlanChanges:
    def __init__(self, settings: Settings, *, billing: Billing, users: UserStore, stripe: Stripe) -> None:
        self._plans = settings.plans
        self._billing, self._users, self._stripe = billing, users, stripe

    def preview(self, owner: str, plan: str, at: datetime) -> PreviewView:
        """Raises NoSubscriptionError, ValidationFailedError."""
        return _with_todays_prices(lambda: self._preview(owner, plan, at))

    def _preview(self, owner: str, plan: str, at: datetime) -> PreviewView:
        if plan != FREE:
            check_paid(plan, self._plans)
        held = self._held(owner)
        now = held.subscription
        step = change(now, plan, self._plans) if plan != FREE else None
        if step is None or not step.prorate:
            later = plan == FREE or (step is not None and step.kept is not None)
            nothing = Preview(amount_due=0, currency=now.price.currency, lines=[])
            return _shown(plan, nothing, now.period_end if later else at)
        cost = self._stripe.preview_change(now, self._price(plan), prorate=True)
        if step.undo:
            cost = self._from_kept(cost, now, step.undo)
        return _shown(plan, cost, cost.at or at, cost.at)

    def change(self, owner: str, wanted: PlanChange, at: datetime) -> User:
        """The owner, as the change has left them.

        Raises NoSubscriptionError, ValidationFailedError, PaymentDeclinedError.
        """
        if wanted.plan == FREE:
            return self.cancel(owner, at)
        return _with_todays_prices(lambda: self._change(owner, wanted, at))

    def _change(self, owner: str, wanted: PlanChange, at: datetime) -> User:
        check_paid(wanted.plan, self._plans)
        held = self._held(owner)
        step = change(held.subscription, wanted.plan, self._plans)
        if step:
            if step.prorate and wanted.proration_date:
                self._check(wanted.proration_date, held.subscription, wanted.plan)
            self._take(held.subscription, step, wanted.proration_date, at)
        return self._now(held, at)

    def cancel(self, owner: str, at: datetime) -> User:
        """At the period's end. Raises NoSubscriptionError."""
        return self._end(owner, True, at)

    def resume(self, owner: str, at: datetime) -> User:
        """Raises NoSubscriptionError if it has ended already."""
        return self._end(owner, False, at)

    def _end(self, owner: str, ends: bool, at: datetime) -> User:
        held = self._held(owner)
        if held.subscription.ends != ends:
            self._stripe.set_cancel_at_period_end(held.subscription.id, ends, key=_act(at))
        return self._now(held, at)

    def _held(self, owner: str) -> Held:
        """As it is at Stripe, whatever we have heard of it."""
        user = self._users.get(owner)
        found = chosen(self._stripe.subscriptions_of(user.customer_id), self._plans) if user.customer_id else None
        if user.customer_id is None or found is None or not found.live:
            raise NoSubscriptionError("Choose a plan with POST /v1/billing/checkout first.")
        return Held(user, user.customer_id, found)

    def _take(self, former: Subscription, step: Change, moment: datetime | None, at: datetime) -> None:
        """A change that is not paid leaves everything as it was."""
        now = self._put(former, self._price(step.undo), at) if step.undo else former
        try:
            self._stripe.change_plan(
                now, self._price(step.plan), prorate=step.prorate, key=_act(at), at=moment, kept=step.kept
            )
        except PaymentDeclinedError:
            if step.undo:
                self._put(now, former.price, at, running_kept(former))
            raise

    def _put(self, now: Subscription, price: Price, at: datetime, kept: Kept | None = None) -> Subscription:
        """Another price without any payment."""
        return self._stripe.change_plan(now, price, prorate=False, key=_act(at), kept=kept)

    def _check(self, date: datetime, now: Subscription, plan: str) -> None:
        """By Stripe's clock. Raises ValidationFailedError for a date that no preview has shown lately."""
        there = self._stripe.preview_change(now, self._price(plan), prorate=True).at
        if there is None or not max(now.period_start, there - SHOWN_FOR) <= date <= there:
            raise ValidationFailedError(
                [{"pointer": "/proration_date", "message": "Ask for a new preview, and use its."}]
            )

    def _from_kept(self, cost: Preview, now: Subscription, kept: str) -> Preview:
        """Stripe reckons from the smaller plan that was chosen for later; what was paid is the kept one."""
        back = self._stripe.preview_change(now, self._price(kept), prorate=True, at=cost.at)
        unused = f"Unused time on {self._plans[kept].name}"
        given_back = [
            each.model_copy(update={"description": unused, "amount": -each.amount})
            for each in back.lines
            if each.amount > 0
        ]
        asked = [each for each in cost.lines if each.amount > 0]
        return cost.model_copy(
            update={"amount_due": max(cost.amount_due - back.amount_due, 0), "lines": given_back + asked}
        )

    def _price(self, plan: str) -> Price:
        return price_of(plan, self._plans, self._stripe)

    def _now(self, held: Held, at: datetime) -> User:
        """As Stripe has it after the change: nobody waits for the webhook."""
        return held.user.model_copy(update={"subscribed": self._billing.refresh(held.customer, at)})


def _with_todays_prices[T](act: Callable[[], T]) -> T:
    try:
        return act()
    except StalePriceError:
        return act()


def _shown(plan: str, cost: Preview, at: datetime, proration_date: datetime | None = None) -> PreviewView:
    return PreviewView(
        plan=plan,
        amount_due=money(cost.amount_due),
        currency=cost.currency,
        effective_at=at,
        proration_date=proration_date,
        lines=[PreviewLine(description=each.description, amount=money(each.amount)) for each in cost.lines],
    )


def _act(at: datetime) -> str:
    """A key of its own: what makes a change safe to repeat is that Stripe's state is read before it."""
    return new_id("act", at)
