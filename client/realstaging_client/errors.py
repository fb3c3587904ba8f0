"""What can go wrong between a client and the API, in words for people and codes for programs."""

from collections.abc import Mapping
from typing import Any


class RealstagingError(Exception):
    """Anything this package raises on purpose."""


class ApiError(RealstagingError):
    """The API answered, and the answer was no: its problem+json. `members` holds all of it, `limit` and `used` too."""

    def __init__(self, status: int, members: Mapping[str, Any], *, retry_after: float | None = None) -> None:
        self.status = status
        self.members = dict(members)
        self.code = str(members.get("code") or "unknown")
        self.title = str(members.get("title") or f"The API answered {status}")
        self.detail = str(members.get("detail") or "")
        self.request_id = str(members.get("request_id") or "")
        self.retryable = bool(members.get("retryable"))
        self.errors: list[dict[str, str]] = list(members.get("errors") or [])
        self.retry_after = retry_after
        super().__init__(self._told())

    def _told(self) -> str:
        fields = [f"{each.get('pointer', '')}: {each.get('message', '')}" for each in self.errors]
        request = f"(request {self.request_id})" if self.request_id and self.status >= 500 else ""
        return " ".join(part for part in (f"{self.title}.", self.detail, *fields, request) if part)


class UnreachableError(RealstagingError):
    """No answer, however often it was asked: the network, or a server that is away."""


class StorageError(RealstagingError):
    """The storage behind a signed form or link refused."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(f"{what}: the storage answered {status}.")
        self.status = status
