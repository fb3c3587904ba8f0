"""What comparing our rows with Stripe brings to light, and how far it has come."""

from typing import Literal

from realstaging.models.base import Frozen


class Difference(Frozen):
    """What our row said of a customer, and what Stripe says; in words, for operators.

    `kind`: the row was `behind`; Stripe has `no_subscription` where the row has one; the customer was `unlinked`,
    or is `unknown`; the subscription is of a `closed_account`, or of an `other_customer` of its owner's; or looking
    at it `failed`, and the log says why.
    """

    kind: Literal["behind", "no_subscription", "unlinked", "unknown", "closed_account", "other_customer", "failed"]
    customer: str
    owner: str | None
    was: str
    now: str
    repaired: bool


class Place(Frozen):
    """Where to go on: first all subscriptions of Stripe's, then all users of ours."""

    part: Literal["subscriptions", "users"] = "subscriptions"
    after: str | None = None
