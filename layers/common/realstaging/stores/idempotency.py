"""Answers to requests that carried an Idempotency-Key, written with what they created."""

import json
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from realstaging.stores import keys
from realstaging.stores.table import Write, Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

KEEP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first answer to a key. `at`: when it was given; the ids of that request derive from it."""

    fingerprint: str
    status: int
    body: Any
    at: datetime


class IdempotencyStore:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)

    def find(self, owner: str, key: str, at: datetime) -> StoredAnswer | None:
        item = self._writes.get(keys.idempotency(owner, key))
        # DynamoDB removes expired rows late; the API promises 24 h.
        if item is None or int(item["expires_at"]) <= at.timestamp():
            return None
        return StoredAnswer(
            fingerprint=str(item["fingerprint"]),
            status=int(item["answer_status"]),
            body=json.loads(zlib.decompress(item["answer"])),
            at=datetime.fromisoformat(str(item["created_at"])),
        )

    def remember(self, owner: str, key: str, answer: StoredAnswer) -> Write:
        """The action that stores `answer`, for the transaction that creates its rows; fails if the key is taken."""
        item = {
            **keys.idempotency(owner, key),
            "owner": owner,
            "fingerprint": answer.fingerprint,
            "answer_status": answer.status,
            # A row holds 400 KB. Fifty upload forms are 150 KB and repetitive; fifty prompts are up to 400 KB of UTF-8,
            # which shrinks by a third or more, and escaped would be three times as large.
            "answer": zlib.compress(json.dumps(answer.body, ensure_ascii=False).encode()),
            "created_at": keys.stamp(answer.at),
            "expires_at": int((answer.at + KEEP).timestamp()),
        }
        return self._writes.put_over_expired(item, answer.at)
