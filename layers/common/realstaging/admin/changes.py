"""How administrators change what is set: the new state, its version and the audit row, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from realstaging.config import Settings
from realstaging.errors import ValidationFailedError, VersionConflictError
from realstaging.models.admin import ChangeOrder
from realstaging.models.runtime_settings import Overrides, Revision
from realstaging.runtime_settings import Applied, check_overrides
from realstaging.stores.audit import AuditStore
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.stores.table import retry_on_conflict


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """Who changes something, when, and their note."""

    by: str
    at: datetime
    order: ChangeOrder

    def meant_for(self, version: int) -> None:
        """Raises VersionConflictError unless it was meant for this version."""
        if self.order.expected_version not in (None, version):
            raise VersionConflictError(f"It is at version {version} by now. Read it again and repeat.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The result of a change: the overrides with it, and the next version of the subject that changed."""

    live: Overrides
    subject: str
    version: int
    content: dict[str, Any]
    action: str
    before: Any
    after: Any


class VersionedSettings:
    """Reads and changes the overrides of the stage's own settings."""

    def __init__(self, settings: Settings, store: OverrideStore, audit: AuditStore) -> None:
        self.settings, self._store, self._audit = settings, store, audit

    def live(self) -> Overrides:
        return self._store.current()

    def over(self, live: Overrides) -> Settings:
        """The stage's settings with these overrides."""
        return self.apply(live).settings

    def apply(self, live: Overrides) -> Applied:
        """Likewise, and which overrides are ignored. Logged where requests are served, not for each look."""
        return check_overrides(self.settings, live)

    def change(self, wanted: Callable[[Overrides], Change | None], act: ChangeRequest) -> Overrides:
        """Write the change that `wanted` makes of the current overrides; returns the overrides after it.

        `wanted` is called again after a lost race; None means there is nothing to change.
        """
        given_up = VersionConflictError("Others keep changing settings at this moment. Try again.")
        return retry_on_conflict(lambda live: self._change(live, wanted, act), self._store.current, gave_up=given_up)

    def _change(self, live: Overrides, wanted: Callable[[Overrides], Change | None], act: ChangeRequest) -> Overrides:
        change = wanted(live)
        if change is None:
            return live
        then = change.live.model_copy(update={"version": live.version + 1})
        self._store.save(live.version, then, _build_revision(change, act), self._build_entry(change, act))
        return then

    def record(self, act: ChangeRequest, action: str, subject: str) -> None:
        """Write an audit entry without a change."""
        self._audit.record(act.at, by=act.by, action=action, subject=subject, before=None, after=None)

    def revisions(self, subject: str, *, limit: int, before: int | None) -> tuple[list[Revision], int | None]:
        return self._store.revisions(subject, limit=limit, before=before)

    def content(self, subject: str, version: int) -> dict[str, Any]:
        """The content of a version; empty for version 0. Raises ValidationFailedError for an unknown version."""
        if version == 0:
            return {}
        revision = self._store.revision(subject, version)
        if revision is None:
            raise ValidationFailedError([{"pointer": "/version", "message": "There is no such version."}])
        return revision.content

    def _build_entry(self, change: Change, act: ChangeRequest) -> dict[str, dict[str, Any]]:
        return self._audit.entry(
            act.at,
            by=act.by,
            action=change.action,
            subject=change.subject,
            before=change.before,
            after=change.after,
        )


def _build_revision(change: Change, act: ChangeRequest) -> Revision:
    return Revision(
        subject=change.subject,
        version=change.version,
        content=change.content,
        by=act.by,
        at=act.at,
        note=act.order.note,
    )
