"""API keys by the hash of their secret; an owner's list through gsi1."""

from datetime import datetime
from typing import TYPE_CHECKING

from realstaging.dynamodb.conditions import Key
from realstaging.errors import NotFoundError, TooManyApiKeysError
from realstaging.models.accounts import ApiKey
from realstaging.stores import keys
from realstaging.stores.table import CONFLICT_TRIES, LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class ApiKeyStore:
    """One row per key, and one row per owner with the ids of all keys, so that their number can be a condition."""

    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def create(self, key: ApiKey, limit: int, *also: Write) -> None:
        """Raises TooManyApiKeysError, and LostRaceError if the key or a row of `also` exists."""
        new = self._writes.put_new(row(key, keys.api_key(key.hashed), keys.by_owner_key(key.owner, key.id)))
        listed = self._add_id(key, limit)
        for _ in range(CONFLICT_TRIES):
            try:
                self._writes.transact_write([listed, new, *also])
                return
            except LostRaceError as error:
                if error.failed.keys() != {0}:
                    raise
                ids = error.failed[0].get("ids")
            earlier = self._read_ids(key.owner) if ids is None else ids
            if len(earlier) >= limit:
                raise TooManyApiKeysError(f"At most {limit} API keys per account. Revoke one first.")
            listed = self._create_list(key, earlier) if ids is None else self._add_id(key, limit)
        raise RuntimeError("the list of API keys changed all the time")

    def _add_id(self, key: ApiKey, limit: int) -> Write:
        return self._writes.update(
            keys.api_key_list(key.owner),
            add={"ids": {key.id}},
            when="attribute_exists(#ids) AND size(#ids) < :most",
            values={":most": limit},
        )

    def _create_list(self, key: ApiKey, earlier: set[str]) -> Write:
        """Create the list with this key and those that are older than the list."""
        return self._writes.update(
            keys.api_key_list(key.owner), put={"ids": {key.id, *earlier}}, when="attribute_not_exists(#ids)"
        )

    def _read_ids(self, owner: str) -> set[str]:
        """The ids of all keys. The index lags, so the table is read too."""
        found = self._writes.get_many([keys.api_key(key.hashed) for key in self.of(owner)])
        return {str(item["id"]) for item in found}

    def find(self, hashed: str) -> ApiKey | None:
        item = self._writes.get(keys.api_key(hashed))
        return ApiKey.model_validate(item) if item else None

    def of(self, owner: str) -> list[ApiKey]:
        """The owner's keys, newest first."""
        answer = self._table.query(
            IndexName="gsi1", KeyConditionExpression=Key("gsi1pk").eq(f"USER#{owner}#APIKEYS"), ScanIndexForward=False
        )
        return [ApiKey.model_validate(item) for item in answer["Items"]]

    def note_use(self, key: ApiKey, at: datetime) -> None:
        """Store when it was last used; a revoked key stays revoked."""
        write = self._writes.update(
            keys.api_key(key.hashed), put={"last_used_at": keys.stamp(at)}, when="attribute_exists(#owner)"
        )
        try:
            self._writes.update_item(write)
        except LostRaceError:
            return

    def revoke(self, owner: str, key_id: str) -> None:
        """Delete a key. Raises NotFoundError."""
        for key in self.of(owner):
            if key.id == key_id:
                gone = self._writes.delete(keys.api_key(key.hashed), "attribute_exists(#pk)")
                unlisted = self._writes.update(keys.api_key_list(owner), take={"ids": {key_id}})
                try:
                    self._writes.transact_write([gone, unlisted])
                except LostRaceError as error:
                    raise NotFoundError("API key") from error
                return
        raise NotFoundError("API key")
