"""The steps between functions: what one put into a queue, or had sent over HTTP, delivered to the next."""

import json
from collections.abc import Sequence
from typing import Any

from realstaging.gateways.media import Media
from realstaging.gateways.replicate.client import replicate
from realstaging.gateways.secrets import Secrets
from realstaging.models.jobs import Job
from realstaging.runs.admission import Admission
from realstaging.runs.model_input import ModelInputBuilder
from realstaging.runs.start import Starter
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.provider import ProviderStore
from realstaging.stores.runtime_settings import OverrideStore
from tests.events import event, together
from tests.integration import given
from tests.integration.world import World


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
    module.starter = Starter(
        RuntimeSettings(changed, OverrideStore(world.table)),
        jobs=world.jobs,
        provider=provider,
        planner=ModelInputBuilder(images=world.images, media=media or world.reachable(), secrets=secrets),
        admission=Admission(provider),
        replicate=replicate(changed, secrets),
        queue=world.stage_queue,
        results=world.result_queue,
        webhook_base=world.provider.receiver.url,
    )


def started(world: World, *then: Any, **more: Any) -> Job:
    """A job whose run was really started at the stand-in, with a script for it."""
    world.provider.script(*([list(then)] if then else []))
    _, [job] = given.queued(world, **more)
    world.run("stage_image", given.to_start(job))
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
        "traceparent": given.TRACE,
        "prediction": prediction,
    }
