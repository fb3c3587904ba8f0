"""What a change in the middle of a period costs, to the second and the cent."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from standins.stripe import ids, lines
from standins.stripe.account import Account
from standins.stripe.objects import Thing


@dataclass(frozen=True)
class Change:
    """`item` becomes `quantity` of `price`; without an item it is added, without a price it goes."""

    item: Thing | None
    price: Thing | None
    quantity: int
    item_id: str

    @property
    def is_one(self) -> bool:
        if self.item is None or self.price is None:
            return True
        return bool(self.item["price"]["id"] != self.price["id"] or self.item["quantity"] != self.quantity)

    @property
    def moves_period(self) -> bool:
        """Another interval starts a period of its own."""
        if self.item is None or self.price is None:
            return False
        before, after = self.item["price"]["recurring"], self.price["recurring"]
        return any(before[name] != after[name] for name in ("interval", "interval_count"))


def change(item: Thing | None, price: Thing | None, quantity: int) -> Change:
    return Change(item, price, quantity, item["id"] if item else ids.new("si_", ids.SHORT))


def share(amount: int, at: int, start: int, end: int) -> int:
    """The part of a period's amount that is left at a moment, half a cent rounded up."""
    exact = Decimal(amount) * (end - at) / (end - start)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def prorated(account: Account, subscription: Thing, changes: list[Change], at: int) -> list[Thing]:
    """First what is given back, then what is asked, item by item."""
    made = []
    for each in changes:
        if not each.is_one:
            continue
        start, end = _period(subscription, each)
        period = {"start": at, "end": end}
        if each.item is not None:
            old = lines.Sold(each.item_id, each.item["price"], each.item["quantity"], period)
            credit = -share(old.price["unit_amount"] * old.quantity, at, start, end)
            made.append(lines.proration(account, subscription, old, credit))
        if each.price is not None and not each.moves_period:
            new = lines.Sold(each.item_id, each.price, each.quantity, period)
            debit = share(each.price["unit_amount"] * each.quantity, at, start, end)
            made.append(lines.proration(account, subscription, new, debit))
    return made


def _period(subscription: Thing, each: Change) -> tuple[int, int]:
    item = each.item or subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]
