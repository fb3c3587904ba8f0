"""`python -m tools.bench`: measures a local cloud and prints one table of figures, each against its bar."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.ports import DEFAULT
from local.state import Cloud
from local.token import access_token
from tools.bench import batch, calls, page, pushes, starts
from tools.bench.figures import Figure, changes
from tools.demo.cloud import NoCloudError, cloud_in, draws

LOG_WIDTH = 140  # columns, where nobody's terminal says how many


KEPT = Path("out/bench.json")


def measured(cloud: Cloud, directory: Path, only: str | None) -> Iterator[Figure]:
    def token(purpose: str) -> str:
        return access_token(directory, f"bench-{time.time_ns()}-{purpose}", [])

    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "calls": lambda: calls.measured(cloud.api, token),
        "batch": lambda: batch.measured(cloud, token("batch")),
        "pushes": lambda: pushes.measured(cloud, token("pushes")),
        "starts": lambda: starts.measured(cloud, token),
        "page": lambda: page.measured(cloud, f"bench-{time.time_ns()}-page"),
    }
    for name, part in parts.items():
        if only in (None, name):
            yield from part()


def machine() -> str:
    """And how busy it was with other things: on a loaded machine only ratios mean much."""
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {load}"


def table(figures: list[Figure], where: str, changed: dict[str, str]) -> Table:
    drawn = Table(title=f"Benchmark · {where}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    drawn.add_column("Figure")
    drawn.add_column("Bar", justify="right", no_wrap=True)
    drawn.add_column("Measured", justify="right", no_wrap=True)
    drawn.add_column("", no_wrap=True)
    drawn.add_column("Last time", justify="right", no_wrap=True)
    drawn.add_column("How", style="dim", overflow="fold")
    for figure in figures:
        mark = {True: Text("ok", "green"), False: Text("over", "bold red"), None: Text("")}[figure.ok]
        drawn.add_row(figure.what, figure.bar, figure.measured, mark, changed.get(figure.what, ""), figure.detail)
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.bench", description="Measures a local cloud.")
    parser.add_argument("--dir", type=Path, default=Path(".local"), help="the local cloud's folder (default .local)")
    parser.add_argument("--port", type=int, default=DEFAULT, help="of a cloud that has to be started")
    parser.add_argument("--json", type=Path, default=KEPT, metavar="FILE", help="where figures are kept and compared")
    parser.add_argument("--only", choices=["calls", "batch", "pushes", "starts", "page"], help="one part of it")
    given = parser.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)
    where = machine()
    figures = []
    try:
        with cloud_in(given.dir.resolve(), given.port, console) as cloud:
            if not draws(cloud):
                sys.exit(
                    "This local cloud asks the real model, which costs money. Start it without REPLICATE_API_TOKEN."
                )
            with console.status("measuring") as status:
                for figure in measured(cloud, given.dir, given.only):
                    figures.append(figure)
                    status.update(f"measuring … {figure.what}: {figure.measured}")
    except (NoCloudError, TimeoutError, httpx.HTTPError) as error:
        sys.exit(str(error))
    before = json.loads(given.json.read_text()) if given.json.exists() else {}
    console.print(table(figures, where, changes(figures, before)))
    keep(given.json, where, figures, before)
    if missed := [figure.what for figure in figures if figure.is_missed_ratio]:
        sys.exit(f"Over a bar that holds on every machine: {', '.join(missed)}.")


def keep(file: Path, where: str, figures: list[Figure], before: dict[str, Any]) -> None:
    """What was measured now; of parts that were left out, what was measured last."""
    now = [figure.as_json() for figure in figures]
    names = {each["figure"] for each in now}
    old = [each for each in before.get("figures", []) if each["figure"] not in names]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": where, "figures": [*now, *old]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
