"""The administrators' overrides and their versions; requests read them in one call with the user's row."""

from typing import TYPE_CHECKING, Any

from realstaging.dynamodb.conditions import Key
from realstaging.models.accounts import User
from realstaging.models.runtime_settings import Overrides, Revision
from realstaging.stores import keys
from realstaging.stores.table import Item, Write, Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class OverrideStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def current(self) -> Overrides:
        return live(self._writes.get(keys.live()))

    def with_user(self, owner: str) -> tuple[User | None, Overrides]:
        found = {str(item["sk"]): item for item in self._writes.get_many([keys.user(owner), keys.live()])}
        user = found.get(keys.user(owner)["sk"])
        return User.model_validate(user) if user else None, live(found.get(keys.live()["sk"]))

    def save(self, was: int, then: Overrides, revision: Revision, record: Write) -> None:
        """Replace the overrides if they still have the version `was`, with a revision and an audit entry.

        Raises LostRaceError.
        """
        current = self._writes.update(
            keys.live(),
            put={"version": then.version, "document": then.model_dump_json()},
            when="#version = :was" if was else "attribute_not_exists(#version)",
            values={":was": was} if was else None,
        )
        row = {
            **keys.setting_version(revision.subject, revision.version),
            "document": revision.model_dump_json(),
        }
        self._writes.transact_write([current, self._writes.put_new(row), record])

    def revision(self, subject: str, version: int) -> Revision | None:
        item = self._writes.get(keys.setting_version(subject, version))
        return _read_revision(item) if item else None

    def revisions(self, subject: str, *, limit: int, before: int | None) -> tuple[list[Revision], int | None]:
        """A page of a subject's versions, newest first, and the next page's `before`."""
        prefix = keys.setting_version(subject, 0)["sk"].rpartition("#")[0] + "#"
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(keys.live()["pk"]) & Key("sk").begins_with(prefix),
            "ScanIndexForward": False,
            "Limit": limit + 1,
            "ConsistentRead": True,
        }
        if before is not None:
            query["ExclusiveStartKey"] = keys.setting_version(subject, before)
        found = [_read_revision(dict(item)) for item in self._table.query(**query)["Items"]]
        return found[:limit], found[limit - 1].version if len(found) > limit else None


def live(item: Item | None) -> Overrides:
    """The row holds JSON text, so that numbers stay as they were set."""
    return Overrides.model_validate_json(str(item["document"])) if item else Overrides()


def _read_revision(item: Item) -> Revision:
    return Revision.model_validate_json(str(item["document"]))
