"""What owners do over HTTP, what the purge does afterwards, and ten of them at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.client import BaseClient

from realstaging.gateways.media import staged_key, staged_thumbnail_key
from realstaging.models.images import Image
from realstaging.models.jobs import Job
from realstaging.models.projects import Project
from tests.events import event
from tests.integration import given
from tests.integration.web import call
from tests.integration.world import World

Answer = tuple[int, dict[str, Any], dict[str, str]]


def ask(world: World, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and body."""
    status, answer, _ = call(world, method, path, body=body, **more)
    return status, answer


def keyed(world: World, path: str, body: Any, key: str = "key-1", *, owner: str = "alice") -> Answer:
    """A creating request with an Idempotency-Key."""
    return call(world, "POST", path, owner=owner, body=body, headers={"idempotency-key": key})


def purge(world: World, **later: float) -> dict[str, int]:
    world.clock.forward(**later)
    answer: dict[str, int] = world.run("purge", event("schedule-sweep"))
    return answer


def purge_everything(world: World) -> None:
    """Long enough after the last deletion for all files to go, and one run more that finds nothing."""
    for minutes in (0, 3, 61, 1):
        assert purge(world, minutes=minutes)["failed"] == 0
    assert purge(world, minutes=1)["looked"] == 0


def arrived(
    world: World, project: Project, data: bytes | None = None, *, jobs: int = 0, **image: Any
) -> tuple[Image, list[Job]]:
    """A photo that was really taken in: original, master and thumbnail are there, its jobs are queued."""
    [(made, work)] = given.planned(world, project, jobs=jobs, **image)
    world.run("upload_complete", given.uploaded(world, made, data or given.photo()))
    return world.image(made), [world.job(job) for job in work]


def delivered(world: World, job: Job) -> Job:
    """Its result is there and charged. How results are brought home is tested elsewhere."""
    job = given.claimed(world, world.job(job))
    names = staged_key(job.owner, job.id, job.attempt), staged_thumbnail_key(job.owner, job.id, job.attempt)
    for name in names:
        world.media.put_once(name, given.photo(), "image/jpeg")
    shown = {"content_type": "image/jpeg", "width": 768, "height": 512, "size_bytes": 1000}
    details = {"result": shown, "result_key": names[0], "thumbnail_key": names[1]}
    world.jobs.deliver(job, world.clock.at, details, given.run(job))
    return world.job(job)


def failed(world: World, job: Job) -> Job:
    world.jobs.close(world.job(job), "failed", world.clock.at, given.failure())  # type: ignore[arg-type]
    return world.job(job)


def rows_of(world: World, *kinds: str, owner: str = "alice") -> list[str]:
    """The sort keys of an owner's rows that begin so."""
    return [row["sk"] for row in world.rows() if row["pk"] == f"USER#{owner}" and row["sk"].startswith(kinds)]


def at_once(world: World, count: int, act: Callable[[World], Any]) -> list[Any]:
    """The same act in `count` processes at once. The table takes calls one after the other, as it would."""
    processes = [replace(world, loaded={}) for _ in range(count)]
    for process in processes:
        for name in ("upload_urls", "jobs_api", "account_api", "admin_api"):
            process.function(name)
    start = threading.Barrier(count)

    def run(process: World) -> Any:
        start.wait()
        return act(process)

    with one_call_at_a_time(), ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, processes))


@contextmanager
def one_call_at_a_time() -> Iterator[None]:
    """Moto runs a transaction on a copy of the table: two at once would lose writes that DynamoDB keeps."""
    make: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    lock = threading.Lock()

    def alone(client: Any, *given: Any) -> Any:
        with lock:
            return make(client, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", alone)
        yield
