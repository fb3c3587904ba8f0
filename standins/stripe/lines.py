"""Invoice lines: what is billed for which time, and whether it makes up for a change in between."""

from dataclasses import dataclass

from standins.stripe import clock, ids
from standins.stripe.account import Account
from standins.stripe.objects import Thing


@dataclass(frozen=True)
class Sold:
    """So many of a price, as one item of a subscription, for some time."""

    item_id: str
    price: Thing
    quantity: int
    period: Thing


def line(subscription: Thing, sold: Sold, amount: int, text: str) -> Thing:
    """One that is no proration, on no invoice yet."""
    price = sold.price
    return {
        "id": ids.new("il_"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": text,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": dict(subscription["metadata"]),
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": sold.item_id,
            },
            "type": "subscription_item_details",
        },
        "period": sold.period,
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": sold.quantity,
        "quantity_decimal": str(sold.quantity),
        "subscription": subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }


def regular(account: Account, subscription: Thing, item: Thing, period: Thing) -> Thing:
    """A whole period of one item."""
    price, quantity = item["price"], item["quantity"]
    each = f"${price['unit_amount'] / 100:.2f} / {price['recurring']['interval']}"
    text = f"{quantity} × {_name(account, price)} (at {each})"
    return line(subscription, Sold(item["id"], price, quantity, period), price["unit_amount"] * quantity, text)


def proration(account: Account, subscription: Thing, sold: Sold, amount: int) -> Thing:
    """A credit for time not used, or what the rest of a period costs."""
    word = "Unused" if amount < 0 else "Remaining"
    text = f"{word} time on {_name(account, sold.price)} after {clock.day(sold.period['start'])}"
    made = line(subscription, sold, amount, text)
    made["discountable"] = False
    made["parent"]["subscription_item_details"] |= {"invoice_item": ids.new("ii_"), "proration": True}
    return made


def _name(account: Account, price: Thing) -> str:
    name: str = account.objects.get("product", price["product"])["name"]
    return name
