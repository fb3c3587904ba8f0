"""Webhooks come twice, late, in any order or not at all: the state is Stripe's all the same."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realstaging.accounts import quota
from realstaging.billing.entitlements import entitlement
from realstaging.billing.sync import Billing
from realstaging.config import Settings
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.accounts import User
from realstaging.models.stripe import BillingEvent, Subscription
from realstaging.stores.billing import BillingStore
from realstaging.stores.users import UserStore
from tests.support.billing_life import Expected, Life, Remembered, Step
from tests.support.fake_stripe import Payments
from tests.support.fakes import public
from tests.support.moto_direct import Straight, straight
from tests.support.world import World

Deliveries = list[list[BillingEvent]]


@pytest.fixture(scope="module")
def life(running_payments: Payments) -> Iterator[Life]:
    running_payments.forget()
    yield Life(running_payments)
    running_payments.forget()


@dataclass(frozen=True)
class Told:
    """An owner whose customer is known, and what is heard of it."""

    table: Straight
    store: BillingStore
    users: UserStore
    stripe: Remembered
    billing: Billing
    settings: Settings

    def begin(self, life: Life) -> None:
        """In a table with nothing else in it."""
        at = life.steps[0].at
        self.table.clear()
        self.users.create("alice", "user", at)
        self.store.link("alice", life.customer.id, at)

    def hear(self, event: BillingEvent, at: datetime) -> None:
        """As the webhook does."""
        if not self.store.applied(event.id):
            self.billing.apply(event, at)

    def hear_first(self, step: Step) -> None:
        self.stripe.now = step
        self.hear(step.events[0], step.at)

    @property
    def user(self) -> User:
        return self.users.get("alice")

    def granted(self, at: datetime) -> Expected:
        user = self.user
        now, paid = quota.allowance(user, self.settings, at), user.subscribed
        return now.plan, now.limit, paid.next_plan if paid and now.plan != "free" else None


@pytest.fixture
def told(world: World, life: Life) -> Told:
    table, rows = straight(world.table)
    store, users, stripe = BillingStore(rows), UserStore(rows), Remembered(life.customer)
    billing = Billing(world.settings, store=store, users=users, stripe=stripe)
    return Told(table, store, users, stripe, billing, world.settings)


def tellings(life: Life, seed: int) -> Deliveries:
    """What comes at each step: of its own events at least one, then some late, some twice, some never."""
    chance = random.Random(seed)
    coming: Deliveries = [[] for _ in [*life.steps, None]]
    for number, step in enumerate(life.steps):
        witness, *others = chance.sample(step.events, len(step.events))
        coming[number].append(witness)
        for event in others:
            when = chance.choice(["now", "late", "never"])
            if when != "never":
                coming[number if when == "now" else chance.randrange(number, len(coming))].append(event)
        coming[chance.randrange(number, len(coming))].append(chance.choice(step.events))
    for each in coming:
        chance.shuffle(each)
    return coming


def test_the_remembered_stripe_has_nothing_the_real_one_has_not() -> None:
    assert {name: public(Stripe)[name] for name in public(Remembered)} == public(Remembered)


def test_a_life_told_in_order_is_granted_as_it_goes(told: Told, life: Life) -> None:
    told.begin(life)
    periods = {}
    for step in life.steps:
        told.stripe.now = step
        for event in step.events:
            told.hear(event, step.at)
        assert told.granted(step.at) == step.granted, step.name
        periods[step.name] = quota.allowance(told.user, told.settings, step.at).period

    statuses = {step.name: step.found[0].status for step in life.steps}
    assert (statuses["fail to pay"], statuses["recover"], statuses["expire"]) == ("past_due", "active", "canceled")
    # One set of counters a period: changes within it go on with the same ones.
    # A renewal that is not paid opens no new ones.
    assert periods["renew again"] == periods["upgrade"] == periods["fail to pay"]
    assert periods["recover"] == periods["downgrade"]
    assert periods["renew with less"] == periods["cancel"] == periods["resume"] == periods["cancel for good"]
    assert len(set(periods.values())) == 6


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_however_it_is_told_it_is_granted_as_it_is(told: Told, life: Life, seed: int) -> None:
    told.begin(life)
    *steps, rest = tellings(life, seed)

    for step, events in zip(life.steps, steps, strict=True):
        told.stripe.now = step
        heard = False
        for event in events:
            told.hear(event, step.at)
            heard = heard or event in step.events
            if heard:
                assert told.granted(step.at) == step.granted, step.name
    last = life.steps[-1]
    for event in rest:
        told.hear(event, last.at)

    assert told.user.subscribed == entitlement(last.found[0], told.settings.plans)
    assert told.granted(last.at) == last.granted


def test_silence_is_believed_for_the_leeway_only(told: Told, life: Life) -> None:
    """Nothing of the renewal is heard: the plan goes on for two days, then it is the free one."""
    told.begin(life)
    told.hear_first(life.steps[0])

    assert told.granted(life.steps[1].at)[0] == "pro"
    assert told.granted(life.steps[2].at)[0] == "free"


def test_of_two_processes_the_one_that_asked_later_is_right(
    told: Told, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first asks Stripe and is held up; the second asks later and writes; the first must not write after it."""
    told.begin(life)
    early, late = life.steps[0], life.steps[3]
    _held_up(monkeypatch, lambda: told.hear_first(late))

    told.hear_first(early)

    assert told.granted(late.at) == late.granted


def test_a_change_and_back_is_not_undone_by_who_saw_it_in_between(
    told: Told, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds nothing new, and still the first, who saw another state before, may not write after it."""
    told.begin(life)
    steps = {step.name: step for step in life.steps}
    told.hear_first(steps["renew with less"])
    before = told.user

    def resumed() -> None:
        told.hear_first(steps["resume"])
        assert told.user == before

    _held_up(monkeypatch, resumed)
    told.hear_first(steps["cancel"])

    assert told.user == before


def test_who_asks_without_an_event_does_not_write_late_either(
    told: Told, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.begin(life)
    early, late = life.steps[0], life.steps[3]
    _held_up(monkeypatch, lambda: told.hear_first(late))
    told.stripe.now = early

    now = told.billing.refresh(life.customer.id, late.at)

    assert now == told.user.subscribed
    assert told.granted(late.at) == late.granted


def test_a_customer_that_never_rests_is_left_for_later(told: Told, life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    told.begin(life)
    step, ask = life.steps[0], Remembered.subscriptions_of

    def restless(stripe: Remembered, customer: str) -> list[Subscription]:
        linked = told.store.linked(customer)
        assert linked is not None
        told.store.write(linked, step.at, event=None, user=None, subscribed=None)
        return ask(stripe, customer)

    monkeypatch.setattr(Remembered, "subscriptions_of", restless)

    with pytest.raises(RuntimeError, match="faster"):
        told.hear_first(step)
    with pytest.raises(RuntimeError, match="faster"):
        told.billing.refresh(life.customer.id, step.at)
    assert told.user.subscribed is None
    assert not told.store.applied(step.events[0].id)


def _held_up(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> None:
    """Between the next answer of Stripe and what is made of it, something else happens."""
    ask, waiting = Remembered.subscriptions_of, [meanwhile]

    def slowly(stripe: Remembered, customer: str) -> list[Subscription]:
        answer = ask(stripe, customer)
        if waiting:
            waiting.pop()()
        return answer

    monkeypatch.setattr(Remembered, "subscriptions_of", slowly)
