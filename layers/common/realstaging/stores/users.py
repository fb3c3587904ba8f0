"""Users: a row on first use, race-free; their profile; and their end."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from realstaging.errors import ForbiddenError, VersionConflictError
from realstaging.models.accounts import Profile, User
from realstaging.models.jobs import Job
from realstaging.stores import keys
from realstaging.stores.former_usage import FormerUsage
from realstaging.stores.table import Item, LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# How long the customer of a closed account is known as one.
REMEMBERED = timedelta(days=90)
KNOWN_SECONDS = 5
MAX_KNOWN = 10_000
GOING = "This account is being deleted."


class UserStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)
        self._former_usage = FormerUsage(table)
        self._known: dict[tuple[str, str | None], tuple[float, str]] = {}

    def ensure(self, owner: str, claimed: str | None, at: datetime) -> str:
        """The owner's role; makes their row unless it is there. Asks the table every few seconds per owner.

        `claimed` is the role a token speaks of, None where nothing does: it counts until an administrator
        has said otherwise. Raises ForbiddenError while the account is being deleted.
        """
        until, role = self._known.get((owner, claimed), (0.0, ""))
        if until > time.monotonic():
            return role
        role = self.ensured(owner, claimed, at)
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        self._known[owner, claimed] = time.monotonic() + KNOWN_SECONDS, role
        return role

    def ensured(self, owner: str, claimed: str | None, at: datetime) -> str:
        """The same, asked of the table now."""
        # Read first: a condition that fails costs two write units and conflicts with other transactions.
        found = self._writes.get(keys.user(owner))
        if found is None:
            try:
                self.create(owner, claimed or "user", at)
            except LostRaceError as error:
                if 0 not in error.failed:
                    raise
                found = error.failed[0]
            else:
                return claimed or "user"
        role = _role(found)
        if claimed and claimed != role and not found.get("role_set"):
            return self._follow(owner, claimed)
        return role

    def _follow(self, owner: str, claimed: str) -> str:
        """The row shows what the identity provider says, until an administrator says otherwise; what it then says."""
        role = self._writes.update(
            keys.user(owner),
            put={"role": claimed},
            when="attribute_exists(#owner) AND attribute_not_exists(#deleted_at) AND NOT #role_set = :yes",
            values={":yes": True},
        )
        try:
            self._writes.update_item(role)
        except LostRaceError as error:
            return _role(error.failed[0])
        return claimed

    def create(self, owner: str, role: str, at: datetime) -> None:
        """The owner's row, and what they used this month if they had an account before.

        Raises LostRaceError if it is there: action 0.
        """
        user = User(owner=owner, role="admin" if role == "admin" else "user", created_at=at, updated_at=at)
        item = row(user, keys.user(owner), keys.by_user(owner, keys.stamp(at)))
        self._writes.transact_write([self._writes.put_new(item), *self._former_usage.restore(owner, at)])

    def find(self, owner: str) -> User | None:
        item = self._writes.get(keys.user(owner))
        return User.model_validate(item) if item else None

    def get(self, owner: str) -> User:
        user = self.find(owner)
        if user is None or user.deleted_at:
            raise ForbiddenError(GOING)
        return user

    def save(self, user: User, profile: Profile, at: datetime) -> User:
        """Raises VersionConflictError if the profile was changed since `user` was read.

        The profile has a version of its own: what Stripe or an administrator writes meanwhile is no conflict.
        """
        unchanged = "#profile_version = :read"
        if not user.profile_version:
            unchanged = f"({unchanged} OR attribute_not_exists(#profile_version))"
        write = self._writes.update(
            keys.user(user.owner),
            put={"profile": profile.model_dump(mode="json", exclude_none=True), "updated_at": keys.stamp(at)},
            add={"version": 1, "profile_version": 1},
            when=f"{unchanged} AND attribute_exists(#owner) AND attribute_not_exists(#deleted_at)",
            values={":read": user.profile_version},
        )
        try:
            return User.model_validate(self._writes.update_item(write))
        except LostRaceError as error:
            raise VersionConflictError("The profile was changed meanwhile. Read it again and repeat.") from error

    def page(self, *, limit: int, before: str | None) -> tuple[list[User], str | None]:
        """All users, newest first, and where to go on from: `<created at>#<owner>`."""
        condition: Any = Key("gsi1pk").eq("USERS")
        if before:
            condition &= Key("gsi1sk").lt(before)
        items = self._table.query(
            IndexName="gsi1", KeyConditionExpression=condition, ScanIndexForward=False, Limit=limit + 1
        )["Items"]
        more = str(items[limit - 1]["gsi1sk"]) if len(items) > limit else None
        return [User.model_validate(item) for item in items[:limit]], more

    def grant(self, user: User, at: datetime, record: Write) -> User:
        """What an administrator has said of role, plan and quota, and the record of it. Raises LostRaceError."""
        said = {"role": user.role, "role_set": user.role_set, "extra_images": user.extra_images}
        plan = {"plan_override": user.plan_override} if user.plan_override else {}
        write = self._writes.update(
            keys.user(user.owner),
            put={**said, **plan, "updated_at": keys.stamp(at)},
            add={"version": 1},
            drop=() if plan else ("plan_override",),
            when="#version = :version AND attribute_not_exists(#deleted_at)",
            values={":version": user.version},
        )
        self._writes.transact_write([write, record])
        return user.model_copy(update={"updated_at": at, "version": user.version + 1})

    def mark_for_deletion(self, owner: str, at: datetime) -> None:
        """From now on the account is closed, and the purge takes it apart."""
        put = {"deleted_at": keys.stamp(at), **keys.purge(at, owner)}
        self._writes.update_item(self._writes.update(keys.user(owner), put=put))
        self._known = {known: seen for known, seen in self._known.items() if known[0] != owner}

    def is_marked_for_deletion(self, owner: str) -> bool:
        return "deleted_at" in (self._writes.get(keys.user(owner)) or {})

    def jobs_of(self, owner: str) -> Sequence[Job]:
        """Some of the owner's jobs: those that the next `remove_rows` may remove."""
        return [Job.model_validate(item) for item in self._rows(owner, "JOB#")]

    def remove_rows(self, owner: str, at: datetime) -> int:
        """Up to a hundred rows of the owner's and all API keys; how many there were.

        The profile and the usage of the running month stay for `forget`.
        """
        last = {key["sk"] for key in (keys.user(owner), keys.usage(owner, keys.month(at)))}
        found = [item for item in self._rows(owner, "") if item["sk"] not in last]
        api_keys = self._table.query(
            IndexName="gsi1", KeyConditionExpression=Key("gsi1pk").eq(f"USER#{owner}#APIKEYS")
        )["Items"]
        with self._table.batch_writer() as batch:
            for item in [*found, *api_keys]:
                batch.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
        return len(found) + len(api_keys)

    def forget(self, owner: str, at: datetime, *, marked_before: datetime, free_images: int) -> bool:
        """The last rows. False if it is too early: a request that passed the door may still be at work.

        A role that an administrator has set outlives the account: nobody gets it back by closing the account. So
        does what was used this month, up to the `free_images` of the free plan.
        """
        user = self.find(owner)
        if user is None:
            return False
        gone = [self._last(user, marked_before), *self._former_usage.keep(user, at, free_images)]
        if user.customer_id:
            # What is paid as this customer from now on is ended, so that it must be known as a former one.
            customer = self._writes.update(
                keys.stripe_customer(user.customer_id),
                put={"gone": True, "expires_at": int((marked_before + REMEMBERED).timestamp())},
                add={"version": 1},
                drop=("owner", "linked_at"),
                when="attribute_not_exists(#owner) OR #owner = :me",
                values={":me": owner},
            )
            gone.append(customer)
        try:
            self._writes.transact_write(gone)
        except LostRaceError:
            return False
        return True

    def _last(self, user: User, marked_before: datetime) -> Write:
        """The end of the user's row, or a bare one in its place."""
        key, when = keys.user(user.owner), "#deleted_at <= :before"
        end = self._writes.delete(key, when, {":before": keys.stamp(marked_before)})
        if not user.role_set:
            return end
        at = marked_before
        bare = User(owner=user.owner, role=user.role, role_set=True, created_at=at, updated_at=at)
        condition = {name: part for name, part in end["Delete"].items() if name != "Key"}
        return {"Put": condition | {"Item": row(bare, key, keys.by_user(user.owner, keys.stamp(at)))}}

    def _rows(self, owner: str, prefix: str) -> list[Item]:
        condition: Any = Key("pk").eq(f"USER#{owner}")
        if prefix:
            condition &= Key("sk").begins_with(prefix)
        # Ascending: BATCH, COST, DELETED, … JOB before PROFILE; the reads of both callers agree on order.
        return [dict(item) for item in self._table.query(KeyConditionExpression=condition, Limit=100)["Items"]]


def _role(found: Item) -> str:
    """Raises ForbiddenError for an account that is being deleted."""
    if "deleted_at" in found:
        raise ForbiddenError(GOING)
    return str(found.get("role", "user"))
