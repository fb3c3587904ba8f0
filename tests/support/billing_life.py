"""The life of a subscription, lived once at the stand-in: each step's events, and what Stripe says then."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from realstaging import config
from realstaging.billing.sync import TYPES
from realstaging.gateways.secrets import Secrets
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.stripe import Arrears, BillingEvent, Customer, RetainedPlan, Subscription
from tests.support.fake_stripe import AS_SOLD, FAILS_LATER, GOOD_CARD, Payments, checkout

Expected = tuple[str, int, str | None]


@dataclass(frozen=True)
class Step:
    """`granted`: plan, limit, and the plan that follows, as an owner should have them now."""

    name: str
    granted: Expected
    at: datetime
    events: list[BillingEvent]
    found: list[Subscription]
    arrears: Arrears


class Known(Secrets):
    """The stand-in's key, where there is no parameter to fetch."""

    def __init__(self) -> None:
        """Nothing is fetched."""

    def find(self, reference: str) -> str:
        return "sk_test_local"


class Remembered(Stripe):
    """Says what Stripe said at a step. Whatever else is asked of it is a mistake."""

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self.now: Step | None = None

    def customer(self, customer: str) -> Customer | None:
        return self._customer if customer == self._customer.id else None

    def subscriptions_of(self, customer: str) -> list[Subscription]:
        assert self.now is not None
        return self.now.found if customer == self._customer.id else []

    def arrears_of(self, subscription: str) -> Arrears:
        assert self.now is not None
        return self.now.arrears if subscription == self.now.found[0].id else Arrears()


class Life:
    """Somebody's whole life as a customer, step by step."""

    def __init__(self, payments: Payments) -> None:
        settings = config.load("local", json.dumps({"stripe": {"api_base": payments.url}, "plans": AS_SOLD}))
        self._payments, self._stripe = payments, Stripe(settings, Known())
        self.plans = settings.plans
        self.customer = self._stripe.create_customer("alice", key="customer-alice")
        self._last = payments.events()[-1]["id"]
        self.steps: list[Step] = []
        for name, plan, following, act in self._script():
            act()
            self._remember(name, plan, following)

    def _script(self) -> Sequence[tuple[str, str, str | None, Callable[[], Any]]]:
        return [
            ("subscribe", "pro", None, self._subscribe),
            ("renew", "pro", None, self._renew),
            ("renew again", "pro", None, self._renew),
            ("upgrade", "business", None, self._upgrade),
            ("fail to pay", "business", None, self._fail),
            ("recover", "business", None, self._recover),
            ("downgrade", "business", "pro", self._downgrade),
            ("renew with less", "pro", None, self._renew),
            ("cancel", "pro", None, lambda: self._end(True)),
            ("resume", "pro", None, lambda: self._end(False)),
            ("cancel for good", "pro", None, lambda: self._end(True)),
            ("expire", "free", None, self._renew),
        ]

    @property
    def _now(self) -> Subscription:
        return self._stripe.subscriptions_of(self.customer.id)[0]

    def _subscribe(self) -> None:
        self._payments.pay(checkout(self._payments, self._stripe, "alice", self.customer.id, "pro"), GOOD_CARD)

    def _renew(self) -> None:
        """Two hours into what follows: an invoice lies for an hour before it is collected."""
        self._payments.pass_time(to=int((self._now.period_end + timedelta(hours=2)).timestamp()))

    def _upgrade(self) -> None:
        prices = self._stripe.prices(["pro", "business"])
        self._stripe.change_plan(self._now, prices["business"], prorate=True, key="upgrade")

    def _fail(self) -> None:
        self._payments.script(card={"customer": self.customer.id, "number": FAILS_LATER})
        self._renew()

    def _recover(self) -> None:
        self._payments.script(card={"customer": self.customer.id, "number": GOOD_CARD})
        [due], _ = self._stripe.invoices_of(self.customer.id, 1)
        self._payments.ask("POST", f"/v1/invoices/{due.id}/pay")

    def _downgrade(self) -> None:
        price = self._stripe.prices(["pro", "business"])["pro"]
        kept = RetainedPlan(plan="business", until=self._now.period_end)
        self._stripe.change_plan(self._now, price, prorate=False, key="downgrade", kept=kept)

    def _end(self, ends: bool) -> None:
        self._stripe.set_cancel_at_period_end(self._now.id, ends, key=f"end-{len(self.steps)}")

    def _remember(self, name: str, plan: str, following: str | None) -> None:
        new = self._payments.events(after=self._last)
        self._last = new[-1]["id"]
        events = [BillingEvent.of(each) for each in new if each["type"] in TYPES]
        assert events, f"nothing is told of: {name}"
        granted = (plan, self.plans[plan].images_per_month, following)
        found = self._stripe.subscriptions_of(self.customer.id)
        arrears = self._stripe.arrears_of(found[0].id)
        self.steps.append(Step(name, granted, self._payments.now(), events, found, arrears))
