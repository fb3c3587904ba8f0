"""Orders of a few photos at a steady rate through the public API, and when each photo passed each step."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 240.0  # seconds after the last order
LOOK_EVERY = 2.0


@dataclass(frozen=True)
class Photo:
    """Milliseconds of the steps of one photo; None for what never happened."""

    plan: float
    upload: float
    ingest: float | None = None
    wait: float | None = None
    run: float | None = None
    whole: float | None = None

    @property
    def ready(self) -> bool:
        return self.whole is not None


@dataclass(frozen=True)
class Load:
    """`seconds` from the first upload to the last result; `failed`: orders that were refused or given up."""

    photos: list[Photo]
    seconds: float
    failed: int

    @property
    def ready(self) -> int:
        return sum(photo.ready for photo in self.photos)

    @property
    def per_minute(self) -> float:
        return self.ready / self.seconds * 60 if self.seconds else 0.0


STEPS = ("plan", "upload", "ingest", "wait", "run", "whole")


def run(api: str, token: str, orders: list[list[Path]], per_minute: float) -> Load:
    """One order after the other, each when it is due, whatever became of those before it."""
    began, stop = time.monotonic(), threading.Event()
    due, photos = began, []
    with _client(api, token) as http, ThreadPoolExecutor(max(len(orders), 1)) as pool:
        project = _created(http, "/projects", {"name": "Load"})["id"]
        waiting = []
        for order in orders:
            time.sleep(max(due - time.monotonic(), 0))
            waiting.append(pool.submit(_order, http, project, order, stop))
            due += len(order) * 60 / per_minute
        ends, failed = time.monotonic() + PATIENCE, 0
        for each in waiting:
            try:
                photos += each.result(timeout=max(ends - time.monotonic(), 0.1))
            except (TimeoutError, httpx.HTTPError):
                failed += 1
        stop.set()
    return Load(photos, time.monotonic() - began, failed)


def _order(http: httpx.Client, project: str, order: list[Path], stop: threading.Event) -> list[Photo]:
    files = [{"filename": path.name, "content_type": "image/jpeg", "size_bytes": path.stat().st_size} for path in order]
    began = time.perf_counter()
    plan = _created(http, "/uploads", {"project_id": project, "defaults": {"style": "modern"}, "files": files})
    planned = _ms(began)
    uploads = {}
    for item, path in zip(plan["items"], order, strict=True):
        began = time.perf_counter()
        form = item["upload"]
        with path.open("rb") as file:
            answer = httpx.post(form["url"], data=form["fields"], files={"file": file}, timeout=60, trust_env=False)
        answer.raise_for_status()
        uploads[item["jobs"][0]["id"]] = (_ms(began), time.time())
    jobs = _ended(http, plan["batch_id"], stop)
    return [photo(planned, *uploads[job["id"]], job) for job in jobs]


def photo(plan: float, upload: float, uploaded_at: float, job: dict[str, Any]) -> Photo:
    """`uploaded_at`: seconds since the epoch, by the clock that the jobs' times are of."""
    if job["status"] != "ready":
        return Photo(plan, upload)
    queued, started, finished = (
        datetime.fromisoformat(job[name]).timestamp() for name in ("queued_at", "started_at", "finished_at")
    )
    steps = (queued - uploaded_at, started - queued, finished - started, finished - uploaded_at)
    # An event may be dealt with before the client has its answer.
    return Photo(plan, upload, *(max(seconds * 1000, 0.0) for seconds in steps))


def _ended(http: httpx.Client, batch_id: str, stop: threading.Event) -> list[dict[str, Any]]:
    while True:
        batch = http.get(f"/batches/{batch_id}").raise_for_status().json()
        if batch["status"] != "in_progress" or stop.wait(LOOK_EVERY):
            jobs: list[dict[str, Any]] = batch["jobs"]
            return jobs


def _client(api: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{api}/v1", headers=headers, timeout=60, trust_env=False)


def _created(http: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    return http.post(path, json=body).raise_for_status().json()


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000
