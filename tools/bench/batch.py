"""Figures of fifty photos on their way together, with a model that takes no time."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.state import Cloud
from tools.bench.figures import Figure
from tools.bench.rooms import different
from tools.bench.staging import staged
from tools.bench.workers import Logs, cpu_seconds

PHOTOS = 50
WARM = 12


@dataclass(frozen=True)
class Run:
    """Seconds from the first upload to the last result; `held` is billed milliseconds by function."""

    seconds: float
    ready: int
    held: dict[str, int]
    cpu: float | None


def measured(cloud: Cloud, token: str) -> Iterator[Figure]:
    with instant_model(cloud), tempfile.TemporaryDirectory() as folder:
        photos = different(PHOTOS, Path(folder))
        staged(cloud.api, token, photos[:WARM])  # start-up has figures of its own
        run = _run(cloud, token, photos)
    ready = f"{run.ready} of {PHOTOS} ready"
    yield Figure(f"{PHOTOS} photos, first upload to last ready", run.seconds, "s", ready, most=60)
    most = sorted(run.held.items(), key=lambda item: -item[1])[:3]
    detail = ", ".join(f"{name} {held / PHOTOS:.0f}" for name, held in most)
    yield Figure("Lambda held per image, all functions", sum(run.held.values()) / PHOTOS, "ms", detail, most=1500)
    each = None if run.cpu is None else run.cpu / PHOTOS * 1000
    yield Figure("CPU per image, all functions", each, "ms", "model, storage and table excluded", most=1000)


@contextlib.contextmanager
def instant_model(cloud: Cloud) -> Iterator[None]:
    """The stand-in answers at once, and afterwards as it did before."""
    script = f"{cloud.replicate}/_script"
    before = httpx.get(script, trust_env=False).json()["latency"]
    httpx.post(script, json={"append": True, "latency": 0}, trust_env=False).raise_for_status()
    try:
        yield
    finally:
        httpx.post(script, json={"append": True, "latency": before}, trust_env=False).raise_for_status()


def _run(cloud: Cloud, token: str, photos: list[Path]) -> Run:
    logs, cpu = Logs(cloud), cpu_seconds(cloud)
    done = staged(cloud.api, token, photos)
    used = cpu_seconds(cloud)
    return Run(done.seconds, done.ready, logs.billed(), None if cpu is None or used is None else used - cpu)
