"""A batch staged through the public API, as plainly as can be: what it takes is what is measured."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 180  # seconds
LOOK_EVERY = 1.0
AT_ONCE = 4


@dataclass(frozen=True)
class Staged:
    """Seconds from the first upload until the last job had ended, and how many of them were ready."""

    seconds: float
    ready: int


def staged(api: str, token: str, photos: list[Path]) -> Staged:
    with httpx.Client(
        base_url=f"{api}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    ) as http:
        project = _created(http, "/projects", {"name": "Benchmark"})["id"]
        files = [
            {"filename": photo.name, "content_type": "image/jpeg", "size_bytes": photo.stat().st_size}
            for photo in photos
        ]
        plan = _created(http, "/uploads", {"project_id": project, "defaults": {"style": "modern"}, "files": files})
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(_upload, plan["items"], photos))
        while time.monotonic() < began + PATIENCE:
            batch = http.get(f"/batches/{plan['batch_id']}").raise_for_status().json()
            if batch["status"] != "in_progress":
                return Staged(time.monotonic() - began, batch["counts"]["ready"])
            time.sleep(LOOK_EVERY)
    raise TimeoutError(f"the batch is still in progress after {PATIENCE} s")


def _upload(item: dict[str, Any], photo: Path) -> None:
    form = item["upload"]
    with photo.open("rb") as file:
        httpx.post(
            form["url"], data=form["fields"], files={"file": file}, timeout=60, trust_env=False
        ).raise_for_status()


def _created(http: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    return http.post(path, json=body).raise_for_status().json()
