"""An account as Stripe's customer: the billing portal, and the end of the account."""

from datetime import datetime

from realstaging.billing.checkout import Checkouts
from realstaging.billing.sync import Billing
from realstaging.config import Billing as BillingSettings
from realstaging.config import Stripe as StripeSettings
from realstaging.errors import CustomerGoneError, NoCustomerError
from realstaging.gateways.stripe.client import Stripe
from realstaging.ids import new_id
from realstaging.models.stripe import ENDED
from realstaging.models.subscriptions import PortalView
from realstaging.stores.users import UserStore

NO_SUBSCRIPTION = "Choose a plan with POST /v1/billing/checkout first."


def open_portal(
    owner: str, at: datetime, settings: StripeSettings, *, users: UserStore, billing: Billing, stripe: Stripe
) -> PortalView:
    """A new portal session each time: it expires within minutes. Raises NoCustomerError."""
    customer = users.get(owner).customer_id
    if customer is None:
        raise NoCustomerError(NO_SUBSCRIPTION)
    try:
        return PortalView(url=stripe.open_portal(customer, settings.return_url, key=new_id("prt", at)))
    except CustomerGoneError as error:
        billing.unlink(customer, at)
        raise NoCustomerError(NO_SUBSCRIPTION) from error


def close(
    owner: str, at: datetime, settings: BillingSettings, *, users: UserStore, checkouts: Checkouts, stripe: Stripe
) -> None:
    """Cancel the subscriptions, then close the account.

    Raises ProviderUnavailableError and leaves the account open, so that no closed account is charged.
    """
    customer = users.get(owner).customer_id
    if customer:
        checkouts.close(owner, at)
        for each in stripe.subscriptions_of(customer):
            if each.status not in ENDED:
                stripe.cancel_now(each.id, prorate=False)
        if not settings.keep_customers:
            # Deletes name, e-mail and cards. Invoices stay at Stripe, for bookkeeping.
            stripe.delete_customer(customer)
    users.mark_for_deletion(owner, at)
