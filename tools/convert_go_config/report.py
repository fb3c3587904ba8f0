"""What was found and what becomes of it, as tables; the overlay as YAML."""

import json
from collections.abc import Iterable, Sequence

import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.convert_go_config import known
from tools.convert_go_config.rules import Outcome
from tools.convert_go_config.sources import Sources


def overlay(outcome: Outcome, files: Iterable[str]) -> str:
    head = f"# From {', '.join(files)}, for config/{outcome.stage}.yaml.\n"
    if not outcome.overlay:
        return f"{head}# Nothing in there becomes a setting.\n"
    return head + str(yaml.safe_dump(outcome.overlay, sort_keys=False, allow_unicode=True))


def show(sources: Sources, outcome: Outcome, dangers: Sequence[str], console: Console) -> None:
    settings = [(each.found.name, each.found.where, each.path, each.value) for each in outcome.settings]
    _table(console, "Settings", ("Variable", "From", "Becomes", "Value"), settings)
    _parameters(outcome, console)
    _deployment(outcome, console)
    left = [(each.name, each.where, why) for each, why in outcome.left]
    _table(console, "No counterpart", ("Variable", "From", "Why"), left)
    unknown = [(each.name, each.where, f"{near}?" if near else "") for each, near in outcome.unknown]
    _table(console, "Not the Go service's", ("Variable", "From", "Meant"), unknown)
    replaced = [(old.name, old.where, new.where) for old, new in sources.replaced if old.value != new.value]
    _table(console, "Did not count", ("Variable", "In", "Because of"), replaced)
    _dangers(sources, dangers, console)


def _parameters(outcome: Outcome, console: Console) -> None:
    rows = []
    for each in outcome.parameters:
        origin = (each.found.name, each.found.where) if each.found else ("new", "")
        rows.append((*origin, each.name, each.read_by or "nothing yet"))
    _table(console, "SSM parameters (SecureString)", ("Variable", "From", "Parameter", "Read by"), rows)
    if rows:
        _say(console, "Each command waits for the value: paste it, press Enter and Ctrl-D.", "dim")
    for each in outcome.parameters:
        _say(console, command(each.name))


def command(name: str) -> str:
    """Reads the value from the keyboard, so that no history and no list of processes has it."""
    return f"aws ssm put-parameter --type SecureString --name {name} --value file:///dev/stdin"


def _deployment(outcome: Outcome, console: Console) -> None:
    rows = [(each.found.name, each.found.where, each.where, each.value) for each in outcome.deployed]
    _table(console, "At deployment", ("Variable", "From", "Parameter", "Value"), rows)
    origins = dict.fromkeys(each.value for each in outcome.deployed if each.where == "AllowedOrigins")
    if not origins and not outcome.settings:
        return
    _say(console, "\nIn samconfig.toml:", "dim")
    _say(console, f"[{outcome.stage}.deploy.parameters.parameter_overrides]")
    if origins:
        _say(console, f"AllowedOrigins = {json.dumps(','.join(origins))}")
    if outcome.settings:
        _say(console, "SettingsOverrides = '{}'  # what stands there would win over the settings below")


def _dangers(sources: Sources, dangers: Sequence[str], console: Console) -> None:
    if dangers:
        _say(console, "\nDangerous or wrong", "bold red")
    for each in dangers:
        console.print(Text.assemble(("✗ ", "red"), each), soft_wrap=True)
    useless = [name for name in known.LEFT_SECRETS if name in sources.found and sources.found[name].given]
    if useless:
        _say(console, f"\nRevoke these once the Go service is gone: {', '.join(useless)}.")


def _table(console: Console, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", header_style="dim", box=None)
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style), soft_wrap=True)
