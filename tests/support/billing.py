"""Owners who pay, and what their rows say of it."""

from datetime import datetime
from typing import Any

from realstaging.accounts import quota
from realstaging.models.accounts import User
from realstaging.models.stripe import Subscription
from realstaging.stores.users import UserStore
from tests.support.fake_stripe import GOOD_CARD, Payments, checkout, gateway, hook
from tests.support.world import World


def join(world: World, owner: str = "alice") -> None:
    """Somebody's first request."""
    UserStore(world.table).create(owner, "user", world.clock.at)


def become_customer(world: World, owner: str = "alice") -> str:
    """As the first checkout makes them one."""
    made = gateway().create_customer(owner, key=f"customer-{owner}")
    linked: str = world.function("stripe_webhook").billing.link(owner, made.id, world.clock.at)
    return linked


def buy(payments: Payments, customer: str, plan: str = "pro", *, owner: str = "alice", card: str = GOOD_CARD) -> None:
    """Stripe knows of it; we are not told yet."""
    payments.pay(checkout(payments, gateway(), owner, customer, plan), card)


def subscriber(world: World, payments: Payments, plan: str = "pro", *, owner: str = "alice", **how: str) -> str:
    """Somebody who has just paid, their customer; we are not told yet."""
    join(world, owner)
    customer = become_customer(world, owner)
    buy(payments, customer, plan, owner=owner, **how)
    return customer


def subscription(customer: str) -> Subscription:
    """The newest, as Stripe has it."""
    return gateway().subscriptions_of(customer)[0]


def time_passes(world: World, payments: Payments, **span: float) -> None:
    """Here and at Stripe."""
    payments.pass_time(**span)
    world.clock.forward(**span)


def tell(world: World, *events: dict[str, Any]) -> list[int]:
    """Webhooks come; how we answer."""
    return [world.run("stripe_webhook", hook(event))["statusCode"] for event in events]


def user(world: World, owner: str = "alice") -> User:
    return UserStore(world.table).get(owner)


def granted(world: World, at: datetime, owner: str = "alice") -> tuple[str, int, str]:
    """Plan, limit, and the day that names the counters."""
    found = quota.allowance(user(world, owner), world.settings, at)
    return found.plan, found.limit, found.period


def plan(world: World, payments: Payments, owner: str = "alice") -> str:
    """By Stripe's clock."""
    return granted(world, payments.now(), owner)[0]


def rows(world: World, kind: str) -> list[dict[str, Any]]:
    """Stripe's rows of one kind: CUSTOMER, EVENT or PARKED."""
    return [row for row in world.rows() if row["pk"].startswith("STRIPE#") and row["sk"].startswith(kind)]
