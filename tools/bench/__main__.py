"""`python -m tools.bench`: measures a local cloud and prints one table of figures, each against its bar."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.ports import DEFAULT
from local.state import Cloud
from local.token import access_token
from tools.bench import batch, calls, page, pushes, starts
from tools.bench.figures import Figure
from tools.demo.cloud import NoCloudError, cloud_in, draws

LOG_WIDTH = 140  # columns, where nobody's terminal says how many


def measured(cloud: Cloud, directory: Path) -> Iterator[Figure]:
    def token(purpose: str) -> str:
        return access_token(directory, f"bench-{time.time_ns()}-{purpose}", [])

    yield from calls.measured(cloud.api, token)
    yield from batch.measured(cloud, token("batch"))
    yield from pushes.measured(cloud, token("pushes"))
    yield from starts.measured(cloud)
    yield from page.measured(cloud, f"bench-{time.time_ns()}-page")


def machine() -> str:
    """And how busy it was with other things: on a loaded machine only ratios mean much."""
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {load}"


def table(figures: list[Figure], where: str) -> Table:
    drawn = Table(title=f"Benchmark · {where}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    drawn.add_column("Figure")
    drawn.add_column("Bar", justify="right", no_wrap=True)
    drawn.add_column("Measured", justify="right", no_wrap=True)
    drawn.add_column("", no_wrap=True)
    drawn.add_column("How", style="dim", overflow="fold")
    for figure in figures:
        mark = {True: Text("ok", "green"), False: Text("over", "bold red"), None: Text("")}[figure.ok]
        drawn.add_row(figure.what, figure.bar, figure.measured, mark, figure.detail)
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.bench", description="Measures a local cloud.")
    parser.add_argument("--dir", type=Path, default=Path(".local"), help="the local cloud's folder (default .local)")
    parser.add_argument("--port", type=int, default=DEFAULT, help="of a cloud that has to be started")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
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
                for figure in measured(cloud, given.dir):
                    figures.append(figure)
                    status.update(f"measuring … {figure.what}: {figure.measured}")
    except (NoCloudError, TimeoutError, httpx.HTTPError) as error:
        sys.exit(str(error))
    console.print(table(figures, where))
    if given.json:
        written = {"machine": where, "figures": [figure.as_json() for figure in figures]}
        given.json.write_text(json.dumps(written, indent=2) + "\n")


if __name__ == "__main__":
    main()
