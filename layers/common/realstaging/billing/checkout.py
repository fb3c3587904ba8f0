"""Opening a Stripe checkout: at most one open session per owner, also for concurrent requests."""

import contextlib
from datetime import datetime, timedelta

from realstaging.billing.entitlements import is_our_plan
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

# Stripe closes the session then: before its idempotency keys expire (a day).
OPEN_FOR = timedelta(hours=23)
TRIES = 12


class Checkouts:
    def __init__(
        self, settings: Settings, *, billing: Billing, users: UserStore, store: CheckoutStore, stripe: Stripe
    ) -> None:
        self._settings, self._billing, self._users = settings, billing, users
        self._store, self._stripe = store, stripe

    def open(self, plan: str, request: IdempotentRequest) -> RequestResult:
        """Raises ValidationFailedError, SubscriptionExistsError, ProviderUnavailableError."""
        if earlier := request.earlier():
            return earlier
        check_paid(plan, self._settings.plans)

        def act(customer: str) -> RequestResult:
            try:
                return self._open(plan, customer, request)
            except CustomerGoneError as error:
                self._billing.unlink(customer, request.at)
                raise LostRaceError({}) from error

        gave_up = VersionConflictError("Another checkout of yours is being opened. Try again.")
        return retry_on_conflict(
            act, lambda: self._ensure_customer(request.owner, request.at), tries=TRIES, gave_up=gave_up
        )

    def close(self, owner: str, at: datetime) -> None:
        """Expire the owner's open session at Stripe."""
        row = self._store.find(owner)
        if row and row.may_be_open(at):
            self._close(row)

    def _ensure_customer(self, owner: str, at: datetime) -> str:
        """The owner's customer id, created on first use; concurrent requests get the same one."""
        known = self._users.get(owner).customer_id
        if known:
            return known
        key = f"customer-{owner}"
        created = self._stripe.create_customer(owner, key=key)
        for _ in range(TRIES):
            if self._stripe.customer(created.id):
                return self._billing.link(owner, created.id, at)
            # It was deleted, but Stripe still replays the answer to this key.
            created = self._stripe.create_customer(owner, key=f"{key}-after-{created.id}")
        raise ProviderUnavailableError("The payment service keeps no customer of yours now. Try again tomorrow.")

    def _open(self, plan: str, customer: str, request: IdempotentRequest) -> RequestResult:
        """Raises LostRaceError, also when the open session was just paid or has just expired."""
        self._check_not_subscribed(customer, request.at)
        row = self._store.find(request.owner)
        if row is None or not row.serves(plan, customer, request.at):
            if row and row.may_be_open(request.at) and row.customer == customer:
                self._close(row)
                self._check_not_subscribed(customer, request.at)
            row = self._start(row, plan, customer, request)
        try:
            session = self._find_session(row)
        except StalePriceError:
            session = None
        if session is None or session.status != "open" or session.url is None:
            self._store.replace(row, row.model_copy(update={"id": _create_id(request.at), "ends_at": request.at}))
            raise LostRaceError({})
        return self._store_answer(
            row, session.id, CheckoutView(url=session.url, expires_at=session.expires_at), request
        )

    def _check_not_subscribed(self, customer: str, at: datetime) -> None:
        """Raises SubscriptionExistsError. Asks Stripe: a payment a second ago may not have reached us yet."""
        if any(
            each.live and is_our_plan(each, self._settings.plans) for each in self._stripe.subscriptions_of(customer)
        ):
            self._billing.refresh(customer, at)
            raise SubscriptionExistsError("Change its plan with PATCH /v1/billing/subscription.")

    def _start(self, former: OpenCheckout | None, plan: str, customer: str, request: IdempotentRequest) -> OpenCheckout:
        """Write the row before calling Stripe, so that concurrent requests open the same session."""
        row = OpenCheckout(
            id=_create_id(request.at),
            owner=request.owner,
            customer=customer,
            plan=plan,
            price=price_of(plan, self._settings.plans, self._stripe).id,
            opened_at=request.at,
            ends_at=request.at + OPEN_FOR,
        )
        self._store.replace(former, row)
        return row

    def _find_session(self, row: OpenCheckout) -> Checkout | None:
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

    def _store_answer(
        self, row: OpenCheckout, session_id: str, view: CheckoutView, request: IdempotentRequest
    ) -> RequestResult:
        outcome = RequestResult.created(view)
        remembered = request.remember(outcome)
        if row.session_id and not remembered:
            return outcome
        try:
            self._store.note_session(row, session_id, *remembered)
        except LostRaceError as error:
            if error.failed.keys() & {0, 1}:
                raise
            return request.repeated()
        return outcome

    def _close(self, row: OpenCheckout) -> None:
        # A session that was paid, has expired or was never opened needs nothing.
        with contextlib.suppress(BillingStateError, StalePriceError):
            session = self._find_session(row)
            if session:
                self._stripe.expire_checkout(session.id, key=f"expire-{session.id}")


def _create_id(at: datetime) -> str:
    return new_id("chk", at)
