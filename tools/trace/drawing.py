"""A waterfall in a terminal, and as a page that needs nothing else."""

import html
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.trace.spans import Line

BAR = 40  # columns
COLORS = {"server": "cyan", "consumer": "green", "producer": "yellow", "client": "blue", "internal": "white"}
PAINTS = {"server": "#0891b2", "consumer": "#16a34a", "producer": "#ca8a04", "client": "#2563eb", "internal": "#6b7280"}


def show(lines: Sequence[Line], console: Console) -> None:
    whole = max((line.start_ms + line.ms for line in lines), default=0) or 1
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for name, justify in (("Span", "left"), ("Function", "left"), ("at ms", "right"), ("ms", "right"), ("", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    for line in lines:
        color = "red" if line.span["is_error"] else COLORS[line.span["kind"]]
        left = min(int(line.start_ms / whole * BAR), BAR - 1)
        width = max(round(line.ms / whole * BAR), 1)
        bar = Text(" " * left + "█" * min(width, BAR - left), color)
        label = Text("  " * line.depth + line.span["name"], "red" if line.span["is_error"] else "")
        table.add_row(label, line.span["service"], f"{line.start_ms:.0f}", f"{line.ms:.1f}", bar)
    console.print(table)


def write(title: str, lines: Sequence[Line], file: Path) -> None:
    whole = max((line.start_ms + line.ms for line in lines), default=0) or 1
    rows = "\n".join(_row(line, whole) for line in lines)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PAGE.replace("TITLE", html.escape(title)).replace("WHOLE", f"{whole:.0f}").replace("ROWS", rows))


def _row(line: Line, whole: float) -> str:
    span = line.span
    paint = "#dc2626" if span["is_error"] else PAINTS[span["kind"]]
    left, width = line.start_ms / whole * 100, max(line.ms / whole * 100, 0.15)
    known = html.escape(json.dumps(span["attributes"], indent=1, ensure_ascii=False))
    return (
        f'<details><summary><span class="name" style="padding-left:{line.depth * 14}px">{html.escape(span["name"])}'
        f'</span><span class="service">{html.escape(span["service"])}</span>'
        f'<span class="ms">{line.ms:.1f}</span><span class="lane"><i style="left:{left:.2f}%;width:{width:.2f}%;'
        f'background:{paint}"></i></span></summary><pre>{known}</pre></details>'
    )


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>TITLE</title>
<style>
body { font: 13px/1.5 system-ui, sans-serif; margin: 24px; color: #111; background: #fff }
summary { display: grid; grid-template-columns: 340px 130px 70px 1fr; gap: 8px; align-items: center; cursor: pointer }
summary:hover { background: #f3f4f6 }
.name { overflow: hidden; white-space: nowrap; text-overflow: ellipsis }
.service { color: #6b7280 }
.ms { text-align: right; font-variant-numeric: tabular-nums }
.lane { position: relative; height: 14px; background: #f9fafb }
.lane i { position: absolute; top: 2px; bottom: 2px; border-radius: 2px }
pre { margin: 2px 0 8px 16px; color: #374151 }
</style>
<h1>TITLE</h1><p>WHOLE ms in all; a row opens to what is known of its span.</p>
ROWS
</html>
"""
