"""Idempotency keys: the first answer to a key is the answer to it for a day."""

import json
from dataclasses import dataclass
from typing import Any

from standins.stripe import errors
from standins.stripe.clock import DAY

type Answer = tuple[int, dict[str, Any]]


@dataclass
class Kept:
    fingerprint: str
    at: int
    request_id: str
    answer: Answer | None = None


class Answers:
    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def claim(self, key: str, path: str, params: dict[str, Any], at: int, request_id: str) -> Kept | None:
        """The first answer, or None for whoever comes first and must `keep` or `release` the key."""
        if len(key) > 255:
            raise errors.UnreadError(400, "Idempotency keys may be at most 255 characters.", type="idempotency_error")
        fingerprint = json.dumps([path, params], sort_keys=True)
        found = self._kept.get(key)
        if found is None or found.at < at - DAY:
            self._kept[key] = Kept(fingerprint, at, request_id)
            return None
        if found.fingerprint != fingerprint:
            raise errors.UnreadError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
                f" Try using a key other than '{key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        if found.answer is None:
            message = f"There is currently another in-progress request using this Idempotent Key: {key}."
            raise errors.UnreadError(409, message, code="idempotency_key_in_use")
        return found

    def keep(self, key: str, answer: Answer) -> None:
        self._kept[key].answer = answer

    def release(self, key: str) -> None:
        """Without an answer by now, nothing was begun: the next one with this key is the first."""
        found = self._kept.get(key)
        if found is not None and found.answer is None:
            del self._kept[key]
