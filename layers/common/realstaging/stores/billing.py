"""Stripe's customers and their owners, applied events, open checkouts, and how far reconciliation has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from realstaging.models.accounts import Subscribed, User
from realstaging.models.stripe import BillingEvent
from realstaging.models.subscriptions import OpenCheckout, ReconciliationCursor
from realstaging.stores import keys
from realstaging.stores.table import Item, LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Stripe sends an event again for a month at most.
KEEP = timedelta(days=90)
OPEN = "attribute_exists(#owner) AND attribute_not_exists(#deleted_at)"


class AppliedError(Exception):
    """This event has been applied already."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A customer and its owner. `version` grows with every write of what Stripe says about the customer.

    Without an owner: the account that the customer belonged to is gone.
    """

    customer: str
    owner: str | None
    version: int


class BillingStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def linked(self, customer: str) -> Linked | None:
        item = self._writes.get(keys.stripe_customer(customer))
        return Linked(customer, item.get("owner"), int(item["version"])) if item else None

    def applied(self, event_id: str) -> bool:
        return self._writes.get(keys.stripe_event(event_id)) is not None

    def write(
        self,
        linked: Linked,
        at: datetime,
        *,
        event: BillingEvent | None,
        user: User | None,
        subscribed: Subscribed | None,
        unlink: bool = False,
    ) -> None:
        """What Stripe said after `linked` was read; lost if anything was written since.

        The version grows even if the user's row has nothing new: who asked Stripe before us must not
        write after us. Raises AppliedError and LostRaceError.
        """
        key = keys.stripe_customer(linked.customer)
        writes = [self._event(event, at)] if event else []
        writes += [
            self._writes.update(key, add={"version": 1}, when="#version = :read", values={":read": linked.version})
        ]
        if user and (unlink or user.subscribed != subscribed):
            writes.append(self._user(user.owner, linked.customer, at, subscribed, unlink))
        self._together(writes, event)

    def note(self, event: BillingEvent, at: datetime) -> None:
        """There was nothing to do for it. Raises AppliedError."""
        self._together([self._event(event, at)], event)

    def link(self, owner: str, customer: str, at: datetime) -> None:
        """Raises LostRaceError if either has another already, or the owner's account is closed."""
        owned = self._writes.update(
            keys.user(owner),
            put={"customer_id": customer, "updated_at": keys.stamp(at)},
            add={"version": 1},
            when=f"{OPEN} AND (attribute_not_exists(#customer_id) OR #customer_id = :customer)",
            values={":customer": customer},
        )
        # An owner who comes back within a day gets the same customer again: Stripe repeats its answer to our key.
        theirs = self._writes.update(
            keys.stripe_customer(customer),
            put={"owner": owner, "linked_at": keys.stamp(at)},
            add={"version": 1},
            drop=("gone", "expires_at"),
            when="attribute_not_exists(#owner) OR #owner = :owner",
            values={":owner": owner},
        )
        self._writes.transact_write([theirs, owned])

    def park(self, event: BillingEvent, customer: str, at: datetime) -> None:
        """Store an event of a customer without an owner.

        Raises LostRaceError if somebody does now, and AppliedError.
        """
        unknown = self._writes.check(
            keys.stripe_customer(customer), "attribute_not_exists(#owner) AND attribute_not_exists(#gone)"
        )
        parked = {**self._row(event, at), **keys.stripe_parked(customer, event.id)}
        self._together([self._event(event, at), unknown, self._writes.put(parked)], event)

    def parked(self, customer: str) -> bool:
        """Are there stored events from before the customer was linked?"""
        pk = keys.stripe_customer(customer)["pk"]
        condition = Key("pk").eq(pk) & Key("sk").begins_with("PARKED#")
        return bool(self._table.query(KeyConditionExpression=condition, Limit=1, ConsistentRead=True)["Items"])

    def _user(self, owner: str, customer: str, at: datetime, subscribed: Subscribed | None, unlink: bool) -> Write:
        put: Item = {"updated_at": keys.stamp(at)}
        if subscribed:
            put["subscribed"] = subscribed.model_dump(mode="json", exclude_none=True)
        return self._writes.update(
            keys.user(owner),
            put=put,
            add={"version": 1},
            drop=[*([] if subscribed else ["subscribed"]), *(["customer_id"] if unlink else [])],
            when=f"{OPEN} AND #customer_id = :customer",
            values={":customer": customer},
        )

    def _event(self, event: BillingEvent, at: datetime) -> Write:
        return self._writes.put_new(self._row(event, at))

    def _row(self, event: BillingEvent, at: datetime) -> Item:
        item = {
            **keys.stripe_event(event.id),
            "type": event.type,
            "applied_at": keys.stamp(at),
            "expires_at": int((at + KEEP).timestamp()),
        }
        return item | ({"customer": event.customer} if event.customer else {})

    def _together(self, writes: list[Write], event: BillingEvent | None) -> None:
        try:
            self._writes.transact_write(writes)
        except LostRaceError as error:
            if event and 0 in error.failed:
                raise AppliedError(event.id) from error
            raise


class CheckoutStore:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)

    def find(self, owner: str) -> OpenCheckout | None:
        item = self._writes.get(keys.checkout(owner))
        return OpenCheckout.model_validate(item) if item else None

    def replace(self, former: OpenCheckout | None, new: OpenCheckout) -> None:
        """Raises LostRaceError if another one has come into the place of `former`."""
        write = self._writes.put(row(new, keys.checkout(new.owner)))
        write["Put"] |= (
            {
                "ConditionExpression": "#id = :former",
                "ExpressionAttributeNames": {"#id": "id"},
                "ExpressionAttributeValues": {":former": former.id},
            }
            if former
            else {"ConditionExpression": "attribute_not_exists(pk)"}
        )
        self._writes.transact_write([write])

    def opened(self, checkout: OpenCheckout, session_id: str, *more: Write) -> None:
        """Its page is there, and `more` with it. Raises LostRaceError: action 0 is the checkout, 1 the account."""
        noted = self._writes.update(
            keys.checkout(checkout.owner),
            put={"session_id": session_id},
            when="#id = :id",
            values={":id": checkout.id},
        )
        account = self._writes.check(keys.user(checkout.owner), "attribute_not_exists(#deleted_at)")
        self._writes.transact_write([noted, account, *more])


class ReconciliationCursorStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def find(self) -> ReconciliationCursor:
        item = self._writes.get(keys.reconciliation())
        return ReconciliationCursor.model_validate(item) if item else ReconciliationCursor()

    def keep(self, place: ReconciliationCursor | None) -> None:
        """None: it got through, and begins anew."""
        if place:
            self._writes.transact_write([self._writes.put(row(place, keys.reconciliation()))])
        else:
            self._table.delete_item(Key=keys.reconciliation())
