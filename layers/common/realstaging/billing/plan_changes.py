"""Changes to a running subscription: preview the cost, change the plan, cancel, resume."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from realstaging.accounts.quota import FREE
from realstaging.billing.entitlements import (
    Change,
    Plans,
    change,
    current_included,
    current_kept_plan,
    included_after,
    main_subscription,
    plan_of,
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

# How long a previewed price is accepted. Stripe would take any date of the period, and its last second costs nothing.
PREVIEW_VALID_FOR = timedelta(hours=1)
TRIES = 3


@dataclass(frozen=True, slots=True)
class RunningSubscription:
    """A live subscription, with its owner and customer."""

    user: User
    customer: str
    subscription: Subscription


class PlanChanges:
    def __init__(
        self, settings: Settings, *, billing: Billing, users: UserStore, stripe: Stripe, plans_now: Callable[[], Plans]
    ) -> None:
        """`plans_now`: the plans with the administrators' overrides; they hold the included images."""
        self._plans, self._plans_now = settings.plans, plans_now
        self._billing, self._users, self._stripe = billing, users, stripe

    def preview(self, owner: str, plan: str, at: datetime) -> PreviewView:
        """Raises NoSubscriptionError, ValidationFailedError."""
        return _retry_with_fresh_prices(lambda: self._preview(owner, plan, at))

    def _preview(self, owner: str, plan: str, at: datetime) -> PreviewView:
        if plan != FREE:
            check_paid(plan, self._plans)
        running = self._find_running(owner)
        now = running.subscription
        step = change(now, plan, self._plans) if plan != FREE else None
        if step is None or not step.prorate:
            later = plan == FREE or (step is not None and step.kept is not None)
            nothing = Preview(amount_due=0, currency=now.price.currency, lines=[])
            return _build_view(plan, nothing, now.period_end if later else at, self._count_images(now))
        cost = self._stripe.preview_change(now, self._find_price(plan), prorate=True)
        if step.undo:
            cost = self._credit_kept_plan(cost, now, step.undo)
        images = included_after(now, plan, self._plans_now(), cost.at or at).images
        return _build_view(plan, cost, cost.at or at, images, cost.at)

    def change(self, owner: str, wanted: PlanChange, at: datetime) -> User:
        """Returns the owner after the change.

        Raises NoSubscriptionError, ValidationFailedError, PaymentDeclinedError.
        """
        if wanted.plan == FREE:
            return self.cancel(owner, at)
        return _retry_with_fresh_prices(lambda: self._change(owner, wanted, at))

    def _change(self, owner: str, wanted: PlanChange, at: datetime) -> User:
        check_paid(wanted.plan, self._plans)
        for _ in range(TRIES):
            running = self._find_running(owner)
            step = change(running.subscription, wanted.plan, self._plans)
            if step and step.prorate and wanted.proration_date:
                self._check_proration_date(wanted.proration_date, running.subscription, wanted.plan)
            if step is None or self._apply(running.subscription, step, wanted.proration_date, at):
                return self._refresh(running, at)
        raise BillingStateError("It has changed meanwhile. Read your subscription again.")

    def cancel(self, owner: str, at: datetime) -> User:
        """At the period's end. Raises NoSubscriptionError."""
        return self._set_end(owner, True, at)

    def resume(self, owner: str, at: datetime) -> User:
        """Raises NoSubscriptionError if it has ended already."""
        return self._set_end(owner, False, at)

    def _set_end(self, owner: str, ends: bool, at: datetime) -> User:
        running = self._find_running(owner)
        if running.subscription.ends != ends:
            self._stripe.set_cancel_at_period_end(
                running.subscription.id, ends, key=_create_key(at), by_date=running.subscription.ends_by_date
            )
        return self._refresh(running, at)

    def _find_running(self, owner: str) -> RunningSubscription:
        """Read from Stripe, not from our row. Raises NoSubscriptionError."""
        user = self._users.get(owner)
        found = (
            main_subscription(self._stripe.subscriptions_of(user.customer_id), self._plans)
            if user.customer_id
            else None
        )
        if user.customer_id is None or found is None or not found.live:
            raise NoSubscriptionError("Choose a plan with POST /v1/billing/checkout first.")
        return RunningSubscription(user, user.customer_id, found)

    def _apply(self, former: Subscription, step: Change, prorated_at: datetime | None, at: datetime) -> bool:
        """False if a renewal came in between: read again and decide again. A declined payment changes nothing."""
        if step.undo:
            return self._apply_from_kept(step.undo, former, step, prorated_at, at)
        after = self._change_price(former, former, step, prorated_at, at)
        return step.prorate or not self._revert_if_renewed(former, after, at)

    def _apply_from_kept(
        self, undo: str, former: Subscription, step: Change, prorated_at: datetime | None, at: datetime
    ) -> bool:
        """Change from the price of the kept plan; on any error, the smaller plan chosen for later is restored."""
        applied = False
        try:
            now = self._set_price(former, self._find_price(undo), at)
            renewed = self._revert_if_renewed(former, now, at)
            if not renewed:
                self._change_price(now, former, step, prorated_at, at)
            applied = True
        finally:
            if not applied:
                self._restore(former, undo, at)
        return not renewed

    def _change_price(
        self, now: Subscription, former: Subscription, step: Change, prorated_at: datetime | None, at: datetime
    ) -> Subscription:
        included = included_after(former, step.plan, self._plans_now(), prorated_at or at) if step.prorate else None
        return self._stripe.change_plan(
            now,
            self._find_price(step.plan),
            prorate=step.prorate,
            key=_create_key(at),
            at=prorated_at,
            kept=step.kept,
            included=included,
        )

    def _count_images(self, now: Subscription) -> int:
        """Images included in the running period."""
        included, plan = current_included(now), plan_of(now, self._plans)
        return included.images if included else self._plans_now()[plan or FREE].images_per_month

    def _revert_if_renewed(self, former: Subscription, after: Subscription, at: datetime) -> bool:
        """True if a renewal came between our read and our write, and was paid at the former price: that is restored."""
        if after.period_end == former.period_end:
            return False
        self._set_price(after, former.price, at)
        return True

    def _restore(self, former: Subscription, undo: str, at: datetime) -> None:
        """Best effort: only if the subscription is still as our change left it."""
        with contextlib.suppress(AppError, StalePriceError):
            found = self._stripe.subscriptions_of(former.customer)
            undone = (former.id, undo, former.period_end)
            if any((each.id, each.price.plan, each.period_end) == undone for each in found):
                self._set_price(former, former.price, at, current_kept_plan(former))

    def _set_price(
        self, now: Subscription, price: Price, at: datetime, kept: RetainedPlan | None = None
    ) -> Subscription:
        """Change the price without a payment."""
        return self._stripe.change_plan(now, price, prorate=False, key=_create_key(at), kept=kept)

    def _check_proration_date(self, date: datetime, now: Subscription, plan: str) -> None:
        """By Stripe's clock. Raises ValidationFailedError for a date that no recent preview returned."""
        found = self._stripe.preview_change(now, self._find_price(plan), prorate=True).at
        if found is None or not max(now.period_start, found - PREVIEW_VALID_FOR) <= date <= found:
            raise ValidationFailedError(
                [{"pointer": "/proration_date", "message": "Ask for a new preview, and use its."}]
            )

    def _credit_kept_plan(self, cost: Preview, now: Subscription, kept: str) -> Preview:
        """The cost from the kept plan, which was paid: Stripe prorates from the smaller one chosen for later."""
        back = self._stripe.preview_change(now, self._find_price(kept), prorate=True, at=cost.at)
        unused = f"Unused time on {self._plans[kept].name}"
        given_back = [
            each.model_copy(update={"description": unused, "amount": -each.amount})
            for each in back.lines
            if each.amount > 0
        ]
        charged = [each for each in cost.lines if each.amount > 0]
        return cost.model_copy(
            update={"amount_due": max(cost.amount_due - back.amount_due, 0), "lines": given_back + charged}
        )

    def _find_price(self, plan: str) -> Price:
        return price_of(plan, self._plans, self._stripe)

    def _refresh(self, running: RunningSubscription, at: datetime) -> User:
        """The owner with the subscription as Stripe has it after the change: the webhook may come later."""
        return running.user.model_copy(update={"subscribed": self._billing.refresh(running.customer, at)})


def _retry_with_fresh_prices[T](act: Callable[[], T]) -> T:
    try:
        return act()
    except StalePriceError:
        return act()


def _build_view(
    plan: str, cost: Preview, at: datetime, images: int, proration_date: datetime | None = None
) -> PreviewView:
    return PreviewView(
        plan=plan,
        amount_due=money(cost.amount_due),
        currency=cost.currency,
        effective_at=at,
        images_this_period=images,
        proration_date=proration_date,
        lines=[PreviewLine(description=each.description, amount=money(each.amount)) for each in cost.lines],
    )


def _create_key(at: datetime) -> str:
    """A new idempotency key. A repeated change is safe because Stripe's state is read before it."""
    return new_id("act", at)
