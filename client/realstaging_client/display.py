"""What a person sees meanwhile: a bar for each photo on a terminal, a line for each step anywhere else."""

import contextlib
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from realstaging_client.photos import KNOWN
from realstaging_client.progress import Board, Shot, Step

FAR = {
    Step.WAITING: 0.0,
    Step.UPLOADED: 0.4,
    Step.TAKEN_IN: 0.5,
    Step.QUEUED: 0.55,
    Step.STAGING: 0.6,
    Step.READY: 1.0,
    Step.FAILED: 1.0,
}
COLOURS = {Step.WAITING: "dim", Step.READY: "green", Step.FAILED: "red", Step.STAGING: "magenta"}
PLAIN_STEPS = (Step.UPLOADED, Step.STAGING, Step.READY, Step.FAILED)
BAR = 28
AROUND = 4  # rows that are not photos
MODEL_SECONDS = 15.0  # while the model runs nobody knows how far it is: the bar creeps, and never arrives
LOG_WIDTH = 160  # columns, where nobody's terminal says how many


class Lines:
    """For logs: a line when a photo has come a step further."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def step(self, shot: Shot) -> None:
        if shot.step in PLAIN_STEPS:
            line = f"{shot.photo.path.name:<24} {described(shot)}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def showing(self, _board: Board) -> Iterator[None]:
        yield


class Bars:
    """For people. Those under way come first when the terminal is too short for all."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._board: Board | None = None
        self._spinner = Spinner("dots", style="magenta")

    def step(self, shot: Shot) -> None:
        """Nothing: it is drawn anew all the time."""

    @contextlib.contextmanager
    def showing(self, board: Board) -> Iterator[None]:
        self._board = board
        with Live(self, console=self._console, refresh_per_second=10, transient=True):
            yield

    def __rich__(self) -> RenderableType:
        assert self._board is not None
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=30)
        table.add_column(width=BAR)
        table.add_column(width=1)
        table.add_column(no_wrap=True, overflow="ellipsis")
        for shot in self._visible(self._board.shots):
            words = Text(described(shot), _colour(shot))
            table.add_row(Text(shot.photo.path.name), bar(shot), self._mark(shot), words)
        return Group(table, Text(), Text(totals(self._board), "bold"))

    def _mark(self, shot: Shot) -> RenderableType:
        if shot.step is Step.STAGING:
            return self._spinner.render(time.monotonic())
        return Text({Step.READY: "✓", Step.FAILED: "✗"}.get(shot.step, ""), _colour(shot))

    def _visible(self, shots: list[Shot]) -> list[Shot]:
        rows = max(self._console.height - AROUND, 1)
        if len(shots) <= rows:
            return shots
        order = sorted(shots, key=lambda shot: (shot.over, shot.step is Step.WAITING))
        return order[:rows]


def bar(shot: Shot) -> ProgressBar:
    far = FAR.get(shot.step, 0.0)
    if shot.step is Step.UPLOADING:
        far = FAR[Step.UPLOADED] * (shot.sent or 0.0)
    if shot.step is Step.STAGING:
        part = sum(job.final for job in shot.jobs.values()) / len(shot.jobs)
        far += 0.35 * max(part, 1 - math.exp(-(shot.seconds or 0.0) / MODEL_SECONDS))
    colour = _colour(shot)
    return ProgressBar(total=1.0, completed=far, width=BAR, complete_style=colour, finished_style=colour)


def described(shot: Shot) -> str:
    if shot.step is Step.UPLOADING:
        return f"uploading {shot.sent or 0:.0%}"
    if shot.reason:
        return f"failed: {shot.reason.title}"
    if shot.step in (Step.STAGING, Step.READY) and shot.seconds is not None:
        many = len(shot.jobs) > 1 and shot.step is Step.STAGING
        done = sum(job.final for job in shot.jobs.values())
        return f"{shot.step} {shot.seconds:.1f} s" + (f", {done} of {len(shot.jobs)} done" if many else "")
    return str(shot.step)


def totals(board: Board) -> str:
    """`3 ready · 2 staging · 1 failed      41 pushes, 1 read`"""
    counts = Counter(shot.step for shot in board.shots)
    steps = " · ".join(f"{counts[step]} {step}" for step in reversed(Step) if counts[step])
    return f"{steps}    ({board.pushes} pushes, {board.reads} reads)"


def _colour(shot: Shot) -> str:
    return COLOURS.get(shot.step, "cyan")


# The check's reasons, in words.
REASONS = {
    "blank": "it shows nothing",
    "near_identical": "nothing was changed",
    "other_view": "it shows another view",
    "reframed": "part of the room is cut off",
    "stretched": "the room is stretched",
    "lines_lost": "walls, windows or doors have changed",
    "lines_added": "lines were added that the photo does not have",
    "surfaces_changed": "a wall, the floor or the ceiling has another surface",
}
NAMED = 5  # photos with the same reason; the others are counted


def show(shots: Sequence[Shot], folder: Path, console: Console, *, staged: bool) -> None:
    done = sum(shot.step is Step.READY for shot in shots)
    pictures = sum(len(shot.saved) for shot in shots)
    words = f"{done} of {count(len(shots), 'photo')} {'staged' if staged else 'uploaded'}"
    where = f", {count(pictures, 'picture')} in {folder}" if staged else ""
    console.print(Text(words + where, "green" if done == len(shots) else "bold"), soft_wrap=True)
    reasons: dict[str, list[Shot]] = {}
    for shot in shots:
        if shot.reason:
            reasons.setdefault(str(shot.reason), []).append(shot)
    for reason, those in reasons.items():
        names = ", ".join(shot.photo.path.name for shot in those[:NAMED])
        more = f" and {len(those) - NAMED} more" if len(those) > NAMED else ""
        console.print(Text.assemble((f"✗ {names}{more}: ", "red"), reason), soft_wrap=True)
    _show_checks(shots, console)
    if staged and any(job.status == "failed" for shot in shots for job in shot.jobs.values()):
        console.print("Nothing was charged for what failed. To try it again: the same command with --retry-failed")


def _show_checks(shots: Sequence[Shot], console: Console) -> None:
    """Results that do not keep their room, or may not; those that were not charged are said to be free."""
    for shot in shots:
        for job in shot.jobs.values():
            if job.status != "ready" or job.check is None or job.check.verdict == "pass":
                continue
            failed = job.check.verdict == "fail"
            name = shot.saved.get(job.id, shot.photo.path).name
            words = "the room was changed" if failed else "look at it, the room may have changed"
            why = "; ".join(REASONS.get(reason, reason) for reason in job.check.reasons or [])
            free = "" if job.charged else ". Not charged"
            style = "red" if failed else "yellow"
            line = Text.assemble((f"! {name}: ", style), words, f" ({why})" if why else "", free)
            console.print(line, soft_wrap=True)


def show_left_out(others: Sequence[Path], console: Console) -> None:
    """Pictures of a folder that cannot be sent, each with its name."""
    if others:
        names = Text(f"✗ Left out: {', '.join(path.name for path in others)}: ", "red")
        console.print(Text.assemble(names, f"only {KNOWN} can be sent; export them as JPEG"), soft_wrap=True)


def count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
