"""Idempotent requests: the first answer to an Idempotency-Key is stored and replayed."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self

from pydantic import BaseModel

from realstaging.errors import IdempotencyKeyReusedError, ValidationFailedError
from realstaging.stores.idempotency import IdempotencyStore, StoredAnswer
from realstaging.stores.table import Write

MAX_KEY = 255


@dataclass(frozen=True, slots=True)
class RequestResult:
    """The answer to a creating request, first or replayed."""

    status: int
    body: BaseModel | dict[str, Any]
    replayed: bool = False

    @classmethod
    def created(cls, body: BaseModel) -> Self:
        return cls(HTTPStatus.CREATED, body)

    @classmethod
    def of_items(cls, body: BaseModel, *, taken: int, refused: int, queued: bool = False) -> Self:
        """For requests that are answered item by item; `queued`: the work follows later (202)."""
        if not taken:
            return cls(HTTPStatus.UNPROCESSABLE_ENTITY, body)
        if refused:
            return cls(HTTPStatus.MULTI_STATUS, body)
        return cls(HTTPStatus.ACCEPTED if queued else HTTPStatus.CREATED, body)


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A creating request: its key, if any, and the stored answer to that key (`found`), if any.

    `record`: builds one more row for the same transaction, such as an audit entry.
    """

    owner: str
    key: str | None
    fingerprint: str
    at: datetime
    store: IdempotencyStore
    found: StoredAnswer | None = None
    record: Callable[[RequestResult], Write] | None = None

    @property
    def seed(self) -> str | None:
        """Ids derived from this are the same for every repeat; None without a key."""
        return None if self.key is None else f"{self.owner}\n{self.key}\n{self.fingerprint}"

    def earlier(self) -> RequestResult | None:
        """The first answer to this key. Raises IdempotencyKeyReusedError if it was for another request."""
        if self.found is None:
            return None
        if self.found.fingerprint != self.fingerprint:
            raise IdempotencyKeyReusedError("This Idempotency-Key was used for another request. Choose a new one.")
        return RequestResult(self.found.status, self.found.body, replayed=True)

    def remember(self, outcome: RequestResult) -> list[Write]:
        """The actions that store the answer, for the transaction that creates the rows."""
        also = [self.record(outcome)] if self.record else []
        if self.key is None:
            return also
        body = outcome.body.model_dump(mode="json") if isinstance(outcome.body, BaseModel) else outcome.body
        answer = StoredAnswer(self.fingerprint, outcome.status, body, self.at)
        return [self.store.remember(self.owner, self.key, answer), *also]

    def reload(self) -> "IdempotentRequest":
        """Read again: a request with the same key may have been first."""
        return load_request(self.owner, self.key, self.fingerprint, self.at, store=self.store)

    def repeated(self) -> RequestResult:
        """The answer of the request with the same key that was first."""
        outcome = self.reload().earlier()
        if outcome is None:
            raise RuntimeError("rows of this request are there, and no answer to it")
        return outcome


def load_request(
    owner: str, key: str | None, fingerprint: str, at: datetime, *, store: IdempotencyStore
) -> IdempotentRequest:
    """Load the stored answer to a key, if any; `at` is then the time of the first request."""
    found = store.find(owner, key, at) if key is not None else None
    return IdempotentRequest(owner, key, fingerprint, found.at if found else at, store, found)


def fingerprint(method: str, path: str, body: Any) -> str:
    """SHA-256 in hex; equal for bodies that differ only in the order of their keys."""
    text = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check_key(key: str | None) -> str | None:
    """Raises ValidationFailedError unless it is absent or 1–255 printable ASCII characters."""
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        raise ValidationFailedError(
            [{"pointer": "/headers/Idempotency-Key", "message": "1–255 printable ASCII characters."}]
        )
    return key
