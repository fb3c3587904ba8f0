"""The terms a request is served under: what its owner may use, and the settings as they are now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from realstaging.accounts import quota
from realstaging.accounts.quota import Allowance
from realstaging.config import Settings, merged
from realstaging.errors import ForbiddenError
from realstaging.models.runtime_settings import Overrides
from realstaging.observability import count, log
from realstaging.stores.runtime_settings import OverrideStore

DEFAULT = "models.default"


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


def apply_valid_overrides(settings: Settings, live: Overrides) -> Settings:
    """The same, without what a later deployment does not take any more: that must not stop everybody."""
    chosen = live.settings.get(DEFAULT)
    if chosen and not chosen.unset and chosen.value not in _enabled(settings, live, chosen.value):
        unfit = {DEFAULT}
    else:
        try:
            now = apply_overrides(settings, live)
        except ValidationError as error:
            if not live.settings:
                raise
            unfit = _unfit(live, [".".join(map(str, each["loc"])) for each in error.errors()])
        else:
            default = now.models.default
            if _is_off(live, default):
                _tell({f"models/{default}"})
            return now
    _tell(unfit)
    left = {key: setting for key, setting in live.settings.items() if key not in unfit}
    return apply_valid_overrides(settings, live.model_copy(update={"settings": left}))


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


def _tell(unfit: set[str]) -> None:
    log.error("stored settings no longer valid", keys=sorted(unfit))
    count("SettingUnfit", len(unfit))


def _unfit(live: Overrides, places: list[str]) -> set[str]:
    """Which settings these errors are about: themselves, or else their section. What is left gets fewer each time."""
    there = {key for key in live.settings if any(f"{place}.".startswith(f"{key}.") for place in places)}
    sections = {key for key in live.settings if any(place.startswith(key.rpartition(".")[0]) for place in places)}
    return there or sections or set(live.settings)


def _nested(key: str, value: Any) -> Any:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value
