"""Copies a customer's subscription from Stripe to the owner's row. An event only triggers it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from realstaging.accounts.quota import PAID, PAST_DUE
from realstaging.billing.entitlements import duplicates, entitlement, is_our_plan, main_subscription
from realstaging.config import Settings
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.accounts import Subscribed, User
from realstaging.models.stripe import BillingEvent, Subscription
from realstaging.observability import count, log
from realstaging.stores.billing import AppliedError, BillingStore, Linked
from realstaging.stores.table import LostRaceError, retry_on_conflict
from realstaging.stores.users import UserStore

COMPLETED, DISPUTED, CUSTOMER_DELETED = "checkout.session.completed", "charge.dispute.created", "customer.deleted"
# Events after which a subscription may have changed; Stripe's endpoint is set up for these.
TYPES = frozenset(
    {
        COMPLETED,
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.trial_will_end",
        "customer.subscription.pending_update_applied",
        "customer.subscription.pending_update_expired",
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.payment_action_required",
        "invoice.finalized",
        "invoice.finalization_failed",
        "invoice.marked_uncollectible",
        "invoice.voided",
        "customer.updated",
        CUSTOMER_DELETED,
        "charge.refunded",
        DISPUTED,
    }
)
TRIES = 12


class Billing:
    def __init__(self, settings: Settings, *, store: BillingStore, users: UserStore, stripe: Stripe) -> None:
        self._plans = settings.plans
        self._store, self._users, self._stripe = store, users, stripe

    def apply(self, event: BillingEvent, at: datetime) -> None:
        """Apply an event once, however often it is delivered."""
        if event.type == DISPUTED:
            log.error("charge disputed", event_id=event.id, dispute_id=event.object_id)
            count("ChargeDisputed")
        try:
            if event.customer is None:
                self._store.note(event, at)
            else:
                self._apply(event, event.customer, at)
        except AppliedError:
            log.info("event applied already", event_id=event.id)

    def entitlement(self, subscription: Subscription, among: Sequence[Subscription]) -> Subscribed | None:
        """What a subscription entitles to; `among`: all of the customer's. Reads its invoices when one is unpaid."""
        late = subscription.status == PAST_DUE or (subscription.live and subscription.renewal_unpaid)
        unpaid = late and is_our_plan(subscription, self._plans)
        arrears = self._stripe.arrears_of(subscription.id) if unpaid else None
        return entitlement(subscription, self._plans, arrears, among)

    def refresh(self, customer: str, at: datetime) -> Subscribed | None:
        """Read the customer's subscriptions and write the result; None also for an unknown customer."""
        return self._rewrite(customer, at)

    def link(self, owner: str, customer: str, at: datetime) -> str:
        """Link owner and customer. Returns the owner's customer: this one, or the one linked first.

        Raises ForbiddenError for an account that is being deleted.
        """
        try:
            self._store.link(owner, customer, at)
        except LostRaceError as error:
            first = self._users.get(owner).customer_id
            if first is None:
                raise RuntimeError("the customer is another owner's") from error
            customer = first
        if self._store.parked(customer):
            self.refresh(customer, at)
        return customer

    def unlink(self, customer: str, at: datetime) -> None:
        """The customer was deleted at Stripe, and its subscriptions with it: the next checkout makes a new one."""
        self._rewrite(customer, at, gone=True)

    def _rewrite(self, customer: str, at: datetime, *, gone: bool = False) -> Subscribed | None:
        def write(linked: Linked | None) -> Subscribed | None:
            return self._write(linked, at, gone=gone) if linked else None

        return self._retry(write, customer)

    def _apply(self, event: BillingEvent, customer: str, at: datetime) -> None:
        """A lost race means that another writer read Stripe's state after us: read it again."""

        def act(linked: Linked | None) -> None:
            if linked is None and self._link_unknown(event, customer, at):
                linked = self._store.linked(customer)
            if linked:
                self._write(linked, at, event=event, gone=event.type == CUSTOMER_DELETED)
            else:
                self._store.park(event, customer, at)
                count("EventParked")

        self._retry(act, customer)

    def _retry[R](self, act: Callable[[Linked | None], R], customer: str) -> R:
        gave_up = RuntimeError("the customer changes faster than it can be read")
        return retry_on_conflict(act, lambda: self._store.linked(customer), tries=TRIES, gave_up=gave_up)

    def _link_unknown(self, event: BillingEvent, customer: str, at: datetime) -> bool:
        """Link an unknown customer by its metadata at Stripe, or by the checkout it completed."""
        known = self._stripe.customer(customer)
        named = [known.owner if known else None, event.owner if known and event.type == COMPLETED else None]
        for owner in filter(None, named):
            user = self._users.find(owner)
            if user and not user.deleted_at and user.customer_id in (None, customer):
                self._store.link(owner, customer, at)
                return True
        return False

    def _write(
        self, linked: Linked, at: datetime, *, event: BillingEvent | None = None, gone: bool = False
    ) -> Subscribed | None:
        """`linked` was read before Stripe was asked, so that this state is newer than any that was written before."""
        user = self._users.find(linked.owner) if linked.owner else None
        if user and (user.deleted_at or user.customer_id != linked.customer):
            user = None
        found = [] if gone else self._stripe.subscriptions_of(linked.customer)
        self._report(found, user)
        if linked.owner is None:
            found = self._end_plans(found)
        for second in duplicates(found, self._plans):
            self._end_duplicate(second)
        main = main_subscription(found, self._plans)
        subscribed = self.entitlement(main, found) if main else None
        self._store.write(linked, at, event=event, user=user, subscribed=subscribed, unlink=gone)
        return subscribed

    def _end_plans(self, found: list[Subscription]) -> list[Subscription]:
        """End our plans of a closed account; other subscriptions are left alone."""
        live = [each for each in found if each.live and is_our_plan(each, self._plans)]
        for each in live:
            self._stripe.cancel_now(each.id, prorate=False)
        return [each for each in found if each not in live]

    def _end_duplicate(self, second: Subscription) -> None:
        """End a subscription that was bought twice (two tabs, two devices). What was paid for it becomes credit."""
        log.error("second subscription ended", customer_id=second.customer, subscription_id=second.id)
        count("SecondSubscription")
        self._stripe.cancel_now(second.id, prorate=second.status in PAID)

    def _report(self, found: list[Subscription], user: User | None) -> None:
        """Log and count live subscriptions that no owner benefits from: an operator must look."""
        for each in filter(lambda each: each.live, found):
            ids: Any = {"customer_id": each.customer, "subscription_id": each.id}
            if not is_our_plan(each, self._plans):
                log.error("subscription to none of our plans", **ids, price_id=each.price.id)
                count("UnknownPrice")
            elif user is None:
                log.error("subscription without an account", **ids)
                count("SubscriptionWithoutAccount")
