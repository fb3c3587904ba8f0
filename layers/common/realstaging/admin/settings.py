"""The settings that administrators may change while the system runs: which, to what, and back again."""

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from realstaging.admin.changes import Change, ChangeRequest, VersionedSettings
from realstaging.config import Plan, Settings
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
from realstaging.runtime_settings import DEFAULT
from realstaging.validation import Complaint, complaints

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
# What names models takes those that are enabled.
FALLBACKS = "models.fallbacks"
NEVER = Setting(version=0, unset=True)


def keys(settings: Settings) -> Iterator[str]:
    yield from KEYS
    yield from (f"plans.{plan}.{name}" for plan in settings.plans for name in OF_PLANS)


def everything(desk: VersionedSettings) -> list[SettingView]:
    live = desk.live()
    now = desk.over(live)
    return [_view(key, live, now, desk.settings) for key in keys(desk.settings)]


def ignored(desk: VersionedSettings) -> list[IgnoredSetting]:
    """What was set and is not in force, because a later deployment does not take it."""
    live = desk.live()
    return [
        IgnoredSetting(subject=name if name.startswith("models/") else subject(name), reason=reason)
        for name, reason in sorted(desk.applied(live).ignored.items())
    ]


def get(key: str, desk: VersionedSettings) -> SettingView:
    """Raises NotFoundError."""
    return _now(_known(key, desk), desk.live(), desk)


def put(key: str, order: NewValue, act: ChangeRequest, desk: VersionedSettings) -> SettingView:
    """Raises NotFoundError, ValidationFailedError, VersionConflictError."""
    content = {"value": _kept(_known(key, desk), order.value)}

    def wanted(live: Overrides) -> Change:
        act.meant_for(live.settings.get(key, NEVER).version)
        return changed(key, content, live, desk, action="setting.set", pointer="/value")

    return _now(key, desk.change(wanted, act), desk)


def roll_back(key: str, order: Rollback, act: ChangeRequest, desk: VersionedSettings) -> SettingView:
    """A new version that says what an old one said. Raises as `put`."""
    content = desk.content(subject(_known(key, desk)), order.version)
    if content:
        content = {"value": _kept(key, content["value"], "/version")}

    def wanted(live: Overrides) -> Change:
        act.meant_for(live.settings.get(key, NEVER).version)
        return changed(key, content, live, desk, action="setting.rollback", pointer="/version")

    return _now(key, desk.change(wanted, act), desk)


def history(key: str, desk: VersionedSettings, *, limit: int, before: int | None) -> SettingRevisionPage:
    """Raises NotFoundError."""
    found, more = desk.revisions(subject(_known(key, desk)), limit=limit, before=before)
    return SettingRevisionPage(items=[shown(each) for each in found], next_cursor=version_cursor(more))


def changed(
    key: str, content: dict[str, Any], live: Overrides, desk: VersionedSettings, *, action: str, pointer: str
) -> Change:
    """`content` is `{"value": …}`, or empty for the stage's own. Raises ValidationFailedError at `pointer`."""
    was = live.settings.get(key, NEVER)
    setting = Setting(value=content.get("value"), version=was.version + 1, unset="value" not in content)
    then = live.model_copy(update={"settings": live.settings | {key: setting}})
    before, after = desk.over(live), desk.over(then)
    if bad := _objections(key, setting, after, before.models.enabled, pointer):
        raise ValidationFailedError(bad)
    return Change(
        live=then,
        subject=subject(key),
        version=setting.version,
        content=content,
        action=action,
        before=_at(key, before),
        after=_at(key, after),
    )


def subject(key: str) -> str:
    return f"settings/{key}"


def shown(revision: Revision) -> SettingRevision:
    said = {"value": revision.content.get("value"), "set": "value" in revision.content}
    return SettingRevision(**said, **revision.model_dump(include={"version", "by", "at", "note"}))


def _objections(
    key: str, setting: Setting, settings: Settings, enabled: Sequence[str], pointer: str
) -> list[Complaint]:
    """What is wrong with a setting among all the others, and with the models it names."""
    value = _at(key, settings) if setting.unset else setting.value
    bad = _unoffered(value, enabled, pointer) if _names_models(key) and value is not None else []
    if not bad and value != _at(key, settings):
        bad.append({"pointer": pointer, "message": "Does not go together with the other settings."})
    return bad


def _unoffered(value: str | Sequence[str], enabled: Sequence[str], pointer: str) -> list[Complaint]:
    named = [(pointer, value)] if isinstance(value, str) else [(f"{pointer}/{at}", id) for at, id in enumerate(value)]
    message = f"Must be a model that is enabled: {', '.join(enabled)}."
    bad = [{"pointer": where, "message": message} for where, id in named if id not in enabled]
    if not bad and len({id for _, id in named}) < len(named):
        bad.append({"pointer": pointer, "message": "Names a model twice."})
    return bad


def _kept(key: str, value: Any, pointer: str | None = None) -> Any:
    """The value as JSON keeps it, checked for itself. Raises ValidationFailedError, pointing into `value`."""
    try:
        text = json.dumps({"value": value})
        return _alone(*_field(key)).model_validate_json(text, strict=True).model_dump(mode="json")["value"]
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        bad = [each | {"pointer": pointer or each["pointer"]} for each in complaints(found)]
        raise ValidationFailedError(bad) from error
    except RecursionError as error:
        raise MalformedRequestError("The value is nested too deeply.") from error


def _now(key: str, live: Overrides, desk: VersionedSettings) -> SettingView:
    return _view(key, live, desk.over(live), desk.settings)


def _view(key: str, live: Overrides, now: Settings, stage: Settings) -> SettingView:
    section, name = _field(key)
    setting = live.settings.get(key, NEVER)
    return SettingView(
        key=key,
        value=_at(key, now),
        default=_at(key, stage),
        set=not setting.unset,
        version=setting.version,
        description=section.model_fields[name].description or "",
        value_schema=_schema(key, now),
    )


def _schema(key: str, settings: Settings) -> dict[str, Any]:
    whole = _alone(*_field(key)).model_json_schema()["properties"]["value"]
    # What the stage's file says counts, and not what the code would.
    schema: dict[str, Any] = {
        name: each for name, each in whole.items() if name not in ("title", "default", "description")
    }
    if _names_models(key):
        models = {"type": "string", "enum": list(settings.models.enabled)}
        if key == FALLBACKS:
            return schema | {"items": models, "uniqueItems": True}
        return models if key == DEFAULT else {"anyOf": [models, {"type": "null"}]}
    return schema


def _known(key: str, desk: VersionedSettings) -> str:
    if key not in keys(desk.settings):
        raise NotFoundError("adjustable setting", where="")
    return key


def _names_models(key: str) -> bool:
    return key in (DEFAULT, FALLBACKS) or key.endswith(".model")


def _field(key: str) -> tuple[type[BaseModel], str]:
    """The section of the settings a key leads to, and the field in it."""
    first, *_, name = key.split(".")
    section: Any = Plan if first == "plans" else Settings.model_fields[first].annotation
    return section, name


@functools.cache
def _alone(section: type[BaseModel], name: str) -> type[BaseModel]:
    """One field for itself, with its bounds, called `value`."""
    field = section.model_fields[name]
    shape: Any = field.annotation
    return create_model("Alone", __config__=ConfigDict(extra="forbid"), value=(shape, field))


def _at(key: str, settings: Settings) -> Any:
    found: Any = settings
    for part in key.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    return list(found) if isinstance(found, tuple) else found
