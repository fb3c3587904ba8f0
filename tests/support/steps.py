"""What owners do over HTTP, what the purge does afterwards, and ten of them at once."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.client import BaseClient

from realstaging.api.app import Api
from realstaging.gateways.media import Media, staged_key
from realstaging.gateways.replicate.accounts import ReplicateAccounts
from realstaging.gateways.secrets import Secrets
from realstaging.models.images import Image
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.projects import Project
from realstaging.runs.admission import Admission
from realstaging.runs.model_input import ModelInputBuilder
from realstaging.runs.start import Starter
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.provider import ProviderStore
from realstaging.stores.runtime_settings import OverrideStore
from tests.support import factories
from tests.support.events import event, together
from tests.support.http_client import call
from tests.support.world import World

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
    answer: dict[str, int] = world.run("purge", event("schedule-purge"))
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
    [(made, work)] = factories.planned(world, project, jobs=jobs, **image)
    world.run("upload_complete", factories.uploaded(world, made, data or factories.photo()))
    return world.image(made), [world.job(job) for job in work]


def delivered(world: World, job: Job) -> Job:
    """Its result is there and charged. How results are brought home is tested elsewhere."""
    job = factories.claimed(world, world.job(job))
    names = staged_key(job.owner, job.id, job.attempt), staged_key(job.owner, job.id, job.attempt, "-thumbnail.jpg")
    for name in names:
        world.media.put_once(name, factories.photo(), "image/jpeg")
    shown = {"content_type": "image/jpeg", "width": 768, "height": 512, "size_bytes": 1000}
    details = {"result": shown, "result_key": names[0], "thumbnail_key": names[1]}
    world.jobs.deliver(job, world.clock.at, details, factories.run(job))
    return world.job(job)


def failed(world: World, job: Job) -> Job:
    world.jobs.close(world.job(job), "failed", world.clock.at, factories.failure())  # type: ignore[arg-type]
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

    with one_call_at_a_time(), an_event_a_thread(), ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, processes))


@contextmanager
def an_event_a_thread() -> Iterator[None]:
    """Powertools keeps the current event in a class: right in Lambda, where a process has one request at a time.

    There is no public step between the event and the class, so its private one is replaced.
    """
    own = threading.local()
    translate: Any = Api._to_proxy_event

    def noted(app: Api, event: dict[str, Any]) -> Any:
        own.event = translate(app, event)
        return own.event

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Api, "_to_proxy_event", noted)
        patch.setattr(Api, "current_event", property(lambda _: own.event), raising=False)
        yield


@contextmanager
def one_call_at_a_time() -> Iterator[None]:
    """Moto runs a transaction on a copy of the table: two at once would lose writes that DynamoDB keeps.

    botocore's public events come before and after a call but cannot hold a lock around it.
    """
    make: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    lock = threading.Lock()

    def alone(client: Any, *given: Any) -> Any:
        with lock:
            return make(client, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", alone)
        yield


# -- The steps between functions: what one put into a queue, or had sent over HTTP, delivered to the next


def delivery(name: str, messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One delivery of a queue: `sqs-stage-queue` or `sqs-result-queue`."""
    made = together(*(event(name) for _ in messages))
    for record, message in zip(made["Records"], messages, strict=True):
        record["body"] = json.dumps({key: value for key, value in message.items() if key != "delay"})
    return made


def stage(world: World) -> Any:
    """Whatever is in StageQueue, delayed or not, started."""
    messages = world.to_stage()
    return world.run("stage_image", delivery("sqs-stage-queue", messages)) if messages else None


def settle(world: World) -> Any:
    messages = world.to_settle()
    return world.run("finish_job", delivery("sqs-result-queue", messages)) if messages else None


def hear(world: World, job: Job, count: int = 1) -> list[int]:
    """The webhooks that come for a job, answered by our function."""
    events = world.provider.webhooks(job.id, count)
    return [world.run("replicate_webhook", each)["statusCode"] for each in events]


def sweep(world: World, **later: float) -> dict[str, int]:
    world.clock.forward(**later)
    answer: dict[str, int] = world.run("sweep", event("schedule-sweep"))
    return answer


def failures(answer: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def start_with(world: World, media: Media | None = None, **settings: Any) -> None:
    """Starts are made with other settings of the provider, such as `base_url`, or with other addresses of photos."""
    world.close()
    changed = world.settings.model_copy(update={"replicate": world.settings.replicate.model_copy(update=settings)})
    module = world.function("stage_image")
    secrets = Secrets(module.aws.ssm, changed.stage)
    provider = ProviderStore(world.table)
    module.replicate = ReplicateAccounts.configured(changed, secrets)
    module.starter = Starter(
        RuntimeSettings(changed, OverrideStore(world.table)),
        jobs=world.jobs,
        provider=provider,
        planner=ModelInputBuilder(images=world.images, media=media or world.reachable(), secrets=secrets),
        admission=Admission(provider),
        replicate=module.replicate,
        queue=world.stage_queue,
        results=world.result_queue,
        webhook_base=world.provider.receiver.url,
    )


def started(world: World, *then: Any, **more: Any) -> Job:
    """A job whose run was really started at the stand-in, with a script for it."""
    world.provider.script(*([list(then)] if then else []))
    _, [job] = factories.queued(world, **more)
    world.run("stage_image", factories.to_start(job))
    return world.job(job)


def results(world: World, job: Job, attempt: int = 1) -> list[dict[str, Any]]:
    """What the webhook of an attempt put into the queue; every attempt's webhook is heard."""
    hear(world, job, count=attempt)
    return [message for message in world.to_settle() if message["attempt"] == attempt]


def finish(world: World, messages: Sequence[dict[str, Any]]) -> Any:
    return world.run("finish_job", delivery("sqs-result-queue", messages))


def told(job: Job, attempt: int, status: str = "succeeded", **more: Any) -> dict[str, Any]:
    """A result as the webhook function queues it, made up."""
    prediction = {"id": job.prediction_id or "run1", "status": status} | more
    return {
        "owner": job.owner,
        "job_id": job.id,
        "attempt": attempt,
        "traceparent": factories.TRACE,
        "prediction": prediction,
    }


def in_state(world: World, state: JobStatus) -> Any:
    """A job of alice in this state."""
    if state is JobStatus.AWAITING_UPLOAD:
        return factories.waiting(world)[1][0]
    job = factories.queued(world)[1][0]
    if state is JobStatus.PROCESSING:
        return factories.claimed(world, job)
    if state is JobStatus.READY:
        return delivered(world, job)
    if state is JobStatus.FAILED:
        return failed(world, job)
    return factories.canceled(world, job) if state is JobStatus.CANCELED else job
