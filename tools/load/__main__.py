"""`make load`: so many photos at so many a minute on the local cloud, with a model that takes no time."""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from local.ports import DEFAULT
from local.state import Cloud
from local.token import access_token
from tools.bench.batch import instant_model
from tools.bench.figures import percentile
from tools.bench.rooms import different
from tools.demo.cloud import WORKERS, NoCloudError, cloud_in, draws
from tools.load import cpu, orders
from tools.simulate import small

ORDER, ALONE = 5, 4
MOST_SECONDS = 120  # of ordering; what is left is waited for
FAST_ENOUGH = 0.9


def measured(cloud: Cloud, token: str, photos: int, rate: float) -> dict[str, Any]:
    """What the load came to, and what the simulation foresaw from a few photos that came one by one."""
    photos = max(min(photos, int(rate * MOST_SECONDS / 60)), ORDER)
    with instant_model(cloud), tempfile.TemporaryDirectory() as folder:
        pictures = different(photos + 2 * ALONE, Path(folder))
        orders.run(cloud.api, token, [[each] for each in pictures[:ALONE]], 600)  # start-up is none of it
        before = cpu.seconds(cloud.pid)
        alone = orders.run(cloud.api, token, [[each] for each in pictures[ALONE : 2 * ALONE]], 20)
        after = cpu.seconds(cloud.pid)
        rest = pictures[2 * ALONE :]
        began = cpu.seconds(cloud.pid)
        load = orders.run(cloud.api, token, [rest[at : at + ORDER] for at in range(0, photos, ORDER)], rate)
        ended = cpu.seconds(cloud.pid)
    alone_seconds = percentile([photo.whole or 0 for photo in alone.photos], 50) / 1000
    each_cpu = (after - before) / ALONE if before is not None and after is not None else 1.0
    got = (ended - began) / load.seconds if began is not None and ended is not None else None

    def foresee(cores: float) -> small.Foreseen:
        work = {"cpu_seconds": each_cpu, "at_once": WORKERS, "alone_seconds": alone_seconds}
        return small.foresee(rate, photos, cores=cores, **work)

    foreseen = foresee(os.cpu_count() or 1)
    return shown(load, photos, rate, alone_seconds) | {
        "cores_it_got": got and round(got, 2),
        "foreseen_with_those": got and round(foresee(got).per_minute, 1),
        "cpu_seconds_an_image": round(each_cpu, 2),
        "foreseen_per_minute": round(foreseen.per_minute, 1),
        "foreseen_wait_seconds": round(foreseen.wait_seconds, 1),
        "foreseen_saturated": foreseen.saturated,
    }


def shown(load: orders.Load, photos: int, rate: float, alone_seconds: float) -> dict[str, Any]:
    """`alone_seconds`: what one photo takes when no other is under way."""
    steps = {}
    for name in orders.STEPS:
        took = [value for photo in load.photos if (value := getattr(photo, name)) is not None]
        steps[name] = {"p50": round(percentile(took, 50)), "p95": round(percentile(took, 95))} if took else None
    # Ordering alone takes as long as the rate says, and the last order some time of its own.
    expected = (photos - ORDER) / rate * 60 + ORDER * alone_seconds + orders.LOOK_EVERY
    saturated = load.seconds * FAST_ENOUGH > expected
    return {
        "photos": photos,
        "ready": load.ready,
        "failed_orders": load.failed,
        "asked_per_minute": rate,
        "seconds": round(load.seconds, 1),
        "per_minute": round(load.per_minute, 1),
        "saturated": saturated,
        "ms": steps,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.load", description=__doc__)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--rate", type=float, default=60, help="photos a minute")
    parser.add_argument("--dir", type=Path, default=Path(".local"), help="the local cloud's folder (default .local)")
    parser.add_argument("--port", type=int, default=DEFAULT, help="of a cloud that has to be started")
    parser.add_argument("--json", type=Path, default=Path("out/load.json"), metavar="FILE", help="where figures go")
    given = parser.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=140)
    try:
        with cloud_in(given.dir.resolve(), given.port, console) as cloud:
            if not draws(cloud):
                sys.exit("This local cloud asks the real model, which costs money.")
            token = access_token(given.dir, f"load-{time.time_ns()}", [])
            with console.status("ordering"):
                figures = measured(cloud, token, given.photos, given.rate)
    except (NoCloudError, TimeoutError, httpx.HTTPError) as error:
        sys.exit(str(error))
    console.print(_table(figures))
    verdict = "the machine is full: that is what it sustains" if figures["saturated"] else "it keeps up"
    console.print(
        f"{figures['ready']} of {figures['photos']} ready in {figures['seconds']} s: {figures['per_minute']} a minute "
        f"of {figures['asked_per_minute']:.0f} asked for; {verdict}."
    )
    console.print(
        f"Foreseen from {figures['cpu_seconds_an_image']} s of CPU an image on {os.cpu_count()} cores: "
        f"{figures['foreseen_per_minute']} a minute, the last one waits {figures['foreseen_wait_seconds']} s."
    )
    if figures["cores_it_got"]:
        console.print(f"It got {figures['cores_it_got']} cores; with those: {figures['foreseen_with_those']} a minute.")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(figures, indent=1) + "\n")
    if figures["ready"] < figures["photos"]:
        sys.exit(1)


def _table(figures: dict[str, Any]) -> Table:
    drawn = Table(title="Load", title_justify="left", box=None, padding=(0, 2, 0, 0))
    drawn.add_column("Step")
    for name in ("p50, ms", "p95, ms"):
        drawn.add_column(name, justify="right")
    said = {
        "plan": "POST /v1/uploads",
        "upload": "the file, to the bucket",
        "ingest": "uploaded until its job is queued",
        "wait": "queued until its run starts",
        "run": "run until the result is there",
        "whole": "uploaded until ready",
    }
    for name, took in figures["ms"].items():
        drawn.add_row(said[name], *(("", "") if took is None else (f"{took['p50']:,}", f"{took['p95']:,}")))
    return drawn


if __name__ == "__main__":
    main()
