"""What all commands share: the options that say where and who, and how they end when something is wrong."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from realstaging_client import profile
from realstaging_client.client import Client
from realstaging_client.errors import ApiError, RealstagingError
from realstaging_client.photos import BadArgumentError
from realstaging_client.screen import LOG_WIDTH

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
