"""An owner's profile: its view, and its change by a JSON merge patch (RFC 7396)."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from realstaging.accounts import quota
from realstaging.config import Settings
from realstaging.errors import MalformedRequestError, ValidationFailedError
from realstaging.models.accounts import AccountView, Profile, User
from realstaging.models.requests import StageSettings
from realstaging.stores.users import UserStore
from realstaging.validation import explain, unknown_choices


def overview(user: User, settings: Settings, at: datetime) -> AccountView:
    return AccountView(
        id=user.owner,
        role=user.role,
        plan=quota.allowance(user, settings, at).plan,
        created_at=user.created_at,
        updated_at=user.updated_at,
        version=user.version,
        **user.profile.model_dump(),
    )


def patch(owner: str, changes: dict[str, Any], at: datetime, settings: Settings, *, users: UserStore) -> User:
    """Change what is named, remove what is null, leave the rest. Raises ValidationFailedError, VersionConflictError."""
    user = users.get(owner)
    try:
        merged = merge_patch(user.profile.model_dump(mode="json", exclude_none=True), changes)
    except RecursionError as error:
        raise MalformedRequestError("The body is nested too deeply.") from error
    try:
        profile = Profile.model_validate(merged)
    except ValidationError as error:
        raise ValidationFailedError(explain(error)) from error
    defaults = StageSettings(room_type=profile.preferences.default_room_type, style=profile.preferences.default_style)
    if bad := unknown_choices(defaults, settings, "/preferences"):
        raise ValidationFailedError(
            [each | {"pointer": each["pointer"].replace("/preferences/", "/preferences/default_")} for each in bad]
        )
    return users.save(user, profile, at)


def merge_patch(target: Any, changes: Any) -> Any:
    """RFC 7396: null removes, objects merge, everything else replaces."""
    if not isinstance(changes, dict):
        return changes
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
