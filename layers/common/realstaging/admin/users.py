"""Users as administrators see and change them: role, plan, quota. Profiles are not changed here."""

from datetime import datetime
from typing import Any

from realstaging.accounts import quota
from realstaging.accounts.identity import owners_named
from realstaging.config import Settings
from realstaging.errors import ConflictError, NotFoundError, OwnRoleError, ValidationFailedError, VersionConflictError
from realstaging.models.accounts import User
from realstaging.models.admin_operations import AdminUserView, AdminUserWithUsage, UserPatch
from realstaging.stores.audit import AuditStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import retry_on_conflict
from realstaging.stores.users import UserStore


def overview(user: User, settings: Settings, at: datetime) -> AdminUserView:
    return AdminUserView(**_show(user, settings, at))


def in_full(user: User, settings: Settings, at: datetime, *, counters: QuotaStore) -> AdminUserWithUsage:
    granted = quota.allowance(user, settings, at)
    used = counters.usage(user.owner, granted.period)
    return AdminUserWithUsage(**_show(user, settings, at), usage=quota.overview(used, granted))


class UserAdmin:
    def __init__(self, users: UserStore, audit: AuditStore) -> None:
        self._users, self._audit = users, audit

    def get(self, name: str) -> User:
        """By owner id, or by the identity provider's subject. Raises NotFoundError."""
        for owner in owners_named(name):
            if user := self._users.find(owner):
                return user
        raise NotFoundError("user", where="")

    def patch(self, name: str, changes: UserPatch, at: datetime, settings: Settings, *, by: str) -> User:
        """Set the fields that are given, reset those that are null; in force for the user's next request."""
        if changes.plan_override is not None and changes.plan_override not in settings.plans:
            message = f"Choose one of: {', '.join(settings.plans)}."
            raise ValidationFailedError([{"pointer": "/plan_override", "message": message}])
        given_up = VersionConflictError("The user kept changing meanwhile. Try again.")
        return retry_on_conflict(
            lambda user: self._patch(user, changes, at, by), lambda: self.get(name), gave_up=given_up
        )

    def _patch(self, user: User, changes: UserPatch, at: datetime, by: str) -> User:
        if user.deleted_at:
            raise ConflictError("This account is being deleted.")
        wanted = user.model_copy(update=_read_changes(changes))
        if wanted == user:
            return user
        if user.owner == by and wanted.role != user.role:
            raise OwnRoleError("Another administrator can change your role.")
        record = self._audit.entry(
            at,
            by=by,
            action="user.update",
            subject=f"users/{user.owner}",
            before=_show_grants(user),
            after=_show_grants(wanted),
        )
        return self._users.grant(wanted, at, record)


def _read_changes(changes: UserPatch) -> dict[str, Any]:
    named = changes.model_fields_set
    wanted: dict[str, Any] = {}
    if "role" in named:
        # After a reset, the role in the next token counts again.
        wanted |= {"role": changes.role or "user", "role_set": changes.role is not None}
    if "plan_override" in named:
        wanted["plan_override"] = changes.plan_override
    if "extra_quota" in named:
        wanted["extra_images"] = changes.extra_quota or 0
    return wanted


def _show_grants(user: User) -> dict[str, Any]:
    """What an administrator can set of a user, for the audit log."""
    return {
        "role": user.role,
        "role_set": user.role_set,
        "plan_override": user.plan_override,
        "extra_quota": user.extra_images,
    }


def _show(user: User, settings: Settings, at: datetime) -> dict[str, Any]:
    return {
        "id": user.owner,
        "plan": quota.allowance(user, settings, at).plan,
        "subscription_status": user.subscribed.status if user.subscribed else None,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "deleted_at": user.deleted_at,
        "version": user.version,
        **_show_grants(user),
    }
