"""How administrators change what is set: the new state, its version and the audit row, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from realstaging.config import Settings
from realstaging.errors import ValidationFailedError, VersionConflictError
from realstaging.models.admin import ChangeOrder
from realstaging.models.runtime_settings import Overrides, Revision
from realstaging.runtime_settings import Applied, applied
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
        """Raises VersionConflictError if it was meant for another version than there is."""
        if self.order.expected_version not in (None, version):
            raise VersionConflictError(f"It is at version {version} by now. Read it again and repeat.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What shall be: `live` with the change in it, and of the subject that changed, its next version."""

    live: Overrides
    subject: str
    version: int
    content: dict[str, Any]
    action: str
    before: Any
    after: Any


class VersionedSettings:
    """Where everything that is set is read and changed, over the stage's own settings."""

    def __init__(self, settings: Settings, store: OverrideStore, audit: AuditStore) -> None:
        self.settings, self._store, self._audit = settings, store, audit

    def live(self) -> Overrides:
        return self._store.current()

    def over(self, live: Overrides) -> Settings:
        """The settings as they are with this."""
        return self.applied(live).settings

    def applied(self, live: Overrides) -> Applied:
        """Likewise, and what of it is not in force. Logged where requests are served, not for each look."""
        return applied(self.settings, live)

    def change(self, wanted: Callable[[Overrides], Change | None], act: ChangeRequest) -> Overrides:
        """Make a change to what is there, or to what is there by then; what is set afterwards.

        `wanted` is called again after a lost race; None means there is nothing to change.
        """
        given_up = VersionConflictError("Others keep changing settings at this moment. Try again.")
        return retry_on_conflict(lambda live: self._change(live, wanted, act), self._store.current, gave_up=given_up)

    def _change(self, live: Overrides, wanted: Callable[[Overrides], Change | None], act: ChangeRequest) -> Overrides:
        change = wanted(live)
        if change is None:
            return live
        then = change.live.model_copy(update={"version": live.version + 1})
        self._store.save(live.version, then, _revision(change, act), self._record(change, act))
        return then

    def record(self, act: ChangeRequest, action: str, subject: str) -> None:
        """Something that happened beside a change."""
        self._audit.record(act.at, by=act.by, action=action, subject=subject, before=None, after=None)

    def revisions(self, subject: str, *, limit: int, before: int | None) -> tuple[list[Revision], int | None]:
        return self._store.revisions(subject, limit=limit, before=before)

    def content(self, subject: str, version: int) -> dict[str, Any]:
        """What a version said; of version 0, nothing. Raises ValidationFailedError if there never was one."""
        if version == 0:
            return {}
        revision = self._store.revision(subject, version)
        if revision is None:
            raise ValidationFailedError([{"pointer": "/version", "message": "There is no such version."}])
        return revision.content

    def _record(self, change: Change, act: ChangeRequest) -> dict[str, dict[str, Any]]:
        return self._audit.entry(
            act.at,
            by=act.by,
            action=change.action,
            subject=change.subject,
            before=change.before,
            after=change.after,
        )


def _revision(change: Change, act: ChangeRequest) -> Revision:
    return Revision(
        subject=change.subject,
        version=change.version,
        content=change.content,
        by=act.by,
        at=act.at,
        note=act.order.note,
    )
