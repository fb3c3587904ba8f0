"""What is left on the screen: one row for each photo, why some failed, where the results are."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from realstaging_client.progress import Board, Shot, Step
from tools.demo.photos import upright_size
from tools.demo.results import Pair, same_shape


def show(board: Board, pairs: dict[str, Pair], sheet: Path, console: Console, *, note: str = "") -> None:
    table = Table(title_justify="left", header_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column("Photo", overflow="fold")
    table.add_column("Status")
    table.add_column("Seconds", justify="right")
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("Shape")
    table.add_column("File", overflow="fold")
    for shot in board.shots:
        table.add_row(*_row(shot, pairs.get(shot.photo.name)))
    console.print()
    console.print(table)
    for shot in board.shots:
        if shot.reason:
            console.print(Text.assemble("\n", (f"✗ {shot.photo.path.name}: ", "red"), str(shot.reason)), soft_wrap=True)
    read = f", and the batch was read {_times(board.reads)}" if board.reads else ""
    heard = f"{board.pushes} changes came over the socket{read}."
    console.print(Text.assemble("\n", (f"{heard} {note}".rstrip(), "dim")), soft_wrap=True)
    console.print(Text.assemble("Before and after: ", (str(sheet), "bold")), soft_wrap=True)


def show_listing(page: str, owner: str, board: Board, console: Console, *, ends: bool) -> None:
    """The listing as agents see it. `ends`: the cloud goes with the demo, unless a person at the screen keeps it."""
    project = next((job.project_id for shot in board.shots for job in shot.jobs.values()), None)
    if project is None:
        return
    asked = ends and console.is_terminal and sys.stdin.isatty()
    if ends and not asked:
        words = "The listing is on the page too while a local cloud runs: start `make dev` in another terminal first."
        console.print(Text(words), soft_wrap=True)
        return
    address = listing_address(page, owner, project)
    console.print(Text.assemble("The listing on the page: ", (address, "bold")), soft_wrap=True)
    if asked:
        console.input("Press Enter to end the local cloud. ")


def listing_address(page: str, owner: str, project: str) -> str:
    """Signs in as the demo's owner, which works on the local cloud only."""
    return f"{page}/?as={owner}#/project/{project}"


def _row(shot: Shot, pair: Pair | None) -> list[str | Text]:
    ready = shot.step is Step.READY
    status = Text(str(shot.step) if ready else "failed", "green" if ready else "red")
    seconds = "" if shot.seconds is None else f"{shot.seconds:.1f}"
    if pair is None:
        return [Text(shot.photo.path.name), status, seconds, "", "", "", ""]
    result = pair.after
    size = (result.width, result.height)
    same = same_shape(upright_size(shot.photo.path), size)
    return [
        Text(shot.photo.path.name),
        status,
        seconds,
        f"{size[0]} × {size[1]}",
        f"{result.size_bytes / 1000:.0f} KB",
        Text("same") if same else Text("differs", "red"),
        Text(str(result.path)),
    ]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
