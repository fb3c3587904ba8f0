"""One request, one effect: what an Idempotency-Key remembers and when it is refused."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self

from pydantic import BaseModel

from realstaging.errors import IdempotencyKeyReusedError, ValidationFailedError
from realstaging.stores.idempotency import IdempotencyStore, Remembered
from realstaging.stores.table import Write

MAX_KEY = 255


@dataclass(frozen=True, slots=True)
class RequestResult:
    """What a creating request is answered with, the first time or again."""

    status: int
    body: BaseModel | dict[str, Any]
    replayed: bool = False

    @classmethod
    def created(cls, body: BaseModel) -> Self:
        return cls(HTTPStatus.CREATED, body)

    @classmethod
    def of_items(cls, body: BaseModel, *, taken: int, refused: int, queued: bool = False) -> Self:
        """For requests that are answered item by item; `queued`: the work itself comes later."""
        if not taken:
            return cls(HTTPStatus.UNPROCESSABLE_ENTITY, body)
        if refused:
            return cls(HTTPStatus.MULTI_STATUS, body)
        return cls(HTTPStatus.ACCEPTED if queued else HTTPStatus.CREATED, body)


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A creating request: its key if it has one, and the first answer to that key if there was one.

    `record`: what else is to be written with what is created, such as who ordered it.
    """

    owner: str
    key: str | None
    fingerprint: str
    at: datetime
    store: IdempotencyStore
    found: Remembered | None = None
    record: Callable[[RequestResult], Write] | None = None

    @property
    def seed(self) -> str | None:
        """Ids derived from this are the same however often the request is made."""
        return None if self.key is None else f"{self.owner}\n{self.key}\n{self.fingerprint}"

    def earlier(self) -> RequestResult | None:
        """The first answer to this key. Raises IdempotencyKeyReusedError if it was for another request."""
        if self.found is None:
            return None
        if self.found.fingerprint != self.fingerprint:
            raise IdempotencyKeyReusedError("This Idempotency-Key was used for another request. Choose a new one.")
        return RequestResult(self.found.status, self.found.body, replayed=True)

    def remember(self, outcome: RequestResult) -> list[Write]:
        """The actions, if any, that belong into the transaction with what is created."""
        also = [self.record(outcome)] if self.record else []
        if self.key is None:
            return also
        body = outcome.body.model_dump(mode="json") if isinstance(outcome.body, BaseModel) else outcome.body
        answer = Remembered(self.fingerprint, outcome.status, body, self.at)
        return [self.store.remember(self.owner, self.key, answer), *also]

    def reload(self) -> "IdempotentRequest":
        """As it is now: a request with the same key may have come first just now."""
        return begun(self.owner, self.key, self.fingerprint, self.at, store=self.store)

    def repeated(self) -> RequestResult:
        """The answer of the request with the same key that came first just now."""
        outcome = self.reload().earlier()
        if outcome is None:
            raise RuntimeError("rows of this request are there, and no answer to it")
        return outcome


def begun(owner: str, key: str | None, fingerprint: str, at: datetime, *, store: IdempotencyStore) -> IdempotentRequest:
    """Look whether this key was answered before; a repeat counts from when it was first asked."""
    found = store.find(owner, key, at) if key is not None else None
    return IdempotentRequest(owner, key, fingerprint, found.at if found else at, store, found)


def fingerprint(method: str, path: str, body: Any) -> str:
    """The same for bodies that mean the same, however their keys are ordered."""
    text = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def checked(key: str | None) -> str | None:
    """Raises ValidationFailedError unless it is absent or 1–255 printable ASCII characters."""
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        raise ValidationFailedError(
            [{"pointer": "/headers/Idempotency-Key", "message": "1–255 printable ASCII characters."}]
        )
    return key
