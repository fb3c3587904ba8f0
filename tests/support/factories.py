"""Builds the state a test starts from, through the same rules and stores the functions use."""

import functools
from datetime import timedelta
from decimal import Decimal
from typing import Any

from realstaging.gateways.media import master_key, upload_key
from realstaging.ids import new_id, new_ids
from realstaging.models.base import Failure
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Batch, Job, JobStatus
from realstaging.models.projects import Project
from realstaging.models.runs import DELIVERED, Run
from realstaging.models.runtime_settings import ModelSettings, Overrides, Setting
from realstaging.stores import keys
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.stores.users import UserStore
from tests.support.empty_room import empty_room_file
from tests.support.events import event, together
from tests.support.world import World

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
MASTER = {"master_width": 768, "master_height": 512}
FACTS = {"content_type": "image/jpeg", "size_bytes": 1000, "width": 768, "height": 512, "sha256": "0" * 64} | MASTER


@functools.cache
def photo(width: int = 768, height: int = 512, kind: str = "JPEG") -> bytes:
    return empty_room_file(width, height, kind)


def user(world: World, owner: str = "alice") -> None:
    UserStore(world.table).ensure(owner, "user", world.clock.at)


def project(world: World, owner: str = "alice") -> Project:
    at = world.clock.at
    made = Project(id=new_id("prj", at), owner=owner, name="14 Elm Street", created_at=at, updated_at=at, version=1)
    world.projects.create(made)
    return made


def drafted(
    world: World,
    project: Project,
    *,
    count: int = 1,
    jobs: int = 1,
    order: dict[str, Any] | None = None,
    **image: Any,
) -> tuple[Batch, list[tuple[Image, list[Job]]]]:
    """The rows of a request for `count` photos with `jobs` jobs each, staged as `order` says; nothing is written."""
    at, owner = world.clock.at, project.owner
    batch_id = new_id("bat", at)
    wanted: dict[str, Any] = {
        "room_type": "living_room",
        "style": "modern",
        "seed": 7,
        "model": world.settings.models.default,
    }
    wanted |= order or {}
    image_ids, job_ids = new_ids("img", at, count), new_ids("job", at, count * jobs)
    common: dict[str, Any] = {"owner": owner, "project_id": project.id, "created_at": at, "updated_at": at}
    common |= {"traceparent": TRACE, "correlation_id": "request-1"}
    period = keys.month(at)
    groups = []
    for number, image_id in enumerate(image_ids):
        mine = job_ids[number * jobs : (number + 1) * jobs]
        more = {"filename": f"room {number}.jpg", "content_type": "image/jpeg", "size_bytes": 1000} | image
        photo = Image(
            id=image_id,
            status=ImageStatus.AWAITING_UPLOAD,
            waiting_jobs=mine,
            upload_by=at + timedelta(hours=24),
            due_at=at + timedelta(minutes=20),
            **common,
            **more,
        )
        work = [
            Job(
                id=job_id,
                image_id=image_id,
                batch_id=batch_id,
                status=JobStatus.AWAITING_UPLOAD,
                period=period,
                due_at=at + timedelta(hours=25),
                **wanted,
                **common,
            )
            for job_id in mine
        ]
        groups.append((photo, work))
    batch = Batch(
        id=batch_id,
        owner=owner,
        project_id=project.id,
        image_ids=image_ids,
        job_ids=job_ids,
        period=period,
        created_at=at,
        due_at=at + timedelta(minutes=5),
    )
    return batch, groups


def planned(
    world: World, project: Project, *, count: int = 1, jobs: int = 1, limit: int = 1000, **image: Any
) -> list[tuple[Image, list[Job]]]:
    batch, groups = drafted(world, project, count=count, jobs=jobs, **image)
    world.batches.create(batch, groups, limit=limit)
    return [(world.image(photo), stored(world, work)) for photo, work in groups]


def stored(world: World, jobs: list[Job]) -> list[Job]:
    """The jobs as they are in the table, in the same order."""
    return world.jobs.get_many(jobs[0].owner, [job.id for job in jobs]) if jobs else []


def waiting(world: World, *, owner: str = "alice", jobs: int = 1, **image: Any) -> tuple[Image, list[Job]]:
    """An image whose file is still to come, and the jobs that wait for it. `sha256` is the announced one."""
    announced = {"announced_sha256": image.pop("sha256")} if "sha256" in image else {}
    [made] = planned(world, project(world, owner), jobs=jobs, **image, **announced)
    return made


def uploaded(world: World, image: Image, data: bytes) -> dict[str, Any]:
    """The file is there; the event that S3 sends for it."""
    world.s3.put_object(Bucket="media", Key=upload_key(image.owner, image.id), Body=data)
    return event("s3-object-created", owner=image.owner, image_id=image.id)


def queued(
    world: World, *, owner: str = "alice", jobs: int = 1, order: dict[str, Any] | None = None
) -> tuple[Image, list[Job]]:
    """A photo that was taken in; its jobs wait to start. Nothing is in the queue."""
    image, made = waiting(world, owner=owner, jobs=jobs, order=order)
    look_again = world.clock.at + timedelta(seconds=world.settings.jobs.resend_after_seconds)
    world.media.put_once(master_key(owner, image.id), photo(), "image/jpeg")
    world.images.accept(image, made, world.clock.at, FACTS, look_again=look_again)
    return world.image(image), stored(world, made)


def processing(world: World, *, owner: str = "alice", prediction_id: str | None = "run1") -> Job:
    """A job whose run is under way."""
    _, [job] = queued(world, owner=owner)
    return claimed(world, job, prediction_id)


def claimed(world: World, job: Job, prediction_id: str | None = "run1") -> Job:
    at = world.clock.at
    claimed = world.jobs.claim(job, at, at + timedelta(seconds=100))
    if prediction_id:
        world.jobs.note_run(claimed, prediction_id, due=at + timedelta(seconds=100))
    return world.job(job)


def canceled(world: World, job: Job) -> Job:
    world.jobs.close(world.job(job), JobStatus.CANCELED, world.clock.at, None)
    return world.job(job)


def run(job: Job, outcome: str = DELIVERED, cost_usd: str = "0.03") -> Run:
    """How the job's current attempt ended."""
    return Run(attempt=job.start_number, model=job.model, outcome=outcome, cost_usd=Decimal(cost_usd))


def set_now(world: World, settings: dict[str, Any] | None = None, models: dict[str, Any] | None = None) -> None:
    """What an administrator has set, by dotted key and by model."""
    before = OverrideStore(world.table).current()
    live = Overrides(
        version=before.version + 1,
        settings={key: Setting(value=value, version=1) for key, value in (settings or {}).items()},
        models={id: ModelSettings(**each) for id, each in (models or {}).items()},
    )
    world.table.put_item(Item={**keys.live(), "version": live.version, "document": live.model_dump_json()})


def failure(code: str = "staging_failed") -> Failure:
    return Failure(code=code, title="Why", detail="What to do now.", retryable=False)


def to_start(*jobs: Job) -> dict[str, Any]:
    """One delivery of StageQueue."""
    return together(*(event("sqs-stage-queue", owner=job.owner, job_id=job.id) for job in jobs))
