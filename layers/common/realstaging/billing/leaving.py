"""The end of an account: what is paid for it ends first."""

from datetime import datetime

from realstaging.billing.checkout import Checkouts
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.stripe import ENDED
from realstaging.stores.users import UserStore


def leave(owner: str, at: datetime, *, users: UserStore, checkouts: Checkouts, stripe: Stripe) -> None:
    """Raises ProviderUnavailableError with the account still open: nobody pays for an account that is gone."""
    customer = users.get(owner).customer_id
    if customer:
        checkouts.close(owner, at)
        for each in stripe.subscriptions_of(customer):
            if each.status not in ENDED:
                stripe.cancel_now(each.id, prorate=False)
    users.mark_for_deletion(owner, at)
