"""What an account used in the month it was closed in: kept until the month is over, without a name.

Closing an account and coming back must not give the month's free images again. The row's key is an HMAC of the
owner, with a random secret of the stage that was never anywhere but in its table; the row holds a number.
"""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from realstaging.models.accounts import User
from realstaging.stores import keys
from realstaging.stores.table import LostRaceError, Write, Writes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class FormerUsage:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)
        self._secret: bytes | None = None

    def restore(self, owner: str, at: datetime) -> list[Write]:
        """For the transaction that makes an account: the month's counters, as they were when it was closed.

        `carried` is the part of what was captured for which the ledger has no lines.
        """
        secret, month = self._known_secret(), keys.month(at)
        # Without a secret, nothing was ever kept.
        found = self._writes.get(keys.former_usage(_pseudonym(secret, owner), month)) if secret else None
        if found is None:
            return []
        used = int(found["used"])
        added = {"used": used, "captured": used, "reserved": 0, "carried": used}
        return [self._writes.update(keys.usage(owner, month), put={"owner": owner, "period": month}, add=added)]

    def keep(self, user: User, at: datetime, most: int) -> list[Write]:
        """For the transaction that ends an account: what was delivered this month, `most` at most.

        Work that never ended is not counted, and nothing can end any more: the ledger is gone. For a row that
        stays (an administrator set its role) the counters stay with it.
        """
        month = keys.month(at)
        key = keys.usage(user.owner, month)
        usage = self._writes.get(key)
        if usage is None:
            return []
        captured = int(usage.get("captured", 0))
        used = min(captured, most)
        if user.role_set:
            counted = {"used": used, "captured": used, "reserved": 0, "carried": used}
            return [self._writes.put({**key, "owner": user.owner, "period": month, **counted})]
        unchanged = "#captured = :read" if "captured" in usage else "attribute_not_exists(#captured)"
        gone = self._writes.delete(key, unchanged, {":read": captured} if "captured" in usage else None)
        if not used:
            return [gone]
        expires_at = int(keys.month_end(at).timestamp())
        pseudonym = _pseudonym(self._known_secret() or self._make_secret(), user.owner)
        kept = {**keys.former_usage(pseudonym, month), "used": used, "expires_at": expires_at}
        return [gone, self._writes.put(kept)]

    def _known_secret(self) -> bytes | None:
        if self._secret is None:
            found = self._writes.get(keys.pseudonyms())
            self._secret = bytes.fromhex(str(found["secret"])) if found else None
        return self._secret

    def _make_secret(self) -> bytes:
        """Once per stage, however many ask at the same time."""
        made = secrets.token_bytes(32)
        try:
            self._writes.transact_write([self._writes.put_new({**keys.pseudonyms(), "secret": made.hex()})])
        except LostRaceError as error:
            made = bytes.fromhex(str(error.failed[0]["secret"]))
        self._secret = made
        return made


def _pseudonym(secret: bytes, owner: str) -> str:
    return hmac.digest(secret, owner.encode(), hashlib.sha256).hex()
