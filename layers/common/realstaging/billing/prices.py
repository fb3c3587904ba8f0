"""Plans and their prices at Stripe: which can be bought, whether they are as configured, and new prices."""

from collections.abc import Mapping
from decimal import Decimal

from realstaging.config import Plan
from realstaging.errors import ValidationFailedError
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.stripe import Price, lookup_key

Plans = Mapping[str, Plan]


def paid(plans: Plans) -> list[str]:
    return [id for id, plan in plans.items() if plan.price_usd > 0]


def check_paid(plan: str, plans: Plans) -> None:
    """Raises ValidationFailedError unless the plan can be bought."""
    known = paid(plans)
    if plan not in known:
        raise ValidationFailedError([{"pointer": "/plan", "message": f"Choose one of: {', '.join(known)}."}])


def price_of(plan: str, plans: Plans, stripe: Stripe) -> Price:
    price = stripe.prices(paid(plans)).get(plan)
    if price is None:
        raise RuntimeError(f"Stripe has no price for the plan {plan}: see docs/billing.md")
    return price


def complaints(plans: Plans, return_url: str, stripe: Stripe) -> list[str]:
    """What keeps plans from being sold, one sentence each, for operators."""
    prices = stripe.prices_now(paid(plans))
    found = [complaint for plan in paid(plans) for complaint in _check_price(plan, plans[plan], prices.get(plan))]
    return found + ([] if return_url else ["stripe.return_url is not set: Stripe's pages lead back nowhere"])


def sync_prices(plans: Plans, stripe: Stripe) -> list[str]:
    """Create the prices that are missing or wrong; returns their plans. Running subscriptions keep their price."""
    prices = stripe.prices_now(paid(plans))
    wrong = [plan for plan in paid(plans) if _check_price(plan, plans[plan], prices.get(plan))]
    # Archived ones too: running subscriptions may still use them.
    named = stripe.named_prices(wrong) if wrong else {}
    for plan in wrong:
        amount, former = cents(plans[plan].price_usd), named.get(plan)
        key = f"price-{plan}-{amount}-after-{former.id if former else 'none'}"
        stripe.make_price(plan, plans[plan].name, amount, former, key=key)
    return wrong


def cents(usd: Decimal) -> int:
    return int(usd * 100)


def _check_price(plan: str, wanted: Plan, price: Price | None) -> list[str]:
    if price is None:
        return [f"{plan}: Stripe has no active price with the lookup key {lookup_key(plan)}"]
    found = []
    if not price.monthly:
        found.append(f"{plan}: the price {price.id} is not by the month")
    if (price.amount, price.currency) != (cents(wanted.price_usd), "usd"):
        amount = Decimal(price.amount or 0).scaleb(-2)
        found.append(
            f"{plan}: the price {price.id} is {amount} {price.currency}, configured are {wanted.price_usd} usd"
        )
    return found
