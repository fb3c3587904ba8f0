"""Builds the state a test starts from, through the same rules and stores the functions use."""

import functools
import io
from datetime import timedelta
from typing import Any

from PIL import Image as Pillow

from realstaging.gateways.media import master_key, upload_key
from realstaging.ids import new_id
from realstaging.models import Image, ImageStatus, Job, JobStatus, Project, UploadAnswer, UploadRequest
from realstaging.uploads import Asked, plan
from tests.events import event
from tests.integration.world import World

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
MASTER = {"master_width": 768, "master_height": 512}
FACTS = {"content_type": "image/jpeg", "size_bytes": 1000, "width": 768, "height": 512, "sha256": "0" * 64} | MASTER


@functools.cache
def photo(width: int = 768, height: int = 512, kind: str = "JPEG") -> bytes:
    picture = Pillow.new("RGB", (width, height), (228, 224, 216))
    picture.paste((176, 140, 100), (0, round(height * 0.68), width, height))
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def project(world: World, owner: str = "alice") -> Project:
    at = world.clock.at
    made = Project(
        id=new_id("prj", at), owner=owner, name="14 Elm Street", created_at=at, updated_at=at, version=1
    )
    world.projects.create(made)
    return made


def files(count: int = 1, **more: Any) -> list[dict[str, Any]]:
    return [
        {"filename": f"room {index}.jpg", "content_type": "image/jpeg", "size_bytes": 1000} | more
        for index in range(count)
    ]


def planned(
    world: World, *, owner: str = "alice", count: int = 1, jobs: int = 1, limit: int | None = None, **file: Any
) -> UploadAnswer:
    """A request for `count` files with `jobs` jobs each (0, or up to 16)."""
    staging: dict[str, Any] | None = None
    if jobs:
        styles = ["modern", "industrial", "scandinavian", "traditional"]
        staging = {"styles": styles, "variations": jobs // 4} if jobs > 4 else {"styles": styles[:jobs]}
    request = UploadRequest.model_validate(
        {"project_id": project(world, owner).id, "defaults": staging, "files": files(count, **file)}
    )
    return plan(
        request,
        Asked(owner, world.clock.at, TRACE, "request-1"),
        world.settings,
        batches=world.batches,
        media=world.media,
    )


def waiting(world: World, *, owner: str = "alice", jobs: int = 1, **file: Any) -> tuple[Image, list[Job]]:
    """An image whose file is still to come, and the jobs that wait for it."""
    answer = planned(world, owner=owner, jobs=jobs, **file)
    made = answer.items[0]
    assert made.image is not None
    assert made.jobs is not None
    return world.images.get(owner, made.image.id), world.jobs.get_many(owner, [job.id for job in made.jobs])


def uploaded(world: World, image: Image, data: bytes) -> dict[str, Any]:
    """The file is there; the event that S3 sends for it."""
    world.s3.put_object(Bucket="media", Key=upload_key(image.owner, image.id), Body=data)
    return event("s3-object-created", owner=image.owner, image_id=image.id)


def queued(world: World, *, owner: str = "alice", jobs: int = 1) -> tuple[Image, list[Job]]:
    """A photo that was taken in; its jobs wait to start. Nothing is in the queue."""
    image, made = waiting(world, owner=owner, jobs=jobs)
    look_again = world.clock.at + timedelta(seconds=world.settings.jobs.resend_after_seconds)
    world.media.put_once(master_key(owner, image.id), photo(), "image/jpeg")
    world.images.accept(image, made, world.clock.at, FACTS, look_again=look_again)
    return world.image(image), [world.job(job) for job in made]


def processing(world: World, *, owner: str = "alice", prediction_id: str | None = "run1") -> Job:
    """A job whose run is under way."""
    _, [job] = queued(world, owner=owner)
    return claimed(world, job, prediction_id)


def claimed(world: World, job: Job, prediction_id: str | None = "run1") -> Job:
    at = world.clock.at
    claimed = world.jobs.claim(job, at, at + timedelta(seconds=100))
    if prediction_id:
        world.jobs.note_run(claimed, prediction_id, {}, due=at + timedelta(seconds=100))
    return world.job(job)


def canceled(world: World, job: Job) -> Job:
    world.jobs.close(world.job(job), JobStatus.CANCELED, world.clock.at, None)
    return world.job(job)


def to_start(*jobs: Job) -> dict[str, Any]:
    """One delivery of StageQueue."""
    from tests.events import together

    return together(*(event("sqs-stage-queue", owner=job.owner, job_id=job.id) for job in jobs))


