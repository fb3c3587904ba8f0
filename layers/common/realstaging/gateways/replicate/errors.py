"""Errors of Replicate by what they mean for a job."""

from collections.abc import Mapping
from typing import Any


class NotTakenError(Exception):
    """The create was certainly not accepted; try again after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float | None) -> None:
        super().__init__(reason)
        self.reason, self.retry_after = reason, retry_after


class AccountError(NotTakenError):
    """Our account cannot be used now (no credit, a bad token), for no job."""


class ModelRefusedError(NotTakenError):
    """The provider does not run this model for us (withdrawn, restricted, no such version): other models may work."""


class UnreachableError(NotTakenError):
    """No connection to the provider."""


class RefusedError(Exception):
    """The provider does not accept this input; its text is logged, and not shown to clients."""


class UnsureError(Exception):
    """No clear answer: the run may exist and be billed."""


class UnknownAccountError(UnsureError):
    """The account of a run is not configured any more: nobody can ask what became of it."""


class StatusError(Exception):
    """A response that is not 2xx."""

    def __init__(self, status: int, headers: Mapping[str, str], body: Any, text: str) -> None:
        super().__init__(f"status {status}")
        self.status, self.headers, self.body, self.text = status, headers, body, text
