"""`python -m tools.demo [PHOTO...]`: stages photos on the local cloud and writes a before-and-after sheet."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from rich.console import Console

from local.ports import DEFAULT
from local.state import Cloud
from local.token import access_token
from realstaging_client import Client, RealstagingError
from realstaging_client.display import Bars, Lines
from realstaging_client.photos import BadArgumentError, Photo
from realstaging_client.progress import Board, Step
from tools.demo import sheet, summary
from tools.demo.choices import styles
from tools.demo.cloud import NoCloudError, cloud_in, draws
from tools.demo.journey import stage
from tools.demo.photos import chosen
from tools.trace.__main__ import trace
from tools.trace.spans import NoTraceError

BAD_ARGUMENTS, INTERRUPTED = 2, 130
DRAWN = "The furniture is a drawn sample; with REPLICATE_API_TOKEN set, the local cloud asks the real model."
LOG_WIDTH = 160  # columns, where nobody's terminal says how many


def demonstrate(cloud: Cloud, photos: list[Photo], given: argparse.Namespace, console: Console) -> int:
    """0 when every photo has its result, 1 otherwise."""
    now = datetime.now().astimezone()
    token = access_token(given.dir, f"demo-{now:%Y%m%d-%H%M%S}", [])
    screen = Bars(console) if sys.stdout.isatty() else Lines(console)
    board = Board(photos, screen.step)
    given.out.mkdir(parents=True, exist_ok=True)
    project = f"Demo of {now:%d %B %Y, %H:%M}"
    with Client(cloud.api, token) as client, screen.showing(board):
        pairs = stage(client, board, project=project, style=given.style, folder=given.out)
    note = DRAWN if draws(cloud) else ""
    page = sheet.write(board.shots, pairs, given.style, now, given.out, note=note)
    summary.show(board, pairs, page, console, note=note)
    show_slowest(cloud, board, given.out / "trace.html", console)
    return 0 if all(shot.step is Step.READY for shot in board.shots) else 1


def show_slowest(cloud: Cloud, board: Board, file: Path, console: Console) -> None:
    """The trace of the photo that took longest."""
    ready = [shot for shot in board.shots if shot.step is Step.READY and shot.jobs]
    if not ready:
        return
    slowest = max(ready, key=lambda shot: shot.seconds or 0)
    console.print(f"\nThe slowest photo, {slowest.photo.path.name}:", highlight=False, markup=False)
    try:
        trace(cloud, next(iter(slowest.jobs)), file, console)
    except NoTraceError as error:
        console.print(str(error), style="dim", markup=False)


def run(given: argparse.Namespace, console: Console) -> int:
    try:
        if given.style not in styles():
            raise BadArgumentError(f"There is no style {given.style!r}; choose one of: {', '.join(styles())}")
        photos = chosen(given.photos)
        with cloud_in(given.dir.resolve(), given.port, console) as cloud:
            return demonstrate(cloud, photos, given, console)
    except BadArgumentError as error:
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return BAD_ARGUMENTS
    except (NoCloudError, RealstagingError) as error:
        console.print(str(error) or type(error).__name__, style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted")
        return INTERRUPTED


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.demo", description="Stages photos on the local cloud.")
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO", help="up to 50; without any: the samples")
    parser.add_argument("--style", default="modern", help=f"one of: {', '.join(styles())} (default modern)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="where results go (default out)")
    parser.add_argument("--dir", type=Path, default=Path(".local"), help="the local cloud's folder (default .local)")
    parser.add_argument("--port", type=int, default=DEFAULT, help="of a cloud that has to be started")
    console = Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)
    sys.exit(run(parser.parse_args(), console))


if __name__ == "__main__":
    main()
