"""Open sockets, and the one-time tickets that open them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from realstaging.dynamodb.conditions import Key
from realstaging.stores import keys
from realstaging.stores.table import Item

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class TicketStore:
    """Tickets are stored as hashes: a reader of the table cannot open a socket."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def create(self, hashed: str, owner: str, expires_at: datetime) -> None:
        item: Item = {"owner": owner, "valid_until": keys.stamp(expires_at), "expires_at": int(expires_at.timestamp())}
        self._table.put_item(Item={**keys.ticket(hashed), **item})

    def redeem(self, hashed: str, at: datetime) -> str | None:
        """Use up a ticket: its owner, or None if it is unknown, used or expired."""
        try:
            answer = self._table.delete_item(
                Key=keys.ticket(hashed),
                ConditionExpression="attribute_exists(pk) AND valid_until > :now",
                ExpressionAttributeValues={":now": keys.stamp(at)},
                ReturnValues="ALL_OLD",
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        return str(answer["Attributes"]["owner"])


class ConnectionStore:
    def __init__(self, table: "Table") -> None:
        self._table = table

    def add(self, owner: str, connection_id: str, at: datetime, hours: int) -> None:
        expires = at + timedelta(hours=hours)
        item: Item = {"owner": owner, "connected_at": keys.stamp(at), "expires_at": int(expires.timestamp())}
        self._table.put_item(
            Item={**keys.socket(owner, connection_id), **keys.by_connection(connection_id), **item},
        )

    def of(self, owner: str, at: datetime) -> dict[str, datetime]:
        """When each of the owner's connections was opened, by id. A consistent read: new sockets are included."""
        answer = self._table.query(
            KeyConditionExpression=Key("pk").eq(f"USER#{owner}") & Key("sk").begins_with("SOCKET#"),
            ConsistentRead=True,
        )
        return {
            str(item["sk"]).removeprefix("SOCKET#"): datetime.fromisoformat(str(item["connected_at"]))
            for item in answer["Items"]
            if int(str(item["expires_at"])) > at.timestamp()  # time to live removes rows late
        }

    def forget(self, owner: str, connection_id: str) -> None:
        self._table.delete_item(Key=keys.socket(owner, connection_id))

    def forget_connection(self, connection_id: str) -> None:
        """Forget a socket by its connection alone, for `$disconnect`."""
        found = self._table.query(
            IndexName="gsi1", KeyConditionExpression=Key("gsi1pk").eq(f"SOCKET#{connection_id}"), Limit=1
        )["Items"]
        for item in found:
            self.forget(str(item["owner"]), connection_id)
