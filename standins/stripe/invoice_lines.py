"""Invoice lines: a whole period, or the part of one that a change costs, to the second and the cent."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from standins.stripe import clock, objects
from standins.stripe.account import Account
from standins.stripe.objects import Thing


@dataclass(frozen=True)
class Sold:
    """A price and quantity, as one item of a subscription, for a period."""

    item_id: str
    price: Thing
    quantity: int
    period: Thing


def new_line(subscription: Thing, sold: Sold, amount: int, text: str) -> Thing:
    """A line without proration, on no invoice yet."""
    price = sold.price
    return {
        "id": objects.new_id("il_"),
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


def regular_line(account: Account, subscription: Thing, item: Thing, period: Thing) -> Thing:
    """A whole period of one item."""
    price, quantity = item["price"], item["quantity"]
    each = f"${price['unit_amount'] / 100:.2f} / {price['recurring']['interval']}"
    text = f"{quantity} × {_product_name(account, price)} (at {each})"
    return new_line(subscription, Sold(item["id"], price, quantity, period), price["unit_amount"] * quantity, text)


def proration_line(account: Account, subscription: Thing, sold: Sold, amount: int) -> Thing:
    """A credit for unused time, or the cost of the rest of a period."""
    word = "Unused" if amount < 0 else "Remaining"
    text = f"{word} time on {_product_name(account, sold.price)} after {clock.day(sold.period['start'])}"
    made = new_line(subscription, sold, amount, text)
    made["discountable"] = False
    made["parent"]["subscription_item_details"] |= {"invoice_item": objects.new_id("ii_"), "proration": True}
    return made


def _product_name(account: Account, price: Thing) -> str:
    name: str = account.objects.get("product", price["product"])["name"]
    return name


@dataclass(frozen=True)
class Change:
    """`item` becomes `quantity` of `price`. No item: added; no price: removed."""

    item: Thing | None
    price: Thing | None
    quantity: int
    item_id: str

    @property
    def is_change(self) -> bool:
        if self.item is None or self.price is None:
            return True
        return bool(self.item["price"]["id"] != self.price["id"] or self.item["quantity"] != self.quantity)

    @property
    def moves_period(self) -> bool:
        """A change of interval starts a new period."""
        if self.item is None or self.price is None:
            return False
        before, after = self.item["price"]["recurring"], self.price["recurring"]
        return any(before[name] != after[name] for name in ("interval", "interval_count"))


def new_change(item: Thing | None, price: Thing | None, quantity: int) -> Change:
    return Change(item, price, quantity, item["id"] if item else objects.new_id("si_", objects.SHORT_ID))


def share(amount: int, at: int, start: int, end: int) -> int:
    """The part of a period's amount left at `at`; half a cent is rounded up."""
    exact = Decimal(amount) * (end - at) / (end - start)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def prorate(account: Account, subscription: Thing, changes: list[Change], at: int) -> list[Thing]:
    """Item by item: the credit, then the charge."""
    made = []
    for each in changes:
        if not each.is_change:
            continue
        start, end = _period(subscription, each)
        period = {"start": at, "end": end}
        if each.item is not None:
            old = Sold(each.item_id, each.item["price"], each.item["quantity"], period)
            credit = -share(old.price["unit_amount"] * old.quantity, at, start, end)
            made.append(proration_line(account, subscription, old, credit))
        if each.price is not None and not each.moves_period:
            new = Sold(each.item_id, each.price, each.quantity, period)
            debit = share(each.price["unit_amount"] * each.quantity, at, start, end)
            made.append(proration_line(account, subscription, new, debit))
    return made


def _period(subscription: Thing, each: Change) -> tuple[int, int]:
    item = each.item or subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]
