"""The settings that administrators may change while the system runs."""

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from realstaging.admin.changes import Change, ChangeRequest, VersionedSettings
from realstaging.config import Plan, ProviderAccount, Settings
from realstaging.errors import MalformedRequestError, NotFoundError, ValidationFailedError
from realstaging.models.admin import (
    IgnoredSetting,
    NewValue,
    Rollback,
    SettingRevision,
    SettingRevisionPage,
    SettingView,
)
from realstaging.models.runtime_settings import Overrides, Revision, Setting
from realstaging.pagination import version_cursor
from realstaging.runtime_settings import ACCOUNTS, DEFAULT
from realstaging.validation import Complaint, explain

# Only settings that are re-read for every request; what a process reads once, at its start, is not among them.
KEYS = (
    "models.default",
    "models.fallbacks",
    "models.tries_each",
    "jobs.max_attempts",
    "jobs.max_hours",
    "replicate.creations_per_minute",
    "replicate.breaker_failures",
    "replicate.breaker_seconds",
    "uploads.max_files",
    "billing.past_due_days",
    "billing.leeway_hours",
)
OF_PLANS = ("images_per_month", "model")
FALLBACKS = "models.fallbacks"
NEVER = Setting(version=0, unset=True)


def keys(settings: Settings) -> Iterator[str]:
    yield from KEYS
    yield from (f"{ACCOUNTS}{account}.creations_per_minute" for account in settings.replicate.accounts)
    yield from (f"plans.{plan}.{name}" for plan in settings.plans for name in OF_PLANS)


def list_all(versioned: VersionedSettings) -> list[SettingView]:
    live = versioned.live()
    now = versioned.over(live)
    return [_build_view(key, live, now, versioned.settings) for key in keys(versioned.settings)]


def list_ignored(versioned: VersionedSettings) -> list[IgnoredSetting]:
    """What was set and is not in force, because a later deployment does not take it."""
    live = versioned.live()
    return [
        IgnoredSetting(subject=name if name.startswith("models/") else subject(name), reason=reason)
        for name, reason in sorted(versioned.apply(live).ignored.items())
    ]


def get(key: str, versioned: VersionedSettings) -> SettingView:
    """Raises NotFoundError."""
    return _show_now(_check_key(key, versioned), versioned.live(), versioned)


def put(key: str, order: NewValue, act: ChangeRequest, versioned: VersionedSettings) -> SettingView:
    """Raises NotFoundError, ValidationFailedError, VersionConflictError."""
    content = {"value": _check_value(_check_key(key, versioned), order.value)}

    def wanted(live: Overrides) -> Change:
        act.meant_for(live.settings.get(key, NEVER).version)
        return build_change(key, content, live, versioned, action="setting.set", pointer="/value")

    return _show_now(key, versioned.change(wanted, act), versioned)


def roll_back(key: str, order: Rollback, act: ChangeRequest, versioned: VersionedSettings) -> SettingView:
    """A new version with the content of an old one. Raises as `put`."""
    content = versioned.content(subject(_check_key(key, versioned)), order.version)
    if content:
        content = {"value": _check_value(key, content["value"], "/version")}

    def wanted(live: Overrides) -> Change:
        act.meant_for(live.settings.get(key, NEVER).version)
        return build_change(key, content, live, versioned, action="setting.rollback", pointer="/version")

    return _show_now(key, versioned.change(wanted, act), versioned)


def history(key: str, versioned: VersionedSettings, *, limit: int, before: int | None) -> SettingRevisionPage:
    """Raises NotFoundError."""
    found, more = versioned.revisions(subject(_check_key(key, versioned)), limit=limit, before=before)
    return SettingRevisionPage(items=[build_revision_view(each) for each in found], next_cursor=version_cursor(more))


def build_change(
    key: str, content: dict[str, Any], live: Overrides, versioned: VersionedSettings, *, action: str, pointer: str
) -> Change:
    """A change of one setting. `content` is `{"value": …}`, or empty for the stage's own value.

    Raises ValidationFailedError at `pointer`.
    """
    was = live.settings.get(key, NEVER)
    setting = Setting(value=content.get("value"), version=was.version + 1, unset="value" not in content)
    then = live.model_copy(update={"settings": live.settings | {key: setting}})
    before, after = versioned.over(live), versioned.over(then)
    if bad := _find_objections(key, setting, after, before.models.enabled, pointer):
        raise ValidationFailedError(bad)
    return Change(
        live=then,
        subject=subject(key),
        version=setting.version,
        content=content,
        action=action,
        before=_read_value(key, before),
        after=_read_value(key, after),
    )


def subject(key: str) -> str:
    return f"settings/{key}"


def build_revision_view(revision: Revision) -> SettingRevision:
    said = {"value": revision.content.get("value"), "set": "value" in revision.content}
    return SettingRevision(**said, **revision.model_dump(include={"version", "by", "at", "note"}))


def _find_objections(
    key: str, setting: Setting, settings: Settings, enabled: Sequence[str], pointer: str
) -> list[Complaint]:
    """What is wrong with a setting in combination with all others, and with the models it names."""
    value = _read_value(key, settings) if setting.unset else setting.value
    bad = _check_models(value, enabled, pointer) if _is_model_key(key) and value is not None else []
    if not bad and value != _read_value(key, settings):
        bad.append({"pointer": pointer, "message": "Does not go together with the other settings."})
    return bad


def _check_models(value: str | Sequence[str], enabled: Sequence[str], pointer: str) -> list[Complaint]:
    named = [(pointer, value)] if isinstance(value, str) else [(f"{pointer}/{at}", id) for at, id in enumerate(value)]
    message = f"Must be a model that is enabled: {', '.join(enabled)}."
    bad = [{"pointer": where, "message": message} for where, id in named if id not in enabled]
    if not bad and len({id for _, id in named}) < len(named):
        bad.append({"pointer": pointer, "message": "Names a model twice."})
    return bad


def _check_value(key: str, value: Any, pointer: str | None = None) -> Any:
    """The value as it is stored, checked by itself. Raises ValidationFailedError, pointing into `value`."""
    try:
        text = json.dumps({"value": value})
        return (
            _build_value_model(*find_field(key)).model_validate_json(text, strict=True).model_dump(mode="json")["value"]
        )
    except ValidationError as error:
        bad = [each | {"pointer": pointer or each["pointer"]} for each in explain(error)]
        raise ValidationFailedError(bad) from error
    except RecursionError as error:
        raise MalformedRequestError("The value is nested too deeply.") from error


def _show_now(key: str, live: Overrides, versioned: VersionedSettings) -> SettingView:
    return _build_view(key, live, versioned.over(live), versioned.settings)


def _build_view(key: str, live: Overrides, now: Settings, stage: Settings) -> SettingView:
    section, name = find_field(key)
    setting = live.settings.get(key, NEVER)
    return SettingView(
        key=key,
        value=_read_value(key, now),
        default=_read_value(key, stage),
        set=not setting.unset,
        version=setting.version,
        description=section.model_fields[name].description or "",
        value_schema=_build_schema(key, now),
    )


def _build_schema(key: str, settings: Settings) -> dict[str, Any]:
    whole = _build_value_model(*find_field(key)).model_json_schema()["properties"]["value"]
    # The stage's file sets the default, not the code.
    schema: dict[str, Any] = {
        name: each for name, each in whole.items() if name not in ("title", "default", "description")
    }
    if _is_model_key(key):
        models = {"type": "string", "enum": list(settings.models.enabled)}
        if key == FALLBACKS:
            return schema | {"items": models, "uniqueItems": True}
        return models if key == DEFAULT else {"anyOf": [models, {"type": "null"}]}
    return schema


def _check_key(key: str, versioned: VersionedSettings) -> str:
    if key not in keys(versioned.settings):
        raise NotFoundError("adjustable setting", where="")
    return key


def _is_model_key(key: str) -> bool:
    return key in (DEFAULT, FALLBACKS) or key.endswith(".model")


def find_field(key: str) -> tuple[type[BaseModel], str]:
    """The section of the settings that a key is in, and the name of its field."""
    first, *_, name = key.split(".")
    section: Any = Plan if first == "plans" else Settings.model_fields[first].annotation
    section = ProviderAccount if key.startswith(ACCOUNTS) else section
    return section, name


@functools.cache
def _build_value_model(section: type[BaseModel], name: str) -> type[BaseModel]:
    """A model of one field, with its bounds, called `value`."""
    field = section.model_fields[name]
    shape: Any = field.annotation
    return create_model("Alone", __config__=ConfigDict(extra="forbid"), value=(shape, field))


def _read_value(key: str, settings: Settings) -> Any:
    found: Any = settings
    for part in key.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    return list(found) if isinstance(found, tuple) else found
