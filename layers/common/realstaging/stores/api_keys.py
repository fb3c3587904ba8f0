"""API keys, by the hash of their secret; an owner's list through gsi1."""

from datetime import datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from realstaging.errors import NotFoundError
from realstaging.models.accounts import ApiKey
from realstaging.stores import keys
from realstaging.stores.table import LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class ApiKeyStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def create(self, key: ApiKey, *with_it: Write) -> None:
        item = row(key, keys.api_key(key.hashed), keys.by_owner_key(key.owner, key.id))
        self._writes.transact_write([self._writes.put_new(item), *with_it])

    def find(self, hashed: str) -> ApiKey | None:
        item = self._writes.get(keys.api_key(hashed))
        return ApiKey.model_validate(item) if item else None

    def of(self, owner: str) -> list[ApiKey]:
        """Newest first. Bounded: an owner has a few."""
        answer = self._table.query(
            IndexName="gsi1", KeyConditionExpression=Key("gsi1pk").eq(f"USER#{owner}#APIKEYS"), ScanIndexForward=False
        )
        return [ApiKey.model_validate(item) for item in answer["Items"]]

    def used(self, key: ApiKey, at: datetime) -> None:
        """Remember that it was used; a key revoked just now stays revoked."""
        write = self._writes.update(
            keys.api_key(key.hashed), put={"last_used_at": keys.stamp(at)}, when="attribute_exists(#owner)"
        )
        try:
            self._writes.update_item(write)
        except LostRaceError:
            return

    def revoke(self, owner: str, key_id: str) -> None:
        """It opens nothing from now on. Raises NotFoundError."""
        for key in self.of(owner):
            if key.id == key_id:
                self._table.delete_item(Key=keys.api_key(key.hashed))
                return
        raise NotFoundError("API key")
