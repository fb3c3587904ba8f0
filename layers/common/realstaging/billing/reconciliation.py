"""Compares every subscription at Stripe with its owner's row, and the other way round; repairs what differs."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from realstaging.billing.entitlements import is_our_plan
from realstaging.billing.sync import Billing
from realstaging.config import Settings
from realstaging.errors import ProviderUnavailableError, ValidationFailedError
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.accounts import Subscribed, User
from realstaging.models.stripe import LIVE, Subscription
from realstaging.models.subscriptions import Difference, ReconciliationCursor
from realstaging.observability import count, log
from realstaging.stores.billing import BillingStore
from realstaging.stores.users import UserStore

# Subscriptions are compared until this long after their end.
COMPARED_FOR = timedelta(days=40)
PAGE = 100

# Where the next page starts, and the customers that differ from our rows.
type Page = tuple[ReconciliationCursor | None, list[str]]


@dataclass
class Report:
    """`checked`: how many rows were compared. `cursor`: where to continue; None at the end."""

    checked: int = 0
    differences: list[Difference] = field(default_factory=list)
    cursor: ReconciliationCursor | None = None


class Reconciler:
    def __init__(
        self,
        settings: Settings,
        *,
        billing: Billing,
        store: BillingStore,
        users: UserStore,
        stripe: Stripe,
    ) -> None:
        self._plans = settings.plans
        self._billing, self._store, self._users, self._stripe = billing, store, users, stripe
        self._seen: set[str] = set()

    def run(self, cursor: ReconciliationCursor, at: datetime, *, until: float, pause: Callable[[], None]) -> Report:
        """Reconcile from `cursor` on, until the monotonic clock says `until`; at least one page.

        `pause` waits for webhooks that are under way: what they repair is not reported.
        """
        report = Report(cursor=cursor)
        self._seen.clear()
        while report.cursor:
            if report.cursor.part == "subscriptions":
                report.cursor, suspects = self._check_subscriptions(report.cursor, at, report)
            else:
                report.cursor, suspects = self._check_users(report.cursor, report)
            if suspects:
                pause()
            report.differences += [found for each in suspects if (found := self._report(self._reconcile(each, at)))]
            if time.monotonic() > until:
                break
        return report

    def _check_subscriptions(self, cursor: ReconciliationCursor, at: datetime, report: Report) -> Page:
        """The customers of one page at Stripe that differ from our rows."""
        try:
            page, more = self._stripe.list_subscriptions(cursor.after)
        except ValidationFailedError:
            return ReconciliationCursor(), []  # the subscription of the cursor was deleted
        report.checked += len(page)
        self._seen |= {each.id for each in page}
        recent = [each for each in page if each.live or each.period_end > at - COMPARED_FOR]
        customers = dict.fromkeys(each.customer for each in recent if is_our_plan(each, self._plans))
        suspects = [each for each in customers if self._has_difference([one for one in recent if one.customer == each])]
        return (ReconciliationCursor(after=more) if more else ReconciliationCursor(part="users")), suspects

    def _has_difference(self, subscriptions: list[Subscription]) -> bool:
        linked = self._store.linked(subscriptions[0].customer)
        user = self._users.find(linked.owner) if linked and linked.owner else None
        live = any(each.live for each in subscriptions)
        if user is None or user.deleted_at or user.customer_id != subscriptions[0].customer:
            return live
        row = user.subscribed
        compared = [each for each in subscriptions if each.live or (row and each.id == row.id)]
        return any(self._billing.entitlement(each, subscriptions) != row for each in compared)

    def _check_users(self, cursor: ReconciliationCursor, report: Report) -> Page:
        """The customers of a page of users whose rows have a subscription that Stripe did not list."""
        page, more = self._users.page(limit=PAGE, before=cursor.after)
        report.checked += len(page)
        return (ReconciliationCursor(part="users", after=more) if more else None), list(self._find_unseen(page))

    def _find_unseen(self, page: Iterable[User]) -> Iterable[str]:
        for user in page:
            subscribed = user.subscribed
            if (
                subscribed
                and subscribed.status in LIVE
                and subscribed.id not in self._seen
                and user.customer_id
                and not user.deleted_at
            ):
                yield user.customer_id

    def _reconcile(self, customer: str, at: datetime) -> Difference | None:
        """An error with one customer is reported and does not stop the others."""
        try:
            return self._repair(customer, at)
        except ProviderUnavailableError:
            raise
        except Exception:
            log.exception("customer could not be reconciled", customer_id=customer)
            return Difference(kind="failed", customer=customer, owner=None, was="?", now="?", repaired=False)

    def _repair(self, customer: str, at: datetime) -> Difference | None:
        """Read again from Stripe and write; None if nothing differs any more."""
        linked = self._store.linked(customer)
        if linked is None:
            return self._repair_unlinked(customer, at)
        user = self._users.find(linked.owner) if linked.owner else None
        if user is None or user.deleted_at or user.customer_id != customer:
            return self._end_unowned(customer, linked.owner, user)
        now = self._billing.refresh(customer, at)
        if now == user.subscribed:
            return None
        return Difference(
            kind="behind" if now else "no_subscription",
            customer=customer,
            owner=user.owner,
            was=_summarize(user.subscribed),
            now=_summarize(now),
            repaired=True,
        )

    def _repair_unlinked(self, customer: str, at: datetime) -> Difference:
        """A paying customer without an owner: link it by its metadata if possible."""
        known = self._stripe.customer(customer)
        user = self._users.find(known.owner) if known and known.owner else None
        if user and not user.deleted_at and user.customer_id in (None, customer):
            self._billing.link(user.owner, customer, at)
            now = _summarize(self._billing.refresh(customer, at))
            return Difference(
                kind="unlinked", customer=customer, owner=user.owner, was=_summarize(None), now=now, repaired=True
            )
        return Difference(kind="unknown", customer=customer, owner=None, was="live", now="live", repaired=False)

    def _end_unowned(self, customer: str, owner: str | None, user: User | None) -> Difference | None:
        """End our plans of a closed account. Refunds are left to operators."""
        live = [
            each for each in self._stripe.subscriptions_of(customer) if each.live and is_our_plan(each, self._plans)
        ]
        if not live:
            return None
        if user and not user.deleted_at:
            return Difference(
                kind="other_customer", customer=customer, owner=owner, was="live", now="live", repaired=False
            )
        for each in live:
            self._stripe.cancel_now(each.id, prorate=False)
        return Difference(
            kind="closed_account", customer=customer, owner=owner, was="live", now="canceled", repaired=True
        )

    def _report(self, found: Difference | None) -> Difference | None:
        if found:
            log.error("billing difference", **found.model_dump())
            count("BillingDifference")
        return found


def _summarize(subscribed: Subscribed | None) -> str:
    return (
        f"{subscribed.plan} {subscribed.status} until {subscribed.period_end:%Y-%m-%d %H:%M}" if subscribed else "none"
    )
