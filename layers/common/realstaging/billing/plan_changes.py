"""What owners do to the subscription they have: see what a change costs, change, cancel, resume."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from realstaging.accounts.quota import FREE
from realstaging.billing.entitlements import (
    Change,
    Plans,
    change,
    chosen,
    included_after,
    plan_of,
    running_included,
    running_kept,
)
from realstaging.billing.prices import check_paid, price_of
from realstaging.billing.sync import Billing
from realstaging.billing.views import money
from realstaging.config import Settings
from realstaging.errors import AppError, BillingStateError, NoSubscriptionError, ValidationFailedError
from realstaging.gateways.stripe.client import StalePriceError, Stripe
from realstaging.ids import new_id
from realstaging.models.accounts import User
from realstaging.models.stripe import Preview, Price, RetainedPlan, Subscription
from realstaging.models.subscriptions import PlanChange, PreviewLine, PreviewView
from realstaging.stores.users import UserStore

# A price that was shown holds this long. Any date of the period would do for Stripe: its last second costs nothing.
SHOWN_FOR = timedelta(hours=1)
TRIES = 3


@dataclass(frozen=True, slots=True)
class RunningSubscription:
    """A subscription that runs, and whose it is."""

    user: User
    customer: str
    subscription: Subscription


class PlanChanges:
    def __init__(
        self, settings: Settings, *, billing: Billing, users: UserStore, stripe: Stripe, plans_now: Callable[[], Plans]
    ) -> None:
        """`plans_now`: the plans with what administrators have set; they say how many images are included."""
        self._plans, self._plans_now = settings.plans, plans_now
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
            return _shown(plan, nothing, now.period_end if later else at, self._images(now))
        cost = self._stripe.preview_change(now, self._price(plan), prorate=True)
        if step.undo:
            cost = self._from_kept(cost, now, step.undo)
        images = included_after(now, plan, self._plans_now(), cost.at or at).images
        return _shown(plan, cost, cost.at or at, images, cost.at)

    def change(self, owner: str, wanted: PlanChange, at: datetime) -> User:
        """The owner, as the change has left them.

        Raises NoSubscriptionError, ValidationFailedError, PaymentDeclinedError.
        """
        if wanted.plan == FREE:
            return self.cancel(owner, at)
        return _with_todays_prices(lambda: self._change(owner, wanted, at))

    def _change(self, owner: str, wanted: PlanChange, at: datetime) -> User:
        check_paid(wanted.plan, self._plans)
        for _ in range(TRIES):
            held = self._held(owner)
            step = change(held.subscription, wanted.plan, self._plans)
            if step and step.prorate and wanted.proration_date:
                self._check(wanted.proration_date, held.subscription, wanted.plan)
            if step is None or self._taken(held.subscription, step, wanted.proration_date, at):
                return self._now(held, at)
        raise BillingStateError("It has changed meanwhile. Read your subscription again.")

    def cancel(self, owner: str, at: datetime) -> User:
        """At the period's end. Raises NoSubscriptionError."""
        return self._end(owner, True, at)

    def resume(self, owner: str, at: datetime) -> User:
        """Raises NoSubscriptionError if it has ended already."""
        return self._end(owner, False, at)

    def _end(self, owner: str, ends: bool, at: datetime) -> User:
        held = self._held(owner)
        if held.subscription.ends != ends:
            self._stripe.set_cancel_at_period_end(
                held.subscription.id, ends, key=_act(at), by_date=held.subscription.ends_by_date
            )
        return self._now(held, at)

    def _held(self, owner: str) -> RunningSubscription:
        """As it is at Stripe, whatever we have heard of it."""
        user = self._users.get(owner)
        found = chosen(self._stripe.subscriptions_of(user.customer_id), self._plans) if user.customer_id else None
        if user.customer_id is None or found is None or not found.live:
            raise NoSubscriptionError("Choose a plan with POST /v1/billing/checkout first.")
        return RunningSubscription(user, user.customer_id, found)

    def _taken(self, former: Subscription, step: Change, moment: datetime | None, at: datetime) -> bool:
        """A change that is not paid leaves everything as it was. False if it has to be decided anew."""
        if step.undo:
            return self._taken_from(step.undo, former, step, moment, at)
        after = self._step(former, former, step, moment, at)
        return step.prorate or not self._overtaken(former, after, at)

    def _taken_from(self, undo: str, former: Subscription, step: Change, moment: datetime | None, at: datetime) -> bool:
        """From the price of what was paid for; whatever goes wrong, the choice for later is restored."""
        done = False
        try:
            now = self._put(former, self._price(undo), at)
            overtaken = self._overtaken(former, now, at)
            if not overtaken:
                self._step(now, former, step, moment, at)
            done = True
        finally:
            if not done:
                self._restore(former, undo, at)
        return not overtaken

    def _step(
        self, now: Subscription, former: Subscription, step: Change, moment: datetime | None, at: datetime
    ) -> Subscription:
        included = included_after(former, step.plan, self._plans_now(), moment or at) if step.prorate else None
        return self._stripe.change_plan(
            now,
            self._price(step.plan),
            prorate=step.prorate,
            key=_act(at),
            at=moment,
            kept=step.kept,
            included=included,
        )

    def _images(self, now: Subscription) -> int:
        """What the running period includes as it is."""
        included, plan = running_included(now), plan_of(now, self._plans)
        return included.images if included else self._plans_now()[plan or FREE].images_per_month

    def _overtaken(self, former: Subscription, after: Subscription, at: datetime) -> bool:
        """A renewal came between our reading and our writing, and was paid at the former price: that is put back."""
        if after.period_end == former.period_end:
            return False
        self._put(after, former.price, at)
        return True

    def _restore(self, former: Subscription, undo: str, at: datetime) -> None:
        """As well as can be: only what was put back and no more, as far as Stripe can tell."""
        with contextlib.suppress(AppError, StalePriceError):
            there = self._stripe.subscriptions_of(former.customer)
            undone = (former.id, undo, former.period_end)
            if any((each.id, each.price.plan, each.period_end) == undone for each in there):
                self._put(former, former.price, at, running_kept(former))

    def _put(self, now: Subscription, price: Price, at: datetime, kept: RetainedPlan | None = None) -> Subscription:
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

    def _now(self, held: RunningSubscription, at: datetime) -> User:
        """As Stripe has it after the change, without waiting for the webhook."""
        return held.user.model_copy(update={"subscribed": self._billing.refresh(held.customer, at)})


def _with_todays_prices[T](act: Callable[[], T]) -> T:
    try:
        return act()
    except StalePriceError:
        return act()


def _shown(plan: str, cost: Preview, at: datetime, images: int, proration_date: datetime | None = None) -> PreviewView:
    return PreviewView(
        plan=plan,
        amount_due=money(cost.amount_due),
        currency=cost.currency,
        effective_at=at,
        images_this_period=images,
        proration_date=proration_date,
        lines=[PreviewLine(description=each.description, amount=money(each.amount)) for each in cost.lines],
    )


def _act(at: datetime) -> str:
    """A key of its own: what makes a change safe to repeat is that Stripe's state is read before it."""
    return new_id("act", at)
