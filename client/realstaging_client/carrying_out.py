"""An order carried out in a folder, with what a person sees of it."""

from collections.abc import Sequence
from pathlib import Path

import typer

from realstaging_client import report
from realstaging_client.board import Board, Step
from realstaging_client.client import Client
from realstaging_client.journal import Journal, Order, locked, opened
from realstaging_client.photos import found, guessed_room, left_out
from realstaging_client.run import Run
from realstaging_client.screen import Bars, Lines
from realstaging_client.session import FAILED, console

GO_ON = "Interrupted. Nothing is lost and nothing will be charged twice: run the same command again to go on."


def carry_out(
    client: Client,
    paths: Sequence[Path],
    order: Order,
    folder: Path,
    rooms: Sequence[str] = (),
    *,
    retry_failed: bool = False,
) -> None:
    """`rooms`: those that file names may speak of."""
    with locked(folder):
        journal = opened(folder, client.base_url, order)
        photos = found(paths, but=[folder / result.file for _, result in journal.results()])
        entries = journal.take_up(photos, {path: guessed_room(path.name, rooms) for path in photos})
        finish(client, journal, entries, left_out(paths), retry_failed=retry_failed)


def finish(
    client: Client, journal: Journal, entries: Sequence[int], others: Sequence[Path] = (), *, retry_failed: bool = False
) -> None:
    """Bring these photos to their end. Exits with 1 when any has failed, or when there were `others`, left out."""
    screen_console, staged = console(), journal.settings is not None
    screen = Bars(screen_console) if screen_console.is_terminal else Lines(screen_console)
    board = Board([journal.record.entries[index].photo for index in entries], screen.step, staged=staged)
    with screen.showing(board):
        Run(client, journal, board, entries).go(retry_failed=retry_failed)
    report.show(board.shots, journal.folder, screen_console, staged=staged)
    report.show_left_out(others, screen_console)
    if others or any(shot.step is not Step.READY for shot in board.shots):
        raise typer.Exit(FAILED)
