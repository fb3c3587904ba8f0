"""Stripe, through its own package: calls with our timeouts, results as our models, errors as our errors.

The package is imported at the first call: the webhook answers most deliveries without it. Every POST
takes the caller's idempotency key, so that retries, also those of the package, have one effect. DELETE
needs none.
"""

import functools
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from realstaging.config import Settings
from realstaging.errors import BillingNotSetUpError, BillingStateError, CustomerGoneError
from realstaging.gateways.secrets import Secrets
from realstaging.models.stripe import (
    Arrears,
    Card,
    Checkout,
    Customer,
    Included,
    Invoice,
    Preview,
    Price,
    RetainedPlan,
    Subscription,
    lookup_key,
)

if TYPE_CHECKING:
    from stripe import StripeClient
    from stripe._stripe_object import StripeObject

# The API version of the package in layers/stripe; events in another version are accepted.
API_VERSION = "2026-10-28.endive"
PRICES_SECONDS = 600
PAGE = 100
# Included in lists of subscriptions: shows whether their renewal is paid.
INVOICES = ["data.latest_invoice"]


class StalePriceError(Exception):
    """A cached price is not sold any more. The cache is cleared, so that a repeated call uses the current one."""


class Stripe:
    """Every call raises ProviderUnavailableError when Stripe cannot be reached, BillingNotSetUpError without a
    key, and RefusedError for a fault of ours.
    """

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._limits, self._secrets = settings.stripe, secrets
        self._prices: dict[tuple[str, ...], tuple[float, dict[str, Price]]] = {}

    @functools.cached_property
    def _client(self) -> "StripeClient":
        from realstaging.gateways.stripe.transport import client

        return client(self._limits, self._secret_key())

    def _secret_key(self) -> str:
        key = self._secrets.find(self._limits.secret_key)
        if key is None:
            raise BillingNotSetUpError
        return key

    def require_set_up(self) -> None:
        """Raises BillingNotSetUpError on a deployment without a secret key. Does not call Stripe."""
        self._secret_key()

    # -- customers -----------------------------------------------------------------------------------------

    def create_customer(self, owner: str, *, key: str, email: str | None = None) -> Customer:
        params: Any = {"metadata": {"owner": owner}} | ({"email": email} if email else {})
        return Customer.of(self._call(lambda client: client.v1.customers.create(params, _keyed(key))))

    def customer(self, customer: str) -> Customer | None:
        """None if it does not exist or was deleted."""
        data = self._call_or_none(lambda client: client.v1.customers.retrieve(customer))
        return None if data is None or data.get("deleted") else Customer.of(data)

    def cards_of(self, customer: str) -> list[Card]:
        params: Any = {"type": "card", "limit": PAGE}
        data = self._call(lambda client: client.v1.customers.payment_methods.list(customer, params))
        return [Card.of(each) for each in data["data"]]

    def invoices_of(self, customer: str, limit: int, before: str | None = None) -> tuple[list[Invoice], bool]:
        """Newest first, after the invoice `before`; and whether there are more."""
        params: Any = {"customer": customer, "limit": limit} | ({"starting_after": before} if before else {})
        data = self._call(lambda client: client.v1.invoices.list(params))
        return [Invoice.of(each) for each in data["data"]], bool(data["has_more"])

    def arrears_of(self, subscription: str) -> Arrears:
        params: Any = {"subscription": subscription, "limit": PAGE}
        return Arrears.of(self._call(lambda client: client.v1.invoices.list(params))["data"])

    def delete_customer(self, customer: str) -> None:
        """Delete a customer and its cards; invoices stay at Stripe. A deleted one is no error."""
        self._call_or_none(lambda client: client.v1.customers.delete(customer))

    # -- prices, checkout, portal --------------------------------------------------------------------------

    def prices(self, plans: Iterable[str]) -> dict[str, Price]:
        """The price of each of these plans that has one at Stripe; cached for ten minutes."""
        wanted = tuple(sorted(plans))
        until, known = self._prices.get(wanted, (0.0, {}))
        if until > time.monotonic():
            return known
        prices = self.prices_now(wanted)
        if len(prices) == len(wanted):
            self._prices[wanted] = time.monotonic() + PRICES_SECONDS, prices
        return prices

    def prices_now(self, plans: Iterable[str]) -> dict[str, Price]:
        """Likewise, without the cache."""
        return {plan: price for plan, price in self.named_prices(plans).items() if price.active}

    def named_prices(self, plans: Iterable[str]) -> dict[str, Price]:
        """The price with the lookup key of each of these plans, active or not."""
        wanted = sorted(plans)
        params: Any = {"lookup_keys": [lookup_key(plan) for plan in wanted], "limit": PAGE}
        data = self._call(lambda client: client.v1.prices.list(params))
        found = {price.plan: price for price in map(Price.of, data["data"])}
        return {plan: found[plan] for plan in wanted if plan in found}

    def make_price(self, plan: str, name: str, amount: int, former: Price | None, *, key: str) -> Price:
        """A plan's monthly price in US cents from now on. Running subscriptions keep the former one."""
        params: Any = {
            "currency": "usd",
            "unit_amount": amount,
            "recurring": {"interval": "month"},
            "lookup_key": lookup_key(plan),
            "transfer_lookup_key": True,
            "metadata": {"plan": plan},
        }
        if former:
            # The lookup key moves to the new price: metadata still tells the plan of the former one's subscriptions.
            mark: Any = {"metadata": {"plan": plan}}
            self._call(lambda client: client.v1.prices.update(former.id, mark, _keyed(f"{key}-former")))
        # Both prices belong to one product.
        params |= {"product": former.product} if former and former.product else {"product_data": {"name": name}}
        return Price.of(self._call(lambda client: client.v1.prices.create(params, _keyed(key))))

    def open_checkout(
        self,
        customer: str,
        owner: str,
        price: Price,
        *,
        success_url: str,
        cancel_url: str,
        expires_at: datetime | None = None,
        key: str,
    ) -> Checkout:
        """A checkout session, open for 24 hours or until `expires_at`. Raises CustomerGoneError."""
        params: Any = {
            "mode": "subscription",
            "customer": customer,
            "client_reference_id": owner,
            "line_items": [{"price": price.id, "quantity": 1}],
            # With payment methods that take days, Stripe activates a subscription before it is paid.
            "allowed_payment_method_types": ["card"],
            "metadata": {"owner": owner, "plan": price.plan or ""},
            "subscription_data": {"metadata": {"owner": owner}},
            "success_url": success_url,
            "cancel_url": cancel_url,
        } | ({"expires_at": int(expires_at.timestamp())} if expires_at else {})
        return Checkout.of(self._call(lambda client: client.v1.checkout.sessions.create(params, _keyed(key))))

    def find_checkout(self, checkout: str) -> Checkout | None:
        data = self._call_or_none(lambda client: client.v1.checkout.sessions.retrieve(checkout))
        return None if data is None else Checkout.of(data)

    def expire_checkout(self, checkout: str, *, key: str) -> Checkout:
        """Raises BillingStateError unless it is open."""
        return Checkout.of(self._call(lambda client: client.v1.checkout.sessions.expire(checkout, None, _keyed(key))))

    def open_portal(self, customer: str, return_url: str, *, key: str) -> str:
        """The URL of a billing portal session. Raises CustomerGoneError."""
        params: Any = {"customer": customer, "return_url": return_url}
        return str(self._call(lambda client: client.v1.billing_portal.sessions.create(params, _keyed(key)))["url"])

    # -- subscriptions -------------------------------------------------------------------------------------

    def subscriptions_of(self, customer: str) -> list[Subscription]:
        """All subscriptions of a customer, newest first; empty if the customer was deleted."""
        params: Any = {"customer": customer, "status": "all", "limit": PAGE, "expand": INVOICES}
        try:
            data = self._call(lambda client: client.v1.subscriptions.list(params))
        except CustomerGoneError:
            return []
        return [Subscription.of(each) for each in data["data"]]

    def list_subscriptions(
        self, after: str | None = None, *, status: str = "all"
    ) -> tuple[list[Subscription], str | None]:
        """A page of all subscriptions, newest first, and the next page's `after`."""
        params: Any = {"status": status, "limit": PAGE, "expand": INVOICES}
        params |= {"starting_after": after} if after else {}
        data = self._call(lambda client: client.v1.subscriptions.list(params))
        found = data["data"]
        return [Subscription.of(each) for each in found], found[-1]["id"] if data["has_more"] and found else None

    def preview_change(
        self, subscription: Subscription, price: Price, *, prorate: bool, at: datetime | None = None
    ) -> Preview:
        """The cost of a change: now when prorated, else at the renewal. The same `at` gives the same sum."""
        details: dict[str, Any] = {"items": [{"id": subscription.item, "price": price.id}]}
        details |= _prorated(prorate, at)
        params: Any = {
            "customer": subscription.customer,
            "subscription": subscription.id,
            "subscription_details": details,
        }
        return Preview.of(self._call(lambda client: client.v1.invoices.create_preview(params)))

    def change_plan(
        self,
        subscription: Subscription,
        price: Price,
        *,
        prorate: bool,
        key: str,
        at: datetime | None = None,
        kept: RetainedPlan | None = None,
        included: Included | None = None,
    ) -> Subscription:
        """Change the price, as `entitlements.change` decides.

        Prorated: the difference until the period's end is paid now, and `included` is what the period includes
        after it; raises PaymentDeclinedError and changes nothing if it is not paid. Else the price applies from
        the renewal on, and `kept` is the plan until then. Raises BillingStateError for an ended subscription.
        """
        params: Any = {
            "items": [{"id": subscription.item, "price": price.id}],
            # An empty value removes a metadata key.
            "metadata": (kept.metadata if kept else {"kept_plan": "", "kept_until": ""})
            | (included.metadata if included else {}),
            **_prorated(prorate, at),
        }
        if prorate:
            params["payment_behavior"] = "error_if_incomplete"
        return self._update(subscription.id, params, key)

    def set_cancel_at_period_end(
        self, subscription: str, ends: bool, *, key: str, by_date: bool = False
    ) -> Subscription:
        """`key`: new for each change; with a used key, Stripe replays the first answer and changes nothing.

        `by_date`: the end was set as a date, and can only be removed as one.
        """
        return self._update(subscription, {"cancel_at": ""} if by_date else {"cancel_at_period_end": ends}, key)

    def cancel_now(self, subscription: str, *, prorate: bool) -> None:
        """End a subscription now; prorated, the unused time becomes credit. An ended one is no error."""
        params: Any = {"prorate": prorate, "invoice_now": prorate}
        self._call_or_none(lambda client: client.v1.subscriptions.cancel(subscription, params))

    def _update(self, subscription: str, params: Any, key: str) -> Subscription:
        return Subscription.of(
            self._call(lambda client: client.v1.subscriptions.update(subscription, params, _keyed(key)))
        )

    # -- calls ---------------------------------------------------------------------------------------------

    def _call_or_none(self, call: Callable[["StripeClient"], "StripeObject"]) -> dict[str, Any] | None:
        """The result of a call; None if the object does not exist. Other errors are raised."""
        try:
            return self._call(call)
        except (BillingStateError, CustomerGoneError) as error:
            if getattr(error.__cause__, "code", None) != "resource_missing":
                raise
            return None

    def _call(self, call: Callable[["StripeClient"], "StripeObject"]) -> dict[str, Any]:
        client = self._client
        from stripe import AuthenticationError, StripeError

        from realstaging.gateways.stripe.errors import translated

        try:
            return call(client).to_dict()
        except AuthenticationError as error:
            # The key may have been changed: the next call fetches it again.
            self._secrets.forget(self._limits.secret_key)
            self.__dict__.pop("_client", None)
            raise translated(error) from error
        except StripeError as error:
            if str(getattr(error, "param", "")).endswith("[price]"):
                self._prices.clear()
                raise StalePriceError from error
            raise translated(error) from error


def _keyed(key: str) -> Any:
    return {"idempotency_key": key}


def _prorated(prorate: bool, at: datetime | None) -> dict[str, Any]:
    if not prorate:
        return {"proration_behavior": "none"}
    return {"proration_behavior": "always_invoice"} | ({"proration_date": int(at.timestamp())} if at else {})
