"""The terms a request is served under: what its owner may use, and the settings as they are now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from realstaging.accounts import quota
from realstaging.accounts.quota import Allowance
from realstaging.config import Settings, merged
from realstaging.errors import ForbiddenError
from realstaging.image_models import registry
from realstaging.models.runtime_settings import ModelSettings, Overrides
from realstaging.observability import count, log
from realstaging.stores.runtime_settings import OverrideStore

DEFAULT = "models.default"
ACCOUNTS = "replicate.accounts."
UNFIT = "There is no such setting any more, or it does not take this value."


@dataclass(frozen=True, slots=True)
class RequestSettings:
    settings: Settings
    allowance: Allowance

    @property
    def default_model(self) -> str:
        """The model of a request that names none: the plan's, if it is on offer, else everybody's."""
        models, plan = self.settings.models, self.settings.plans[self.allowance.plan]
        return plan.model if plan.model in models.enabled else models.default


class RuntimeSettings:
    """Reads the terms anew each time, in one call to the table: what was set is in force for the next request."""

    def __init__(self, settings: Settings, live: OverrideStore) -> None:
        self._base, self._live = settings, live
        self._version, self._now = 0, settings

    def of(self, owner: str, at: datetime) -> RequestSettings:
        """Raises ForbiddenError for an account that is being deleted."""
        user, live = self._live.with_user(owner)
        if user is None or user.deleted_at:
            raise ForbiddenError("This account is being deleted.")
        now = self.under(live)
        return RequestSettings(now, quota.allowance(user, now, at))

    def settings(self) -> Settings:
        return self.under(self._live.current())

    def under(self, live: Overrides) -> Settings:
        """The stage's settings with what administrators have set laid over them."""
        if live.version != self._version:
            self._now = apply_valid_overrides(self._base, live)
            self._version = live.version
        return self._now


@dataclass(frozen=True, slots=True)
class Applied:
    """The settings in force, and what administrators have set that is not: by key or `models/<id>`, and why."""

    settings: Settings
    ignored: dict[str, str]


def apply_valid_overrides(settings: Settings, live: Overrides) -> Settings:
    """The same as `apply_overrides`, without what a later deployment does not take any more: that must not stop
    everybody."""
    now = check_overrides(settings, live)
    if now.ignored:
        log.error("stored settings no longer valid", keys=sorted(now.ignored), reasons=now.ignored)
        count("SettingUnfit", len(now.ignored))
    return now.settings


def check_overrides(settings: Settings, live: Overrides) -> Applied:
    """The settings with what is valid of the overrides, and why the rest is ignored. Logs nothing."""
    live, ignored = _known_to_registry(live)
    # Laid over the settings, they would bring an account back.
    gone = {key for key in live.settings if _is_of_former_account(key, settings)}
    live = _without(live, gone)
    ignored |= dict.fromkeys(gone, UNFIT)
    chosen = live.settings.get(DEFAULT)
    if chosen and not chosen.unset and chosen.value not in _enabled(settings, live, chosen.value):
        live = _without(live, {DEFAULT})
        ignored[DEFAULT] = f"{chosen.value} is not on offer any more."
    while True:
        try:
            now = apply_overrides(settings, live)
        except ValidationError as error:
            if not live.settings:
                raise
            unfit = _unfit(live, [".".join(map(str, each["loc"])) for each in error.errors()])
            live = _without(live, unfit)
            ignored |= dict.fromkeys(unfit, UNFIT)
        else:
            break
    default = now.models.default
    if _is_off(live, default):
        ignored[f"models/{default}"] = "It is the default now, and so it stays on offer."
    return Applied(now, ignored)


def _is_of_former_account(key: str, settings: Settings) -> bool:
    return key.startswith(ACCOUNTS) and key.removeprefix(ACCOUNTS).partition(".")[0] not in settings.replicate.accounts


def _known_to_registry(live: Overrides) -> tuple[Overrides, dict[str, str]]:
    """Without models that are not registered any more, and parameters that a model does not take any more."""
    ignored: dict[str, str] = {}
    models: dict[str, ModelSettings] = {}
    for id, each in live.models.items():
        why = _objection(id, each)
        if why:
            ignored[f"models/{id}"] = why
        if registry.known(id):
            models[id] = each.model_copy(update=_taken_back(id, each))
    for key, setting in live.settings.items():
        named = setting.value if isinstance(setting.value, list) else [setting.value]
        gone = [id for id in named if not (isinstance(id, str) and registry.known(id))]
        if key.endswith((".model", ".fallbacks")) and not setting.unset and setting.value is not None and gone:
            ignored[key] = f"{', '.join(map(str, gone))} is not registered any more."
    return live.model_copy(update={"models": models}), ignored


def _objection(model_id: str, said: ModelSettings) -> str | None:
    if not (said.enabled or said.parameters):
        return None
    if not registry.known(model_id):
        return f"{model_id} is not registered any more."
    taken_back = _taken_back(model_id, said)
    if "enabled" in taken_back:
        return f"{model_id} cannot stage a photo any more."
    return "It does not take these parameters any more." if taken_back else None


def _taken_back(model_id: str, said: ModelSettings) -> dict[str, None]:
    """What of a registered model's switches does not fit: then the stage's file counts."""
    model = registry.get(model_id)
    unfit = ["enabled"] if said.enabled and not model.offered else []
    try:
        model.check_parameters(said.parameters or {})
    except ValueError:  # pydantic's is one
        unfit.append("parameters")
    return dict.fromkeys(unfit)


def _without(live: Overrides, keys: set[str]) -> Overrides:
    left = {key: setting for key, setting in live.settings.items() if key not in keys}
    return live.model_copy(update={"settings": left})


def apply_overrides(settings: Settings, live: Overrides) -> Settings:
    """Raises pydantic's ValidationError for values that the settings do not take."""
    data: Any = settings.model_dump()
    for key, setting in live.settings.items():
        if not setting.unset:
            data = merged(data, _nested(key, setting.value))
    enabled = _enabled(settings, live, data["models"]["default"])
    parameters = settings.models.parameters | {
        id: each.parameters for id, each in live.models.items() if each.parameters is not None
    }
    # A fallback or a plan's model that is switched off is passed over, as if it were not named.
    fallbacks = [id for id in data["models"]["fallbacks"] if id in enabled]
    data["models"] |= {"enabled": enabled, "parameters": parameters, "fallbacks": fallbacks}
    for plan in data["plans"].values():
        plan["model"] = model if (model := plan.get("model")) in enabled else None
    return Settings.model_validate(data)


def _enabled(settings: Settings, live: Overrides, default: str) -> list[str]:
    """The models on offer. The default always is: a later deployment may have made it one."""
    enabled = [id for id in settings.models.enabled if id == default or not _is_off(live, id)]
    return enabled + [id for id, each in live.models.items() if each.enabled and id not in enabled]


def _is_off(live: Overrides, model_id: str) -> bool:
    return model_id in live.models and live.models[model_id].enabled is False


def _unfit(live: Overrides, places: list[str]) -> set[str]:
    """Which settings these errors are about: themselves, or else their section. What is left gets fewer each time."""
    there = {key for key in live.settings if any(f"{place}.".startswith(f"{key}.") for place in places)}
    sections = {key for key in live.settings if any(place.startswith(key.rpartition(".")[0]) for place in places)}
    return there or sections or set(live.settings)


def _nested(key: str, value: Any) -> Any:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value
