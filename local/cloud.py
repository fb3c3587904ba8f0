"""Starts and stops the local cloud: `python -m local.cloud up|down|status|api`."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from local import state
from local.build import BuildError
from local.deploy import DeployError
from local.ports import DEFAULT
from local.processes import ROOT, StartError
from local.start import WORKERS, PortBusyError, started
from local.state import AlreadyRunningError, Cloud
from local.vendors import LiveKeyError

DETACHED_PATIENCE = 180  # seconds; a first build downloads packages
ENDING_PATIENCE = 15


@contextlib.contextmanager
def running_cloud(directory: Path, port: int = DEFAULT, workers: int = WORKERS) -> Iterator[Cloud]:
    """A local cloud for the length of a `with`, silently; what tests use."""
    with started(directory.resolve(), port, workers, Console(quiet=True)) as (cloud, _):
        yield cloud


def up(directory: Path, port: int, workers: int, console: Console) -> int:
    """Run until a signal comes, or a process of ours is gone."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        with started(directory, port, workers, console) as (cloud, processes):
            _show(cloud, console)
            while (gone := processes.ended()) is None:
                time.sleep(0.5)
            console.print(f"[red]{gone} has ended[/]; its log: {directory / gone}.log")
            return 1
    except AlreadyRunningError:
        return _already_running(directory, console)
    except (BuildError, DeployError, LiveKeyError, PortBusyError, StartError) as error:
        console.print(f"\n{error}", style="red", markup=False, highlight=False)
        return 1


def up_detached(directory: Path, port: int, workers: int, console: Console) -> int:
    """Start it in the background, and return when it is ready."""
    if state.owner(directory):
        return _already_running(directory, console)
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "cloud.log"
    command = [sys.executable, "-m", "local.cloud", "up", "--dir", str(directory)]
    command += ["--port", str(port), "--workers", str(workers)]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    with console.status("building, starting, deploying, warming …"):
        ready = _wait(lambda: state.read(directory) or process.poll() is not None, DETACHED_PATIENCE)
    cloud = state.read(directory)
    if ready and cloud:
        _show(cloud, console)
        return 0
    process.terminate()
    process.wait()
    console.print(log.read_text(), markup=False, highlight=False, end="")
    return 1


def down(directory: Path, console: Console) -> int:
    pid = state.owner(directory)
    if pid is None:
        console.print("no local cloud is running here")
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if _wait(lambda: state.owner(directory) is None, ENDING_PATIENCE):
        console.print("stopped")
        return 0
    console.print(f"process {pid} does not end", style="red")
    return 1


def status(directory: Path, console: Console) -> int:
    cloud, pid = state.read(directory), state.owner(directory)
    if cloud:
        _show(cloud, console)
        return 0
    console.print(f"starting (process {pid})" if pid else "no local cloud is running here")
    return 1


def address(directory: Path, console: Console) -> int:
    cloud = state.read(directory)
    console.print(cloud.api if cloud else "no local cloud is running here: make dev", highlight=False, soft_wrap=True)
    return 0 if cloud else 1


def _end(_number: int, _frame: Any) -> None:
    """Leave through every `with`; a second Ctrl-C must not interrupt the cleaning up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


def _wait(condition: Callable[[], Any], patience: float) -> bool:
    ends = time.monotonic() + patience
    while not (done := condition()) and time.monotonic() < ends:
        time.sleep(0.1)
    return bool(done)


def _already_running(directory: Path, console: Console) -> int:
    cloud = state.read(directory)
    console.print(f"already running: {cloud.api}" if cloud else "already starting", highlight=False)
    return 0


def _show(cloud: Cloud, console: Console) -> None:
    table = Table(title="The local cloud is running", title_justify="left", show_header=False, box=None)
    rows = {
        "page": f"{cloud.page}/",
        "API": f"{cloud.api}/v1",
        "WebSocket": cloud.socket,
        "identity": cloud.issuer,
        "Replicate": cloud.replicate,
        "Stripe": cloud.stripe,
        "traces": cloud.traces,
        "AWS": f"{cloud.aws_endpoint}  ({cloud.region}, key and secret: {cloud.access_key})",
        "logs": cloud.logs,
        "stop": f"Ctrl-C, or: python -m local.cloud down   (process {cloud.pid})",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table, highlight=False, soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="local.cloud", description="The local cloud.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "status", "api"):
        command = commands.add_parser(name)
        command.add_argument("--dir", type=Path, default=Path(".local"), help="its folder (default .local)")
    starting = commands.choices["up"]
    starting.add_argument("--port", type=int, default=DEFAULT, help="it takes this one and the next five")
    starting.add_argument("--workers", type=int, default=WORKERS, help=f"Lambda workers per function ({WORKERS})")
    starting.add_argument("--detach", action="store_true", help="return when it is ready")
    given = parser.parse_args()
    directory, console = given.dir.resolve(), Console()
    if given.command == "down":
        sys.exit(down(directory, console))
    if given.command == "status":
        sys.exit(status(directory, console))
    if given.command == "api":
        sys.exit(address(directory, console))
    run = up_detached if given.detach else up
    sys.exit(run(directory, given.port, given.workers, console))


if __name__ == "__main__":
    main()
