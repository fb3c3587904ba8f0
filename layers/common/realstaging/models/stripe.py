"""What Stripe holds, in our words: read from its answers and its events, never written to the table as they are."""

import itertools
import re
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import AwareDatetime

from realstaging.models.base import Frozen

# While these last, Stripe means to collect money for the subscription.
LIVE = ("trialing", "active", "past_due")
# Nothing becomes of these any more.
ENDED = ("canceled", "incomplete_expired")
# What Stripe says of an invoice for the next period, and of one that is not paid.
RENEWAL = "subscription_cycle"
UNPAID = ("draft", "open", "uncollectible")
LOOKUP_KEY = re.compile(r"realstaging_([a-z0-9_-]+)_monthly")


def lookup_key(plan: str) -> str:
    return f"realstaging_{plan}_monthly"


def moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


class Price(Frozen):
    """A plan's monthly price; `amount` in minor units. `plan` None: the price is not one of ours."""

    id: str
    plan: str | None
    amount: int | None = None
    currency: str = "usd"
    monthly: bool = True
    active: bool = True
    product: str | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """A lookup key moves on to a plan's next price; the former one is known by its metadata."""
        named = LOOKUP_KEY.fullmatch(data.get("lookup_key") or "")
        plan = named[1] if named else (data.get("metadata") or {}).get("plan")
        recurring = data.get("recurring") or {}
        return cls(
            id=data["id"],
            plan=plan,
            amount=data.get("unit_amount"),
            currency=data.get("currency") or "usd",
            monthly=(recurring.get("interval"), recurring.get("interval_count", 1)) == ("month", 1),
            active=data.get("active", True),
            product=_id(data.get("product")),
        )


class RetainedPlan(Frozen):
    """The plan that was paid for, until the period is over in which its owner chose a smaller one."""

    plan: str
    until: AwareDatetime

    @classmethod
    def of(cls, metadata: dict[str, str]) -> Self | None:
        plan, until = metadata.get("kept_plan"), metadata.get("kept_until") or ""
        return cls(plan=plan, until=moment(int(until))) if plan and re.fullmatch("[0-9]{1,11}", until) else None

    @property
    def metadata(self) -> dict[str, str]:
        return {"kept_plan": self.plan, "kept_until": str(int(self.until.timestamp()))}


class Included(Frozen):
    """How many images the running period includes after a change to a larger plan in the middle of it."""

    images: int
    until: AwareDatetime

    @classmethod
    def of(cls, metadata: dict[str, str]) -> Self | None:
        images, until = metadata.get("included_images") or "", metadata.get("included_until") or ""
        both = re.fullmatch("[0-9]{1,9} [0-9]{1,11}", f"{images} {until}")
        return cls(images=int(images), until=moment(int(until))) if both else None

    @property
    def metadata(self) -> dict[str, str]:
        return {"included_images": str(self.images), "included_until": str(int(self.until.timestamp()))}


class Arrears(Frozen):
    """What is still to be paid for a subscription.

    `since`: when its oldest open invoice was made. `paid_from`: the start of the last period that was paid, if
    renewals since then were not.
    """

    since: AwareDatetime | None = None
    paid_from: AwareDatetime | None = None

    @classmethod
    def of(cls, newest_first: list[dict[str, Any]]) -> Self:
        """From a subscription's invoices. That of a renewal names the period that was over then, not the new one."""
        opened = [moment(each["created"]) for each in newest_first if each.get("status") == "open"]
        renewals = (each for each in newest_first if each.get("billing_reason") == RENEWAL)
        unpaid = list(itertools.takewhile(lambda each: each.get("status") in UNPAID, renewals))
        return cls(since=min(opened, default=None), paid_from=moment(unpaid[-1]["period_start"]) if unpaid else None)


class Subscription(Frozen):
    """A subscription as it stood when Stripe was asked; `ends`: with the running period.

    `ends_by_date`: Stripe's own pages say so by a date, our calls by a flag. `renewal_unpaid`: the invoice of the
    running period is not paid. Stripe makes it an hour before it first tries to collect it.
    """

    id: str
    customer: str
    status: str
    item: str
    price: Price
    created_at: AwareDatetime
    started_at: AwareDatetime
    period_start: AwareDatetime
    period_end: AwareDatetime
    ends: bool
    ends_by_date: bool = False
    kept: RetainedPlan | None = None
    included: Included | None = None
    renewal_unpaid: bool = False
    default_card: str | None = None

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        items = data["items"]["data"]
        item = next((each for each in items if Price.of(each["price"]).plan), items[0])
        flagged, date = bool(data.get("cancel_at_period_end")), data.get("cancel_at")
        invoice = data.get("latest_invoice")
        latest = invoice if isinstance(invoice, dict) else {}
        dated = bool(date and date <= item["current_period_end"])
        return cls(
            id=data["id"],
            customer=_id(data["customer"]) or "",
            status=data["status"],
            item=item["id"],
            price=Price.of(item["price"]),
            created_at=moment(data["created"]),
            started_at=moment(data.get("start_date") or data["created"]),
            period_start=moment(item["current_period_start"]),
            period_end=moment(item["current_period_end"]),
            ends=flagged or dated,
            # With the flag Stripe shows a date as well.
            ends_by_date=dated and not flagged,
            kept=RetainedPlan.of(data.get("metadata") or {}),
            included=Included.of(data.get("metadata") or {}),
            renewal_unpaid=latest.get("billing_reason") == RENEWAL and latest.get("status") in UNPAID,
            default_card=_id(data.get("default_payment_method")),
        )


class Customer(Frozen):
    """`owner`: whom we made it for."""

    id: str
    owner: str | None
    default_card: str | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        default = (data.get("invoice_settings") or {}).get("default_payment_method")
        return cls(id=data["id"], owner=(data.get("metadata") or {}).get("owner"), default_card=_id(default))


class Checkout(Frozen):
    """`status` is open, complete or expired; `url` is there while it is open."""

    id: str
    status: str
    url: str | None
    customer: str | None
    owner: str | None
    subscription: str | None
    plan: str | None
    expires_at: AwareDatetime

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        return cls(
            id=data["id"],
            status=data.get("status") or "open",
            url=data.get("url"),
            customer=_id(data.get("customer")),
            owner=data.get("client_reference_id"),
            subscription=_id(data.get("subscription")),
            plan=(data.get("metadata") or {}).get("plan"),
            expires_at=moment(data["expires_at"]),
        )


class InvoiceLine(Frozen):
    description: str
    amount: int
    proration: bool
    starts_at: AwareDatetime

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        details = (data.get("parent") or {}).get("subscription_item_details") or {}
        return cls(
            description=data.get("description") or "",
            amount=data["amount"],
            proration=bool(details.get("proration")),
            starts_at=moment(data["period"]["start"]),
        )


class Preview(Frozen):
    """What a change of plan would cost: `amount_due` minor units; `at`: the second it was reckoned from."""

    amount_due: int
    currency: str
    lines: list[InvoiceLine]
    at: AwareDatetime | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        return cls(
            amount_due=data["amount_due"],
            currency=data["currency"],
            lines=(lines := [InvoiceLine.of(each) for each in data["lines"]["data"]]),
            at=next((each.starts_at for each in lines if each.proration), None),
        )


class Invoice(Frozen):
    """Amounts in minor units. `page` and `pdf` are Stripe's, readable by anyone who has the URL."""

    id: str
    number: str | None
    status: str
    currency: str
    total: int
    amount_due: int
    amount_paid: int
    created_at: AwareDatetime
    period_start: AwareDatetime
    period_end: AwareDatetime
    page: str | None
    pdf: str | None

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        return cls(
            id=data["id"],
            number=data.get("number"),
            status=data.get("status") or "draft",
            currency=data["currency"],
            total=data["total"],
            amount_due=data["amount_due"],
            amount_paid=data["amount_paid"],
            created_at=moment(data["created"]),
            period_start=moment(data["period_start"]),
            period_end=moment(data["period_end"]),
            page=data.get("hosted_invoice_url"),
            pdf=data.get("invoice_pdf"),
        )


class Card(Frozen):
    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        card = data["card"]
        return cls(
            id=data["id"],
            brand=card["brand"],
            last4=card["last4"],
            exp_month=card["exp_month"],
            exp_year=card["exp_year"],
        )


class BillingEvent(Frozen):
    """What is taken from an event: whom it concerns. What has changed is asked for."""

    id: str
    type: str
    live: bool
    api_version: str | None
    object_id: str | None
    customer: str | None
    owner: str | None

    @classmethod
    def of(cls, data: Any) -> Self:
        """Raises ValueError for what is no event with a snapshot."""
        if not isinstance(data, dict) or data.get("object") != "event" or not str(data.get("id")).startswith("evt_"):
            raise ValueError("not an event")
        snapshot = data.get("data")
        thing = snapshot.get("object") if isinstance(snapshot, dict) else None
        if not isinstance(thing, dict) or not isinstance(data.get("type"), str):
            raise ValueError("not an event about an object")
        customer = thing.get("id") if thing.get("object") == "customer" else _id(thing.get("customer"))
        return cls(
            id=data["id"],
            type=data["type"],
            live=bool(data.get("livemode")),
            api_version=data.get("api_version"),
            object_id=thing.get("id"),
            customer=customer,
            owner=thing.get("client_reference_id"),
        )


def _id(value: Any) -> str | None:
    """An id, whether the object came in its place or not."""
    found = value.get("id") if isinstance(value, dict) else value
    return str(found) if found else None
