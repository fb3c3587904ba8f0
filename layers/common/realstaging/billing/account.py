"""Stripe's own page for cards, invoices and plans."""

from datetime import datetime

from realstaging.billing.sync import Billing
from realstaging.config import Stripe as StripeSettings
from realstaging.errors import CustomerGoneError, NoCustomerError
from realstaging.gateways.stripe.client import Stripe
from realstaging.ids import new_id
from realstaging.models.subscriptions import PortalView
from realstaging.stores.users import UserStore

NOTHING_BOUGHT = "Choose a plan with POST /v1/billing/checkout first."


def enter(
    owner: str, at: datetime, settings: StripeSettings, *, users: UserStore, billing: Billing, stripe: Stripe
) -> PortalView:
    """A fresh way in each time: it is good for minutes. Raises NoCustomerError."""
    customer = users.get(owner).customer_id
    if customer is None:
        raise NoCustomerError(NOTHING_BOUGHT)
    try:
        return PortalView(url=stripe.open_portal(customer, settings.return_url, key=new_id("prt", at)))
    except CustomerGoneError as error:
        billing.unlink(customer, at)
        raise NoCustomerError(NOTHING_BOUGHT) from error
