"""The usage of a closed account: kept until the end of its month, under a pseudonym.

Closing an account and registering again must not reset the month's free images. The row's key is an HMAC of the
owner, with a random secret of the stage that exists only in its table; the row holds one number.
"""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from realstaging.models.accounts import User
from realstaging.stores import keys
from realstaging.stores.table import Item, LostRaceError, Write, Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class FormerUsage:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)
        self._secret: bytes | None = None

    def restore(self, owner: str, at: datetime) -> list[Write]:
        """Actions for the transaction that creates an account: the month's counters of the closed one.

        `carried`: the part of `used` for which the ledger has no lines.
        """
        secret, month = self.find_secret(), keys.month(at)
        # Without a secret, no usage was stored yet.
        found = self._writes.get(keys.former_usage(_derive_pseudonym(secret, owner), month)) if secret else None
        if found is None:
            return []
        used = int(found["used"])
        added = {"used": used, "captured": used, "carried": used, **_read_called_off(found)}
        return [self._writes.update(keys.usage(owner, month), put={"owner": owner, "period": month}, add=added)]

    def keep(self, user: User, at: datetime, limit: int) -> list[Write]:
        """Actions for the transaction that deletes an account: keep what was captured this month, `limit` at most.

        Unfinished work is not counted. If the user's row stays, because an administrator set its role, the
        counters stay too.
        """
        month = keys.month(at)
        key, shards = keys.usage(user.owner, month), keys.all_captured(user.owner, month)
        found = {row["sk"]: row for row in self._writes.get_many([key, *shards])}
        usage = found.pop(key["sk"], None)
        if usage is None:
            return []
        # On this row: what was carried, and what was counted before there were shards.
        captured = int(usage.get("captured", 0)) + sum(int(shard["captured"]) for shard in found.values())
        used = min(captured, limit)
        gone = [self._remove_counter(shard, "captured", found.get(shard["sk"])) for shard in shards]
        if user.role_set:
            counted = {"used": used, "captured": used, "carried": used, **_read_called_off(usage)}
            return [*gone, self._writes.put({**key, "owner": user.owner, "period": month, **counted})]
        gone.append(self._remove_counter(key, "used", usage))
        if not (used or _read_called_off(usage)):
            return gone
        expires_at = int(keys.month_end(at).timestamp())
        pseudonym = _derive_pseudonym(self.find_secret() or self.create_secret(), user.owner)
        counted = {"used": used, **_read_called_off(usage)}
        former = {**keys.former_usage(pseudonym, month), **counted, "expires_at": expires_at}
        return [*gone, self._writes.put(former)]

    def _remove_counter(self, key: keys.Key, name: str, row: Item | None) -> Write:
        """Unless it has changed since it was read."""
        if row is None:
            return self._writes.delete(key, f"attribute_not_exists(#{name})")
        return self._writes.delete(key, f"#{name} = :read", {":read": row[name]})

    def find_secret(self) -> bytes | None:
        if self._secret is None:
            found = self._writes.get(keys.pseudonyms())
            self._secret = bytes.fromhex(str(found["secret"])) if found else None
        return self._secret

    def create_secret(self) -> bytes:
        """Create the stage's secret; concurrent calls get the same one."""
        secret = secrets.token_bytes(32)
        try:
            self._writes.transact_write([self._writes.put_new({**keys.pseudonyms(), "secret": secret.hex()})])
        except LostRaceError as error:
            secret = bytes.fromhex(str(error.failed[0]["secret"]))
        self._secret = secret
        return secret


def _read_called_off(counters: Item) -> Item:
    """Runs that we paid for though they were canceled; their limit outlives the account, too."""
    return {"canceled_runs": counters["canceled_runs"]} if counters.get("canceled_runs") else {}


def _derive_pseudonym(secret: bytes, owner: str) -> str:
    return hmac.digest(secret, owner.encode(), hashlib.sha256).hex()
