"""One photo on its way from file to result, and the board with all of them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from local.demo.answers import Image, Job, Plan, Problem
from local.demo.photos import Photo


class Step(StrEnum):
    WAITING = "waiting"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    TAKEN_IN = "taken in"
    QUEUED = "queued"
    STAGING = "staging"
    READY = "ready"
    FAILED = "failed"


JOB_STEPS = {
    "queued": Step.QUEUED,
    "processing": Step.STAGING,
    "ready": Step.READY,
    "failed": Step.FAILED,
    "canceled": Step.FAILED,
}


@dataclass(frozen=True)
class Result:
    """A delivered picture on this machine's disk."""

    path: Path
    width: int
    height: int
    size_bytes: int


@dataclass
class Shot:
    """Facts as they come in; what they mean is worked out, never stored. Times are monotonic seconds."""

    photo: Photo
    image: Image | None = None
    job: Job | None = None
    sent: float | None = None
    problem: Problem | None = None
    before: Path | None = None
    result: Result | None = None
    began: float | None = None
    ended: float | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def step(self) -> Step:
        if self.problem:
            return Step.FAILED
        if self.job and self.job.status in JOB_STEPS:
            return JOB_STEPS[self.job.status]
        if self.image and self.image.status == "ready":
            return Step.TAKEN_IN
        if self.sent is None:
            return Step.WAITING
        return Step.UPLOADED if self.sent >= 1 else Step.UPLOADING

    @property
    def seconds(self) -> float | None:
        """From the first byte sent to the end, or to now."""
        if self.began is None:
            return None
        return (time.monotonic() if self.ended is None else self.ended) - self.began

    @property
    def reason(self) -> Problem | None:
        """Why it failed."""
        if self.problem or self.step is not Step.FAILED:
            return self.problem
        assert self.job is not None
        return self.job.error or Problem(title="The staging was canceled")


class Board:
    """All shots. Pushes and reads arrive in any order: of two versions of a thing, the higher one counts."""

    def __init__(self, photos: list[Photo], on_step: Callable[[Shot], None]) -> None:
        self.shots = [Shot(photo) for photo in photos]
        self.batch_id: str | None = None
        self.greeted = asyncio.Event()  # a socket is open
        self.pushes = self.reads = 0
        self.moved = time.monotonic()
        self._on_step = on_step
        self._shown = dict.fromkeys(range(len(photos)), Step.WAITING)

    def planned(self, plan: Plan) -> None:
        self.batch_id = plan.batch_id
        for item in plan.items:
            shot = self.shots[item.index]
            shot.image, shot.job, shot.problem = item.image, item.jobs[0] if item.jobs else None, item.error
            self.changed(shot)

    def take_job(self, job: Job) -> None:
        for shot in self.shots:
            if shot.job and shot.job.id == job.id and shot.job.version < job.version:
                shot.job = job
                self.changed(shot)

    def take_image(self, image: Image) -> None:
        for shot in self.shots:
            if shot.image and shot.image.id == image.id and shot.image.version < image.version:
                shot.image = image
                self.changed(shot)

    def sent(self, shot: Shot, part: float) -> None:
        shot.began = time.monotonic() if shot.began is None else shot.began
        shot.sent = part
        self.changed(shot)

    def failed(self, shot: Shot, problem: Problem) -> None:
        shot.problem = problem
        self.changed(shot)

    def changed(self, shot: Shot) -> None:
        """Something about it is new; whoever looks is told when that is another step."""
        index, step = self.shots.index(shot), shot.step
        if step in (Step.READY, Step.FAILED) and not shot.over.is_set():
            shot.ended = time.monotonic()
            shot.over.set()
        self.moved = time.monotonic()
        if self._shown[index] is not step:
            self._shown[index] = step
            self._on_step(shot)
