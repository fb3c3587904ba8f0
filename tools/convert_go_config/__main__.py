"""`python -m tools.convert_go_config FILE...`: reports on stderr; the settings' YAML goes to stdout or into `--out`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from tools.convert_go_config import report
from tools.convert_go_config.dangers import dangers
from tools.convert_go_config.rules import convert, faults, stage_of
from tools.convert_go_config.sources import SourceError, read

STAGES = ("dev", "staging", "prod")
WIDTH = 160  # columns, where nobody's terminal says how many


def run(given: argparse.Namespace, console: Console) -> str:
    """The overlay. Raises SourceError."""
    sources = read(given.files)
    names = [str(file) for file in given.files]
    outcome = convert(sources.found, given.stage or stage_of(sources.found))
    if len(outcome.unknown) == len(sources.found):
        raise SourceError(f"{', '.join(names)}: nothing in there is a variable of the Go service.")
    report.show(sources, outcome, [*dangers(sources, outcome), *faults(outcome)], console)
    return report.overlay(outcome, names)


def write(overlay: str, out: Path | None, console: Console) -> None:
    if out is None:
        console.print("\nSettings:", style="bold")
        print(overlay, end="", flush=True)
        return
    try:
        with out.open("x") as file:
            file.write(overlay)
    except FileExistsError as error:
        raise SourceError(f"{out}: is there already, and is not overwritten. Choose another --out.") from error
    except OSError as error:
        raise SourceError(f"{out}: {(error.strerror or 'cannot be written').lower()}.") from error
    console.print(f"\nSettings: {out}", style="bold", markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="tools.convert_go_config", description="Converts the Go service's configuration."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".env files and the Go service's YAML")
    parser.add_argument(
        "--stage", choices=STAGES, help="whose settings these become (default: as APP_ENV says, or dev)"
    )
    parser.add_argument("--out", type=Path, help="a new file for the settings (default: stdout)")
    given = parser.parse_args()
    console = Console(stderr=True) if sys.stderr.isatty() else Console(stderr=True, width=WIDTH)
    try:
        write(run(given, console), given.out, console)
    except SourceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
