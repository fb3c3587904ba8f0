"""Users: a row on first use, race-free; their profile; and their end."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from realstaging import keys
from realstaging.errors import ForbiddenError, VersionConflictError
from realstaging.models import Job, Profile, User
from realstaging.stores.table import Item, LostRaceError, Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

KNOWN_SECONDS = 5
MAX_KNOWN = 10_000
GOING = "This account is being deleted."


class UserStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)
        self._known: dict[str, float] = {}

    def ensure(self, owner: str, role: str, at: datetime) -> None:
        """Make the user's row unless it is there; this process asks the table every few seconds per owner.

        Raises ForbiddenError while the account is being deleted.
        """
        if self._known.get(owner, 0) > time.monotonic():
            return
        try:
            self.create(owner, role, at)
        except LostRaceError as error:
            # The usual case: the row is there.
            if "deleted_at" in error.failed[0]:
                raise ForbiddenError(GOING) from error
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        self._known[owner] = time.monotonic() + KNOWN_SECONDS

    def create(self, owner: str, role: str, at: datetime) -> None:
        """Raises LostRaceError if it is there."""
        user = User(owner=owner, role="admin" if role == "admin" else "user", created_at=at, updated_at=at)
        item = row(user, keys.user(owner), keys.by_user(owner, keys.stamp(at)))
        self._writes.together([self._writes.put_new(item)])

    def get(self, owner: str) -> User:
        item = self._writes.get(keys.user(owner))
        if item is None or "deleted_at" in item:
            raise ForbiddenError(GOING)
        return User.model_validate(item)

    def save(self, user: User, profile: Profile, at: datetime) -> User:
        """Raises VersionConflictError if it was changed since `user` was read."""
        write = self._writes.update(
            keys.user(user.owner),
            put={"profile": profile.model_dump(mode="json", exclude_none=True), "updated_at": keys.stamp(at)},
            add={"version": 1},
            when="#version = :version AND attribute_not_exists(#deleted_at)",
            values={":version": user.version},
        )
        try:
            return User.model_validate(self._writes.alone(write))
        except LostRaceError as error:
            raise VersionConflictError("The profile was changed meanwhile. Read it again and repeat.") from error

    def condemn(self, owner: str, at: datetime) -> None:
        """From now on the account is closed, and the purge takes it apart."""
        put = {"deleted_at": keys.stamp(at), **keys.purge(at, owner)}
        self._writes.alone(self._writes.update(keys.user(owner), put=put))
        self._known.pop(owner, None)

    def condemned(self, owner: str) -> bool:
        return "deleted_at" in (self._writes.get(keys.user(owner)) or {})

    def jobs_of(self, owner: str) -> Sequence[Job]:
        """Some of the owner's jobs: those that the next `remove_rows` may remove."""
        return [Job.model_validate(item) for item in self._rows(owner, "JOB#")]

    def remove_rows(self, owner: str) -> int:
        """Up to a hundred rows of the owner's, the profile excepted, and all API keys; how many there were."""
        found = [item for item in self._rows(owner, "") if item["sk"] != keys.user(owner)["sk"]]
        api_keys = self._table.query(
            IndexName="gsi1", KeyConditionExpression=Key("gsi1pk").eq(f"USER#{owner}#APIKEYS")
        )["Items"]
        with self._table.batch_writer() as batch:
            for item in [*found, *api_keys]:
                batch.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
        return len(found) + len(api_keys)

    def forget(self, owner: str, condemned_before: datetime) -> bool:
        """The last row. False if it is too early: a request that passed the door may still be at work."""
        gone = self._writes.delete(
            keys.user(owner), "#deleted_at <= :before", {":before": keys.stamp(condemned_before)}
        )
        try:
            self._writes.together([gone])
        except LostRaceError:
            return False
        return True

    def _rows(self, owner: str, prefix: str) -> list[Item]:
        condition: Any = Key("pk").eq(f"USER#{owner}")
        if prefix:
            condition &= Key("sk").begins_with(prefix)
        # Ascending: BATCH, COST, DELETED, … JOB before PROFILE; the reads of both callers agree on order.
        return [dict(item) for item in self._table.query(KeyConditionExpression=condition, Limit=100)["Items"]]
