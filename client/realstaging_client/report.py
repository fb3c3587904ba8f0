"""What is said at the end of a run: how much is there, and why the rest is not."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from realstaging_client.board import Shot, Step
from realstaging_client.photos import KNOWN

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
    if staged and any(job.status == "failed" for shot in shots for job in shot.jobs.values()):
        console.print("Nothing was charged for what failed. To try it again: the same command with --retry-failed")


def show_left_out(others: Sequence[Path], console: Console) -> None:
    """Pictures of a folder that cannot be sent, each with its name."""
    if others:
        names = Text(f"✗ Left out: {', '.join(path.name for path in others)}: ", "red")
        console.print(Text.assemble(names, f"only {KNOWN} can be sent; export them as JPEG"), soft_wrap=True)


def count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
