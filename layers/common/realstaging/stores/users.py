"""Users: a row on first use, the profile, what administrators set, and the end of the account."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from realstaging.dynamodb.conditions import Key
from realstaging.errors import ForbiddenError, VersionConflictError
from realstaging.models.accounts import Profile, User
from realstaging.models.jobs import Job
from realstaging.stores import keys
from realstaging.stores.former_usage import FormerUsage
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import Item, LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

# How long the customer of a closed account is remembered as a former one.
FORMER_CUSTOMER_KEPT = timedelta(days=90)
ROLE_CACHE_SECONDS = 5
MAX_CACHED_ROLES = 10_000
BEING_DELETED = "This account is being deleted."


class UserStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes, self._quota = table, Writes(table), QuotaStore(table)
        self._former_usage = FormerUsage(table)
        self._roles: dict[tuple[str, str | None], tuple[float, str]] = {}

    def ensure(self, owner: str, claimed: str | None, at: datetime) -> str:
        """The owner's role; creates the row if it is missing. Cached for a few seconds per owner.

        `claimed`: the role in the token, None for an API key; it is in force until an administrator sets one.
        Raises ForbiddenError while the account is being deleted.
        """
        until, role = self._roles.get((owner, claimed), (0.0, ""))
        if until > time.monotonic():
            return role
        role = self.ensure_now(owner, claimed, at)
        if len(self._roles) > MAX_CACHED_ROLES:
            self._roles.clear()
        self._roles[owner, claimed] = time.monotonic() + ROLE_CACHE_SECONDS, role
        return role

    def ensure_now(self, owner: str, claimed: str | None, at: datetime) -> str:
        """Likewise, without the cache."""
        # Read first: a failed condition costs two write units and conflicts with other transactions.
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
        role = _read_role(found)
        if claimed and claimed != role and not found.get("role_set"):
            return self._update_role(owner, claimed)
        return role

    def _update_role(self, owner: str, claimed: str) -> str:
        """Copy the role in the token to the row, unless an administrator has set one. Returns the role in force."""
        write = self._writes.update(
            keys.user(owner),
            put={"role": claimed},
            when="attribute_exists(#owner) AND attribute_not_exists(#deleted_at) AND NOT #role_set = :yes",
            values={":yes": True},
        )
        try:
            self._writes.update_item(write)
        except LostRaceError as error:
            return _read_role(error.failed[0])
        return claimed

    def create(self, owner: str, role: str, at: datetime) -> None:
        """Create the owner's row, with this month's usage of an account closed before.

        Raises LostRaceError (action 0) if the row exists.
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
            raise ForbiddenError(BEING_DELETED)
        return user

    def save(self, user: User, profile: Profile, at: datetime) -> User:
        """Raises VersionConflictError if the profile was changed since `user` was read.

        The profile has its own version, so that writes of Stripe or an administrator are no conflict.
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
        """A page of all users, newest first, and the next page's `before`: `<created at>#<owner>`."""
        condition: Any = Key("gsi1pk").eq("USERS")
        if before:
            condition &= Key("gsi1sk").lt(before)
        items = self._table.query(
            IndexName="gsi1", KeyConditionExpression=condition, ScanIndexForward=False, Limit=limit + 1
        )["Items"]
        more = str(items[limit - 1]["gsi1sk"]) if len(items) > limit else None
        return [User.model_validate(item) for item in items[:limit]], more

    def grant(self, user: User, at: datetime, record: Write) -> User:
        """Write role, plan and extra images as an administrator set them, with `record`. Raises LostRaceError."""
        set_values = {"role": user.role, "role_set": user.role_set, "extra_images": user.extra_images}
        plan = {"plan_override": user.plan_override} if user.plan_override else {}
        write = self._writes.update(
            keys.user(user.owner),
            put={**set_values, **plan, "updated_at": keys.stamp(at)},
            add={"version": 1},
            drop=() if plan else ("plan_override",),
            when="#version = :version AND attribute_not_exists(#deleted_at)",
            values={":version": user.version},
        )
        self._writes.transact_write([write, record])
        return user.model_copy(update={"updated_at": at, "version": user.version + 1})

    def mark_for_deletion(self, owner: str, at: datetime) -> None:
        """Close the account; the purge removes its rows and files."""
        put = {"deleted_at": keys.stamp(at), **keys.purge(at, owner)}
        self._writes.update_item(self._writes.update(keys.user(owner), put=put))
        self._roles = {key: cached for key, cached in self._roles.items() if key[0] != owner}

    def is_marked_for_deletion(self, owner: str) -> bool:
        return "deleted_at" in (self._writes.get(keys.user(owner)) or {})

    def jobs_of(self, owner: str) -> Sequence[Job]:
        """The owner's jobs among the rows that the next `remove_rows` may remove."""
        return [Job.model_validate(item) for item in self._query_rows(owner, "JOB#")]

    def count_called_off(self, owner: str, jobs: Sequence[Job], at: datetime) -> None:
        """Runs of this month that end with the account, before their jobs are removed. A purge that dies in between
        counts them twice."""
        month = keys.month(at)
        begun = sum(job.period == month and not job.status.final and job.has_unbooked_run for job in jobs)
        if begun:
            self._writes.update_item(self._quota.called_off(owner, month, begun))

    def remove_rows(self, owner: str, at: datetime) -> int:
        """Remove up to a hundred rows of the owner and all API keys; returns how many.

        The profile and the running month's usage are left for `forget`.
        """
        month = keys.month(at)
        kept = [keys.user(owner), keys.usage(owner, month), *keys.all_captured(owner, month)]
        last = {key["sk"] for key in kept}
        found = [item for item in self._query_rows(owner, "") if item["sk"] not in last]
        api_keys = self._table.query(
            IndexName="gsi1", KeyConditionExpression=Key("gsi1pk").eq(f"USER#{owner}#APIKEYS")
        )["Items"]
        self._writes.delete_many({"pk": item["pk"], "sk": item["sk"]} for item in [*found, *api_keys])
        return len(found) + len(api_keys)

    def forget(self, owner: str, at: datetime, *, marked_before: datetime, free_images: int) -> bool:
        """Remove the last rows. False if it is too early: an authenticated request may still be running.

        A role set by an administrator is kept, so that closing the account does not reset it. So is this month's
        usage, up to the `free_images` of the free plan.
        """
        user = self.find(owner)
        if user is None:
            return False
        gone = [self._delete_profile(user, marked_before), *self._former_usage.keep(user, at, free_images)]
        if user.customer_id:
            # A later payment of this customer is canceled, so it must be known as a former customer.
            customer = self._writes.update(
                keys.stripe_customer(user.customer_id),
                put={"gone": True, "expires_at": int((marked_before + FORMER_CUSTOMER_KEPT).timestamp())},
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

    def _delete_profile(self, user: User, marked_before: datetime) -> Write:
        """Delete the user's row, or replace it with one that holds only the role."""
        key, when = keys.user(user.owner), "#deleted_at <= :before"
        end = self._writes.delete(key, when, {":before": keys.stamp(marked_before)})
        if not user.role_set:
            return end
        at = marked_before
        bare = User(owner=user.owner, role=user.role, role_set=True, created_at=at, updated_at=at)
        condition = {name: part for name, part in end["Delete"].items() if name != "Key"}
        return {"Put": condition | {"Item": row(bare, key, keys.by_user(user.owner, keys.stamp(at)))}}

    def _query_rows(self, owner: str, prefix: str) -> list[Item]:
        condition: Any = Key("pk").eq(f"USER#{owner}")
        if prefix:
            condition &= Key("sk").begins_with(prefix)
        # Ascending (BATCH, CAPTURED, COST, DELETED, … JOB, PROFILE): both callers read the same rows.
        return [dict(item) for item in self._table.query(KeyConditionExpression=condition, Limit=100)["Items"]]


def _read_role(found: Item) -> str:
    """Raises ForbiddenError for an account that is being deleted."""
    if "deleted_at" in found:
        raise ForbiddenError(BEING_DELETED)
    return str(found.get("role", "user"))
