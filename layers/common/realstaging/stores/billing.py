"""Stripe customers and their owners, applied events, open checkouts, and the cursor of reconciliation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from realstaging.dynamodb.conditions import Key
from realstaging.models.accounts import Subscribed, User
from realstaging.models.stripe import BillingEvent
from realstaging.models.subscriptions import OpenCheckout, ReconciliationCursor
from realstaging.stores import keys
from realstaging.stores.table import Item, LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

# Stripe repeats an event for a month at most.
EVENT_KEPT = timedelta(days=90)
ACCOUNT_IS_OPEN = "attribute_exists(#owner) AND attribute_not_exists(#deleted_at)"


class AppliedError(Exception):
    """This event has been applied already."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A customer and its owner; `owner` None: the account was deleted.

    `version` grows with every write of the customer's state at Stripe.
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
        """Write what Stripe answered after `linked` was read, if nothing was written since.

        The version grows even if the user's row stays the same, so that an older answer cannot be written
        later. Raises AppliedError and LostRaceError.
        """
        key = keys.stripe_customer(linked.customer)
        writes = [self._put_event(event, at)] if event else []
        writes += [
            self._writes.update(key, add={"version": 1}, when="#version = :read", values={":read": linked.version})
        ]
        if user and (unlink or user.subscribed != subscribed):
            writes.append(self._update_user(user.owner, linked.customer, at, subscribed, unlink))
        self._transact(writes, event)

    def note(self, event: BillingEvent, at: datetime) -> None:
        """Store an event that needs no action as applied. Raises AppliedError."""
        self._transact([self._put_event(event, at)], event)

    def link(self, owner: str, customer: str, at: datetime) -> None:
        """Raises LostRaceError if either is linked to another, or the owner's account is closed."""
        user_row = self._writes.update(
            keys.user(owner),
            put={"customer_id": customer, "updated_at": keys.stamp(at)},
            add={"version": 1},
            when=f"{ACCOUNT_IS_OPEN} AND (attribute_not_exists(#customer_id) OR #customer_id = :customer)",
            values={":customer": customer},
        )
        # An owner who returns within a day gets the same customer: Stripe replays its answer to our key.
        customer_row = self._writes.update(
            keys.stripe_customer(customer),
            put={"owner": owner, "linked_at": keys.stamp(at)},
            add={"version": 1},
            drop=("gone", "expires_at"),
            when="attribute_not_exists(#owner) OR #owner = :owner",
            values={":owner": owner},
        )
        self._writes.transact_write([customer_row, user_row])

    def park(self, event: BillingEvent, customer: str, at: datetime) -> None:
        """Store an event of a customer without an owner.

        Raises LostRaceError if the customer has an owner by now, and AppliedError.
        """
        unknown = self._writes.check(
            keys.stripe_customer(customer), "attribute_not_exists(#owner) AND attribute_not_exists(#gone)"
        )
        parked = {**self._build_row(event, at), **keys.stripe_parked(customer, event.id)}
        self._transact([self._put_event(event, at), unknown, self._writes.put(parked)], event)

    def parked(self, customer: str) -> bool:
        """Whether events were stored before the customer was linked."""
        pk = keys.stripe_customer(customer)["pk"]
        condition = Key("pk").eq(pk) & Key("sk").begins_with("PARKED#")
        return bool(self._table.query(KeyConditionExpression=condition, Limit=1, ConsistentRead=True)["Items"])

    def _update_user(
        self, owner: str, customer: str, at: datetime, subscribed: Subscribed | None, unlink: bool
    ) -> Write:
        put: Item = {"updated_at": keys.stamp(at)}
        if subscribed:
            put["subscribed"] = subscribed.model_dump(mode="json", exclude_none=True)
        return self._writes.update(
            keys.user(owner),
            put=put,
            add={"version": 1},
            drop=[*([] if subscribed else ["subscribed"]), *(["customer_id"] if unlink else [])],
            when=f"{ACCOUNT_IS_OPEN} AND #customer_id = :customer",
            values={":customer": customer},
        )

    def _put_event(self, event: BillingEvent, at: datetime) -> Write:
        return self._writes.put_new(self._build_row(event, at))

    def _build_row(self, event: BillingEvent, at: datetime) -> Item:
        item = {
            **keys.stripe_event(event.id),
            "type": event.type,
            "applied_at": keys.stamp(at),
            "expires_at": int((at + EVENT_KEPT).timestamp()),
        }
        return item | ({"customer": event.customer} if event.customer else {})

    def _transact(self, writes: list[Write], event: BillingEvent | None) -> None:
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
        """Raises LostRaceError if `former` was replaced meanwhile."""
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

    def note_session(self, checkout: OpenCheckout, session_id: str, *also: Write) -> None:
        """Store the session's id with `also`. Raises LostRaceError: action 0 is the checkout, 1 the account."""
        noted = self._writes.update(
            keys.checkout(checkout.owner),
            put={"session_id": session_id},
            when="#id = :id",
            values={":id": checkout.id},
        )
        account = self._writes.check(keys.user(checkout.owner), "attribute_not_exists(#deleted_at)")
        self._writes.transact_write([noted, account, *also])


class ReconciliationCursorStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def find(self) -> ReconciliationCursor:
        item = self._writes.get(keys.reconciliation())
        return ReconciliationCursor.model_validate(item) if item else ReconciliationCursor()

    def save(self, cursor: ReconciliationCursor | None) -> None:
        """None: the end was reached, and the next run starts from the beginning."""
        if cursor:
            self._writes.transact_write([self._writes.put(row(cursor, keys.reconciliation()))])
        else:
            self._table.delete_item(Key=keys.reconciliation())
