"""What becomes of each variable: a setting, an SSM parameter, something given at deployment, or nothing."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from realstaging import config
from tools.convert_go_config import known
from tools.convert_go_config.sources import Found

HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*(?::\d{1,5})?", re.IGNORECASE)
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?(?=/|\Z)", re.IGNORECASE)
SECRET_LOOK = re.compile(r"(?:sk_|rk_|whsec_|r8_)\w{6,}|-----BEGIN |://[^/\s@]*:[^/\s@]+@")


class UnusableError(Exception):
    """A value that cannot become what it should. The text does not hold it."""


@dataclass(frozen=True)
class Setting:
    found: Found
    path: str
    value: str


@dataclass(frozen=True)
class Parameter:
    """An SSM parameter that is needed; `found` has its value, if the Go service had one."""

    name: str
    read_by: str
    found: Found | None


@dataclass(frozen=True)
class Deployed:
    found: Found
    where: str
    value: str


@dataclass
class Outcome:
    stage: str
    settings: list[Setting] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    deployed: list[Deployed] = field(default_factory=list)
    left: list[tuple[Found, str]] = field(default_factory=list)
    unknown: list[tuple[Found, str | None]] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)

    @property
    def overlay(self) -> dict[str, Any]:
        """The settings as they would stand in the stage's file."""
        whole: dict[str, Any] = {}
        for setting in self.settings:
            *sections, key = setting.path.split(".")
            inside = whole
            for section in sections:
                inside = inside.setdefault(section, {})
            inside[key] = setting.value
        return whole


def stage_of(found: dict[str, Found]) -> str:
    """Ours for the Go service's; development is where everything else belongs."""
    stage = found.get(known.STAGE)
    return known.STAGES.get(stage.given.lower(), "dev") if stage else "dev"


def convert(found: dict[str, Found], stage: str) -> Outcome:
    outcome = Outcome(stage)
    outcome.parameters = list(_parameters(found, stage))
    for each in found.values():
        if each.name in known.SECRETS:
            continue
        try:
            _place(each, outcome)
        except UnusableError as error:
            outcome.unusable.append(f"{each.name} ({each.where}) {error}")
    return outcome


def _place(each: Found, outcome: Outcome) -> None:
    if each.name in known.SETTINGS:
        outcome.settings.append(Setting(each, known.SETTINGS[each.name], _setting(each)))
    elif each.name in known.ORIGINS:
        outcome.deployed.append(Deployed(each, "AllowedOrigins", _origin(each)))
    elif each.name == known.STAGE:
        outcome.deployed.append(Deployed(each, "Stage", outcome.stage))
    elif why := known.why_left(each.name):
        outcome.left.append((each, why))
    else:
        near = difflib.get_close_matches(each.name.upper(), known.NAMES, 1, cutoff=0.8)
        outcome.unknown.append((each, near[0] if near else None))


def _parameters(found: dict[str, Found], stage: str) -> Iterator[Parameter]:
    """What the settings refer to, and what the Go service had beyond that."""
    read_by = dict(_references(config.read(stage), stage))
    sources = {_name(stage, secret): found.get(name) for name, secret in known.SECRETS.items()}
    for name in read_by | {name: "" for name, source in sources.items() if source}:
        yield Parameter(name, read_by.get(name, ""), sources.get(name))


def _name(stage: str, secret: str) -> str:
    return f"/realstaging/{stage}/{secret}"


def _references(tree: Any, stage: str, path: str = "") -> Iterator[tuple[str, str]]:
    """The parameters that settings refer to, and the setting that does."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _references(value, stage, f"{path}.{key}" if path else key)
    elif isinstance(tree, str) and tree.startswith("ssm:"):
        yield tree.removeprefix("ssm:").format(stage=stage), path


def _checked(each: Found) -> str:
    if each.refers:
        raise UnusableError("refers to another variable, which the Go service did not fill in. Write the value out.")
    if not each.given:
        raise UnusableError("is empty.")
    if SECRET_LOOK.search(each.given):
        raise UnusableError("looks like a secret in the wrong place; it is not taken over.")
    if not each.given.isprintable():
        raise UnusableError("holds characters that cannot be printed.")
    return each.given


def _setting(each: Found) -> str:
    value = _checked(each)
    if each.name != known.ISSUER:
        return value
    host = value.removeprefix("https://").rstrip("/")
    if not HOST.fullmatch(host):
        raise UnusableError("is not the name of a host, such as tenant.eu.auth0.com.")
    return f"https://{host}/"  # tokens name their issuer with the slash


def _origin(each: Found) -> str:
    origin = ORIGIN.match(_checked(each))
    if origin is None:
        raise UnusableError("is not the address of a web page, such as https://app.example.")
    return origin[0].lower()


def faults(outcome: Outcome) -> list[str]:
    """What the settings' model says against the overlay on top of its stage; values are not repeated."""
    whole = config.merged(config.read(outcome.stage), outcome.overlay)
    try:
        config.Settings.model_validate(whole)
    except ValidationError as error:
        return [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)]
    return []
