"""`scripts/settings-reference [--check]`: writes docs/settings.md from the settings' model, or says how it differs."""

import argparse
import difflib
import inspect
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from realstaging import config

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "settings.md"
BASE = "base"
PLAIN: dict[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Decimal: "amount",
    NoneType: "null",
}
SHOWN_LINES, SHOWN_ENTRIES = 40, 3

HEAD = """# Settings

Written by `scripts/settings-reference` from `layers/common/realstaging/config.py` and `config/*.yaml`; do not edit.

`config/base.yaml` holds a value for everything; `config/<stage>.yaml` says what differs in a stage; `SettingsOverrides`
(JSON, in `samconfig.toml`) is laid over both at deployment. Mappings merge key by key, anything else is replaced as a
whole. An unknown or missing key stops the build and is named. A secret never stands in a setting: `ssm:/…` names the
SSM parameter (SecureString) that holds it. *Default* is the value in `base.yaml`.
"""

# A leaf's values of one stage, by label: one without a label, or one for each key of a mapping such as `plans`.
type Values = dict[str, Any]


class UndescribedError(Exception):
    """A setting without a sentence."""


@dataclass(frozen=True)
class Row:
    path: str
    kind: str
    default: str
    differs: str
    meaning: str

    def __str__(self) -> str:
        cells = (f"`{self.path}`", self.kind, self.default, self.differs, self.meaning)
        return f"| {' | '.join(cell.replace('|', '\\|') for cell in cells)} |"


def rows(model: type[BaseModel], path: str, stages: dict[str, Values]) -> Iterator[Row]:
    """One row for each setting below a path; `stages` has what every stage says there."""
    for name, field in model.model_fields.items():
        here = f"{path}{name}"
        inside = {stage: _within(values, name) for stage, values in stages.items()}
        section, shape = _section(field.annotation)
        if section and shape is None:
            yield from rows(section, f"{here}.", inside)
            continue
        if section and shape is dict:
            keyed = {stage: _keyed(values) for stage, values in inside.items()}
            yield from rows(section, f"{here}.<id>.", keyed)
            continue
        meaning = field.description
        if not meaning:
            raise UndescribedError(f"{model.__module__}: {model.__name__}.{name} is not described.")
        kind = ", ".join(filter(None, (_kind(field.annotation), _bounds(field))))
        yield Row(here, kind, _default(field, inside), _differences(inside), meaning)
        if section:
            yield from rows(section, f"{here}[].", {})


def _within(values: Values, name: str) -> Values:
    return {label: tree[name] for label, tree in values.items() if isinstance(tree, dict) and name in tree}


def _keyed(values: Values) -> Values:
    return {f"{label}{key}": tree for label, mapping in values.items() for key, tree in mapping.items()}


def _section(annotation: Any) -> tuple[type[BaseModel] | None, type | None]:
    """The settings class an annotation holds, and in what: nothing (None), a mapping or a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, None
    origin = get_origin(annotation)
    for inner in get_args(annotation):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner, origin if origin in (dict, tuple, list) else None
    return None, None


def _kind(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inner[0])
    if origin is Literal:
        return f"one of {', '.join(f'`{each}`' for each in inner)}"
    if origin in (Union, UnionType):
        return " or ".join(_kind(each) for each in inner)
    if origin in (tuple, list):
        return "list" if _section(annotation)[0] else f"list of {_kind(inner[0])}"
    return PLAIN.get(annotation) or str(getattr(annotation, "__name__", annotation))


def _bounds(field: FieldInfo) -> str:
    names = {
        "ge": "at least",
        "gt": "more than",
        "le": "at most",
        "lt": "less than",
        "multiple_of": "a multiple of",
        "min_length": "length at least",
        "max_length": "length at most",
        "pattern": "matching",
    }
    found = {
        name: value for each in field.metadata for name in names if (value := getattr(each, name, None)) is not None
    }
    if "ge" in found and "le" in found:
        return f"{found['ge']} to {found['le']}"
    return ", ".join(f"{names[name]} {value}" for name, value in found.items())


def _default(field: FieldInfo, stages: dict[str, Values]) -> str:
    if values := stages.get(BASE):
        return _shown(values)
    if field.is_required():
        return "required"
    return _value(field.get_default(call_default_factory=True, validated_data={}))


def _differences(stages: dict[str, Values]) -> str:
    base = stages.get(BASE, {})
    found = []
    for stage, values in stages.items():
        changed = {label: value for label, value in values.items() if label not in base or base[label] != value}
        if stage != BASE and changed:
            found.append(f"{stage}: {_shown(changed)}")
    return "; ".join(found)


def _shown(values: Values) -> str:
    return ", ".join(f"{label} {_value(value)}" if label else _value(value) for label, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        names = [entry["id"] if isinstance(entry, dict) and "id" in entry else entry for entry in value]
        listed = ", ".join(_value(name) for name in names[:SHOWN_ENTRIES])
        return f"{listed} and {len(names) - SHOWN_ENTRIES} more" if len(names) > SHOWN_ENTRIES else listed or "none"
    if value == "":
        return "empty"
    return f"`{json.dumps(value) if value is None or isinstance(value, bool) else value}`"


def page() -> str:
    """What docs/settings.md should say."""
    base = yaml.safe_load((config.SOURCES / "base.yaml").read_text())
    stages = {BASE: {"": base}} | {stage: {"": config.read(stage)} for stage in config.STAGES}
    parts: dict[str, list[Row]] = {}
    for row in rows(config.Settings, "", stages):
        parts.setdefault(row.path.split(".")[0].removesuffix("[]"), []).append(row)
    text = [HEAD]
    for name, found in parts.items():
        section, shape = _section(config.Settings.model_fields[name].annotation)
        own = section.__dict__.get("__doc__") if section and shape in (None, dict) else None
        text += [f"## {name}\n", *([f"{inspect.cleandoc(own)}\n"] if own else [])]
        text += ["| Setting | Type and bounds | Default | Differs in | Meaning |", "| --- | --- | --- | --- | --- |"]
        text += [*map(str, found), ""]
    return "\n".join(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/settings-reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is not up to date")
    checking = parser.parse_args().check
    try:
        wanted = page()
    except UndescribedError as error:
        print(f"{error} Put one sentence in quotes below it.", file=sys.stderr)
        return 1
    if not checking:
        PAGE.write_text(wanted)
        return 0
    found = PAGE.read_text() if PAGE.exists() else ""
    lines = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), "docs/settings.md", "the settings say", lineterm="", n=0
    )
    if shown := list(lines)[:SHOWN_LINES]:
        print("\n".join(shown), file=sys.stderr)
        print(
            "\ndocs/settings.md: not what the settings say any more. Run scripts/settings-reference.", file=sys.stderr
        )
    return int(bool(shown))


if __name__ == "__main__":
    sys.exit(main())
