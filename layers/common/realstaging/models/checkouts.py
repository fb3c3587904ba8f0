"""An owner's checkout: what they are about to subscribe to. A row of ours, beside the page at Stripe."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime

from realstaging.models.base import Frozen

# A page that is about to close is not worth opening.
WORTH_OPENING = timedelta(hours=1)
# Whoever made the row opens the page within seconds, or has died; then nobody was told its address.
BEING_OPENED = timedelta(minutes=2)


class OpenCheckout(Frozen):
    """`id` names this one attempt, at Stripe too. Until the page is open there is no `session_id`."""

    id: str
    owner: str
    customer: str
    plan: str
    price: str
    opened_at: AwareDatetime
    ends_at: AwareDatetime
    session_id: str | None = None

    def may_be_open(self, at: datetime) -> bool:
        """Is there a page, known to somebody, that can still be paid on?"""
        return at < (self.ends_at if self.session_id else self.opened_at + BEING_OPENED)

    def serves(self, plan: str, customer: str, at: datetime) -> bool:
        return (
            (self.plan, self.customer) == (plan, customer)
            and self.may_be_open(at)
            and at < self.ends_at - WORTH_OPENING
        )
