"""`make simulate`: what breaks first at so many images a day, where each limit is full, and what 1,000 images cost."""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.simulate import day, prices, system, units

DAYS = (10_000, 1_000_000, 10_000_000)
SHOWN = 12


def simulated(images: float, assumed: day.Assumed, machine: system.System) -> dict[str, Any]:
    usage = units.per_image(assumed.photos)
    found = day.limits(machine, usage, images, assumed)
    waiting = day.queue(machine, images)
    costs = prices.per_thousand(machine, usage, images)
    return {
        "images_a_day": images,
        "peak_per_second": round(day.peak(images), 2),
        "limits": [
            {
                "name": each.name,
                "load": round(each.load, 4),
                "full_at_images_a_day": round(day.saturates_at(each, images)),
                "then": "images wait" if each.queues else "calls are refused",
                "remedy": each.remedy,
            }
            for each in found
        ],
        "queue": {
            "longest": waiting.longest,
            "wait_minutes": round(waiting.wait_minutes, 1),
            "left": waiting.left_at_midnight,
        },
        "needed": day.needed(machine, images),
        "usd_per_1000": {name: round(usd, 4) for name, usd in costs.items()},
        "usd_per_1000_total": round(sum(costs.values()), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.simulate", description=__doc__)
    parser.add_argument("--images", type=float, nargs="+", default=list(DAYS), help="a day")
    parser.add_argument("--largest", type=float, default=day.Assumed.largest, help="share of the largest owner")
    parser.add_argument("--accounts", type=int, help="accounts at the provider (default: the settings')")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given = parser.parse_args()
    assumed = day.Assumed(largest=given.largest)
    machine = system.read()
    if given.accounts:
        machine = dataclasses.replace(machine, provider_accounts=given.accounts)
    days = [simulated(images, assumed, machine) for images in given.images]
    console = Console(width=140) if not Console().is_terminal else Console()
    for each in days:
        console.print(_drawn(each))
        console.print(_summary(each), "\n")
    console.print(_costs(days))
    console.print(f"Prices: {prices.SOURCE}, {prices.DATE}.")
    console.print("The provider's runs come on top: about $30 for 1,000 images.")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(days, indent=1) + "\n")


def _drawn(one: dict[str, Any]) -> Table:
    title = f"{one['images_a_day']:,.0f} images a day · {one['peak_per_second']:,} a second at the peak"
    drawn = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    drawn.add_column("Limit, the fullest first")
    for name in ("At the peak", "Full at, images a day"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("Then")
    drawn.add_column("Remedy", style="dim")
    for limit in one["limits"][:SHOWN]:
        style = "bold red" if limit["load"] > 1 else ""
        full = f"{limit['full_at_images_a_day']:,}"
        drawn.add_row(limit["name"], f"{limit['load']:.1%}", full, limit["then"], limit["remedy"], style=style)
    return drawn


def _summary(one: dict[str, Any]) -> str:
    first, waiting = one["limits"][0], one["queue"]
    verdict = f"First: {first['name']}." if first["load"] > 1 else f"Nothing breaks; {first['name']} would be first."
    verdict += " For nobody to wait: " + ", ".join(f"{name} {n:,}" for name, n in one["needed"].items()) + "."
    if not waiting["longest"]:
        return f"{verdict} Nobody waits."
    left = f"; {waiting['left']:,} are left at midnight" if waiting["left"] else ""
    return f"{verdict} Up to {waiting['longest']:,} images wait, the last {waiting['wait_minutes']:,.0f} minutes{left}."


def _costs(days: list[dict[str, Any]]) -> Table:
    drawn = Table(title="US dollars for 1,000 images, AWS", title_justify="left", box=None, padding=(0, 2, 0, 0))
    drawn.add_column("Item")
    for one in days:
        drawn.add_column(f"{one['images_a_day']:,.0f} a day", justify="right")
    for name in prices.PRICES:
        drawn.add_row(name, *(f"{one['usd_per_1000'][name]:.3f}" for one in days))
    drawn.add_row("Together", *(f"{one['usd_per_1000_total']:.3f}" for one in days), style="bold")
    return drawn


if __name__ == "__main__":
    main()
