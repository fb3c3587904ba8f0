"""The kinds of answer that Replicate gives instead of a run, and what each of them means for a job."""

from collections.abc import Mapping
from typing import Any


class NotTakenError(Exception):
    """The create was certainly not taken; try again after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float | None) -> None:
        super().__init__(reason)
        self.reason, self.retry_after = reason, retry_after


class AccountError(NotTakenError):
    """Our account cannot be used now (no credit, a bad token): every job would meet the same."""


class ModelRefusedError(NotTakenError):
    """The provider does not run this model for us (withdrawn, restricted, no such version): other models may work."""


class UnreachableError(NotTakenError):
    """Nobody answered where the provider should be."""


class RefusedError(Exception):
    """The provider does not accept this input; its words stay in the log, not in answers."""


class UnsureError(Exception):
    """No clear answer: the run may exist and may be paid for."""


class StatusError(Exception):
    """An answer that is not 2xx, whole."""

    def __init__(self, status: int, headers: Mapping[str, str], body: Any, text: str) -> None:
        super().__init__(f"status {status}")
        self.status, self.headers, self.body, self.text = status, headers, body, text
