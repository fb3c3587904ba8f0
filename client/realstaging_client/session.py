"""What all commands share: the options that say where and who, and how they end when something is wrong."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from realstaging_client import display, profile
from realstaging_client.client import Client
from realstaging_client.display import LOG_WIDTH, Bars, Lines
from realstaging_client.errors import ApiError, RealstagingError
from realstaging_client.manifest import Journal, Order, locked, opened
from realstaging_client.photos import BadArgumentError, found, guessed_room, left_out
from realstaging_client.progress import Board, Step
from realstaging_client.runner import Run

FAILED, BAD_ARGUMENTS, INTERRUPTED = 1, 2, 130
UNAUTHORIZED = 401

Url = Annotated[str | None, typer.Option("--url", help="Server; else REALSTAGING_URL, or the saved login.")]
Token = Annotated[
    str | None, typer.Option("--token", help="Access token or API key; rather REALSTAGING_TOKEN, or the saved login.")
]
Directory = Annotated[Path | None, typer.Option("--dir", help="Folder of a local cloud to use, such as .local")]


def console(*, stderr: bool = False) -> Console:
    found = Console(stderr=stderr)
    return found if found.is_terminal else Console(stderr=stderr, width=LOG_WIDTH)


def say(text: str, *, style: str = "", stderr: bool = False) -> None:
    console(stderr=stderr).print(text, style=style, markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def ending(interrupted: str = "Interrupted.") -> Iterator[None]:
    """Errors in words, each kind with its exit code; never a trace with what the program had in hand."""
    try:
        yield
    except BadArgumentError as error:
        say(str(error), stderr=True)
        raise typer.Exit(BAD_ARGUMENTS) from error
    except (RealstagingError, OSError) as error:
        say(str(error) or type(error).__name__, style="red", stderr=True)
        if isinstance(error, ApiError) and error.status == UNAUTHORIZED:
            say("Log in again: realstaging login --url URL", stderr=True)
        raise typer.Exit(FAILED) from error
    except KeyboardInterrupt as error:
        say(interrupted, stderr=True)
        raise typer.Exit(INTERRUPTED) from error


@contextlib.contextmanager
def session(
    url: str | None, token: str | None, directory: Path | None, interrupted: str = "Interrupted."
) -> Iterator[Client]:
    with ending(interrupted):
        found = profile.chosen(url, token, directory)
        with Client(found.url, found.token) as client:
            yield client


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
    display.show(board.shots, journal.folder, screen_console, staged=staged)
    display.show_left_out(others, screen_console)
    if others or any(shot.step is not Step.READY for shot in board.shots):
        raise typer.Exit(FAILED)
