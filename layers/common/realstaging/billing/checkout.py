"""How an owner comes to a subscription: a page of Stripe's, one at a time, however often it is asked for."""

import contextlib
from datetime import datetime, timedelta

from realstaging.billing.entitlements import ours
from realstaging.billing.prices import check_paid, price_of
from realstaging.billing.sync import Billing
from realstaging.config import Settings
from realstaging.errors import (
    BillingStateError,
    CustomerGoneError,
    ProviderUnavailableError,
    SubscriptionExistsError,
    VersionConflictError,
)
from realstaging.gateways.stripe.client import StalePriceError, Stripe
from realstaging.idempotency import IdempotentRequest, RequestResult
from realstaging.ids import new_id
from realstaging.models.stripe import Checkout, Price
from realstaging.models.subscriptions import CheckoutView, OpenCheckout
from realstaging.stores.billing import CheckoutStore
from realstaging.stores.table import LostRaceError, retry_on_conflict
from realstaging.stores.users import UserStore

# Stripe closes the page then: sooner than its idempotency keys expire (a day).
OPEN_FOR = timedelta(hours=23)
TRIES = 12


class Checkouts:
    def __init__(
        self, settings: Settings, *, billing: Billing, users: UserStore, store: CheckoutStore, stripe: Stripe
    ) -> None:
        self._settings, self._billing, self._users = settings, billing, users
        self._store, self._stripe = store, stripe

    def open(self, plan: str, once: IdempotentRequest) -> RequestResult:
        """Raises ValidationFailedError, SubscriptionExistsError, ProviderUnavailableError."""
        if earlier := once.earlier():
            return earlier
        check_paid(plan, self._settings.plans)

        def act(customer: str) -> RequestResult:
            try:
                return self._opened(plan, customer, once)
            except CustomerGoneError as error:
                self._billing.unlink(customer, once.at)
                raise LostRaceError({}) from error

        gave_up = VersionConflictError("Another checkout of yours is being opened. Try again.")
        return retry_on_conflict(act, lambda: self._customer(once.owner, once.at), tries=TRIES, gave_up=gave_up)

    def close(self, owner: str, at: datetime) -> None:
        """Close the owner's open page at Stripe."""
        row = self._store.find(owner)
        if row and row.may_be_open(at):
            self._close(row)

    def _customer(self, owner: str, at: datetime) -> str:
        """Made on first use: at the same time too, all get the same one."""
        known = self._users.get(owner).customer_id
        if known:
            return known
        key = f"customer-{owner}"
        made = self._stripe.create_customer(owner, key=key)
        for _ in range(TRIES):
            if self._stripe.customer(made.id):
                return self._billing.link(owner, made.id, at)
            # Deleted at Stripe, which still remembers the answer.
            made = self._stripe.create_customer(owner, key=f"{key}-after-{made.id}")
        raise ProviderUnavailableError("The payment service keeps no customer of yours now. Try again tomorrow.")

    def _opened(self, plan: str, customer: str, once: IdempotentRequest) -> RequestResult:
        """Raises LostRaceError, also when the open page was just paid on or has just run out."""
        self._refuse_second(customer, once.at)
        row = self._store.find(once.owner)
        if row is None or not row.serves(plan, customer, once.at):
            if row and row.may_be_open(once.at) and row.customer == customer:
                self._close(row)
                self._refuse_second(customer, once.at)
            row = self._begun(row, plan, customer, once)
        try:
            page = self._page(row)
        except StalePriceError:
            page = None
        if page is None or page.status != "open" or page.url is None:
            self._store.replace(row, row.model_copy(update={"id": _name(once.at), "ends_at": once.at}))
            raise LostRaceError({})
        return self._told(row, page.id, CheckoutView(url=page.url, expires_at=page.expires_at), once)

    def _refuse_second(self, customer: str, at: datetime) -> None:
        """Stripe is asked: what was paid a second ago may not have reached us yet."""
        if any(each.live and ours(each, self._settings.plans) for each in self._stripe.subscriptions_of(customer)):
            self._billing.refresh(customer, at)
            raise SubscriptionExistsError("Change its plan with PATCH /v1/billing/subscription.")

    def _begun(self, former: OpenCheckout | None, plan: str, customer: str, once: IdempotentRequest) -> OpenCheckout:
        """Write the row before asking Stripe, so that concurrent requests ask for the same page."""
        row = OpenCheckout(
            id=_name(once.at),
            owner=once.owner,
            customer=customer,
            plan=plan,
            price=price_of(plan, self._settings.plans, self._stripe).id,
            opened_at=once.at,
            ends_at=once.at + OPEN_FOR,
        )
        self._store.replace(former, row)
        return row

    def _page(self, row: OpenCheckout) -> Checkout | None:
        if row.session_id:
            return self._stripe.find_checkout(row.session_id)
        back = self._settings.stripe.return_url
        return self._stripe.open_checkout(
            row.customer,
            row.owner,
            Price(id=row.price, plan=row.plan),
            success_url=f"{back}?checkout=done",
            cancel_url=f"{back}?checkout=canceled",
            expires_at=row.ends_at,
            key=f"checkout-{row.id}",
        )

    def _told(self, row: OpenCheckout, session_id: str, shown: CheckoutView, once: IdempotentRequest) -> RequestResult:
        outcome = RequestResult.created(shown)
        remembered = once.remember(outcome)
        if row.session_id and not remembered:
            return outcome
        try:
            self._store.opened(row, session_id, *remembered)
        except LostRaceError as error:
            if error.failed.keys() & {0, 1}:
                raise
            return once.repeated()
        return outcome

    def _close(self, row: OpenCheckout) -> None:
        # No longer open is as good, and never opened.
        with contextlib.suppress(BillingStateError, StalePriceError):
            page = self._page(row)
            if page:
                self._stripe.expire_checkout(page.id, key=f"expire-{page.id}")


def _name(at: datetime) -> str:
    return new_id("chk", at)
