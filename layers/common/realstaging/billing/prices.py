"""Plans as they are sold: which can be bought, and for what price of Stripe's."""

from collections.abc import Mapping

from realstaging.config import Plan
from realstaging.errors import ValidationFailedError
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.catalog import PlanOption
from realstaging.models.stripe import Price
from realstaging.models.subscriptions import PlanPage

Plans = Mapping[str, Plan]


def paid(plans: Plans) -> list[str]:
    return [id for id, plan in plans.items() if plan.price_usd > 0]


def offered(plans: Plans) -> PlanPage:
    return PlanPage(
        items=[
            PlanOption(id=id, name=plan.name, price_usd=plan.price_usd, images_per_month=plan.images_per_month)
            for id, plan in plans.items()
        ]
    )


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
