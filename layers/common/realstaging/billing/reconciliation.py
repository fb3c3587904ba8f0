"""Every subscription at Stripe against its owner's row, and back: what a lost webhook left behind is made good."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from realstaging.billing.entitlements import ours
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

# Subscriptions that ended longer ago than this are not compared.
LONG_AGO = timedelta(days=40)
PAGE = 100

# Where to go on, and the customers that are not as our rows have them.
type Page = tuple[ReconciliationCursor | None, list[str]]


@dataclass
class Report:
    """`cursor`: where to go on; None when everything was looked at."""

    looked: int = 0
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
        """From there on, for as long as there is time; at least a page.

        `pause` lets webhooks that are on their way arrive: what they mend is no difference.
        """
        report = Report(cursor=cursor)
        self._seen.clear()
        while report.cursor:
            if report.cursor.part == "subscriptions":
                report.cursor, suspects = self._look_at_subscriptions(report.cursor, at, report)
            else:
                report.cursor, suspects = self._look_at_users(report.cursor, report)
            if suspects:
                pause()
            report.differences += [found for each in suspects if (found := self._told(self._checked(each, at)))]
            if time.monotonic() > until:
                break
        return report

    def _look_at_subscriptions(self, cursor: ReconciliationCursor, at: datetime, report: Report) -> Page:
        """The customers of a page of Stripe's that are not as our rows have them."""
        try:
            page, more = self._stripe.list_subscriptions(cursor.after)
        except ValidationFailedError:
            return ReconciliationCursor(), []  # what it went on after is gone
        report.looked += len(page)
        self._seen |= {each.id for each in page}
        recent = [each for each in page if each.live or each.period_end > at - LONG_AGO]
        customers = dict.fromkeys(each.customer for each in recent if ours(each, self._plans))
        suspects = [each for each in customers if self._differs([one for one in recent if one.customer == each])]
        return (ReconciliationCursor(after=more) if more else ReconciliationCursor(part="users")), suspects

    def _differs(self, theirs: list[Subscription]) -> bool:
        linked = self._store.linked(theirs[0].customer)
        user = self._users.find(linked.owner) if linked and linked.owner else None
        live = any(each.live for each in theirs)
        if user is None or user.deleted_at or user.customer_id != theirs[0].customer:
            return live
        row = user.subscribed
        compared = [each for each in theirs if each.live or (row and each.id == row.id)]
        return any(self._billing.given(each, theirs) != row for each in compared)

    def _look_at_users(self, cursor: ReconciliationCursor, report: Report) -> Page:
        """The customers of owners whose rows tell of something that was not among Stripe's."""
        page, more = self._users.page(limit=PAGE, before=cursor.after)
        report.looked += len(page)
        return (ReconciliationCursor(part="users", after=more) if more else None), list(self._unseen(page))

    def _unseen(self, page: Iterable[User]) -> Iterable[str]:
        for user in page:
            held = user.subscribed
            if held and held.status in LIVE and held.id not in self._seen and user.customer_id and not user.deleted_at:
                yield user.customer_id

    def _checked(self, customer: str, at: datetime) -> Difference | None:
        """One that cannot be dealt with does not keep the others waiting."""
        try:
            return self._settled(customer, at)
        except ProviderUnavailableError:
            raise
        except Exception:
            log.exception("customer could not be reconciled", customer_id=customer)
            return Difference(kind="failed", customer=customer, owner=None, was="?", now="?", repaired=False)

    def _settled(self, customer: str, at: datetime) -> Difference | None:
        """Asked again, and written; None if it is as it should be by now."""
        linked = self._store.linked(customer)
        if linked is None:
            return self._stranger(customer, at)
        user = self._users.find(linked.owner) if linked.owner else None
        if user is None or user.deleted_at or user.customer_id != customer:
            return self._unowned(customer, linked.owner, user)
        now = self._billing.refresh(customer, at)
        if now == user.subscribed:
            return None
        return Difference(
            kind="behind" if now else "no_subscription",
            customer=customer,
            owner=user.owner,
            was=_said(user.subscribed),
            now=_said(now),
            repaired=True,
        )

    def _stranger(self, customer: str, at: datetime) -> Difference:
        """A paying customer without an owner: link it by its metadata if possible."""
        known = self._stripe.customer(customer)
        user = self._users.find(known.owner) if known and known.owner else None
        if user and not user.deleted_at and user.customer_id in (None, customer):
            self._billing.link(user.owner, customer, at)
            now = _said(self._billing.refresh(customer, at))
            return Difference(
                kind="unlinked", customer=customer, owner=user.owner, was=_said(None), now=now, repaired=True
            )
        return Difference(kind="unknown", customer=customer, owner=None, was="live", now="live", repaired=False)

    def _unowned(self, customer: str, owner: str | None, user: User | None) -> Difference | None:
        """End our plans of a closed account. Refunds are left to operators."""
        live = [each for each in self._stripe.subscriptions_of(customer) if each.live and ours(each, self._plans)]
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

    def _told(self, found: Difference | None) -> Difference | None:
        if found:
            log.error("billing difference", **found.model_dump())
            count("BillingDifference")
        return found


def _said(held: Subscribed | None) -> str:
    return f"{held.plan} {held.status} until {held.period_end:%Y-%m-%d %H:%M}" if held else "none"
