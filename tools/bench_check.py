"""`python -m tools.bench_check PAIRS`: the picture check on a folder of pairs, and what it costs at 12 megapixels.

The folder holds index.json, a list of {id, label: clean|stretched|drift, mode}, and for each id the pictures
<id>-before.* and <id>-after.*. Ends with 1 if a pair is judged against its label.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console
from rich.table import Table

from realstaging.imaging.checks.check import check
from realstaging.imaging.checks.overlay import overlay
from realstaging.imaging.checks.report import Report
from realstaging.imaging.restore import restore

_TWELVE_MEGAPIXELS = (4000, 3000)
_ONE_CORE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Judged:
    pair: dict[str, Any]
    report: Report
    took_ms: int

    @property
    def is_right(self) -> bool:
        """Drift must not pass, clean must not fail, stretched is aligned or at least named."""
        label, report = self.pair["label"], self.report
        if label == "drift":
            return report.verdict != "pass"
        if label == "stretched":
            return report.verdict == "pass" or "stretched" in report.reasons
        return report.verdict != "fail"


def judged(folder: Path, pair: dict[str, Any]) -> Judged:
    before, after = (_opened(folder, f"{pair['id']}-{side}") for side in ("before", "after"))
    started = time.perf_counter()
    report = check(before, after, pair["mode"])
    return Judged(pair, report, round((time.perf_counter() - started) * 1000))


def _opened(folder: Path, name: str) -> Image.Image:
    found = sorted(folder.glob(f"{name}.*"))
    if not found:
        raise SystemExit(f"{folder / name}: no such picture")
    return Image.open(found[0]).convert("RGB")


def table(results: list[Judged]) -> Table:
    columns = Table("name", "label", "mode", "verdict", "score", "kept", "reasons", "ms", box=None, pad_edge=False)
    for each in results:
        pair, report = each.pair, each.report
        style = "" if each.is_right else "bold red"
        shown = [pair["id"], pair["label"], pair["mode"], report.verdict, f"{report.score:.3f}"]
        shown += [f"{report.lines_kept:.2f}", ", ".join(report.reasons), str(each.took_ms)]
        columns.add_row(*shown, style=style)
    return columns


def summary(results: list[Judged]) -> str:
    lines = []
    for label in sorted({each.pair["label"] for each in results}):
        verdicts = [each.report.verdict for each in results if each.pair["label"] == label]
        counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ("pass", "review", "fail"))
        lines.append(f"{label} ({len(verdicts)}): {counts}")
    return "\n".join(lines)


def measure_large() -> None:
    """In a process of its own: seconds and megabytes for one 12-megapixel photo, on one core."""
    room = Image.open(Path(__file__).parents[1] / "samples" / "living-room.jpg").convert("RGB")
    grain = Image.effect_noise((1000, 750), 40).convert("RGB").resize(_TWELVE_MEGAPIXELS)
    photo = Image.blend(room.resize(_TWELVE_MEGAPIXELS, Image.Resampling.BICUBIC), grain, 0.03)
    made = photo.resize((1184, 888), Image.Resampling.BICUBIC)
    made.paste((90, 110, 80), (300, 500, 700, 800))
    idle = _megabytes()
    started, busy = time.perf_counter(), time.process_time()
    report = check(photo, made, "staging")
    overlay(report, photo)
    print(f"12 megapixels, one core: check with overlay {_spent(started, busy)}, {_megabytes()} MB at most", end="")
    print(f" ({idle} MB of it before)")
    started, busy = time.perf_counter(), time.process_time()
    result = restore(photo, made, report)
    print(f"restored frame {_spent(started, busy)} more, {_megabytes()} MB at most ({result.frame})")


def _spent(started: float, busy: float) -> str:
    """On a loaded machine only the second figure means much."""
    return f"{time.perf_counter() - started:.2f} s ({time.process_time() - busy:.2f} s of a core)"


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench_check", description=__doc__)
    parser.add_argument("pairs", type=Path, nargs="?", help="a folder of pairs with its index.json")
    parser.add_argument("--large", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.large:
        measure_large()
        return 0
    results: list[Judged] = []
    if arguments.pairs:
        index = json.loads((arguments.pairs / "index.json").read_text())
        results = [judged(arguments.pairs, pair) for pair in index]
        console = Console(width=None if sys.stdout.isatty() else 140)
        console.print(table(results))
        console.print(summary(results))
    command = [sys.executable, "-m", "tools.bench_check", "--large"]
    subprocess.run(command, check=True, env=os.environ | _ONE_CORE)
    return 0 if all(each.is_right for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
