"""One photo on its way from file to results, and the board with all of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from realstaging_client.models import Image, Job, Problem
from realstaging_client.photos import Photo


class Step(StrEnum):
    WAITING = "waiting"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    TAKEN_IN = "taken in"
    QUEUED = "queued"
    STAGING = "staging"
    READY = "ready"
    FAILED = "failed"


@dataclass
class Shot:
    """Facts as they come in; what they mean is worked out, never stored. Times are monotonic seconds.

    `staged`: whether it is to have results at all; else it has arrived once it is taken in.
    """

    photo: Photo
    staged: bool = True
    image: Image | None = None
    jobs: dict[str, Job] = field(default_factory=dict)
    saved: dict[str, Path] = field(default_factory=dict)
    sent: float | None = None
    problem: Problem | None = None
    began: float | None = None
    ended: float | None = None
    shown: Step = Step.WAITING

    @property
    def step(self) -> Step:
        if self.problem:
            return Step.FAILED
        statuses = {job.status for job in self.jobs.values()}
        if statuses & {"processing", "queued"}:
            return Step.STAGING if statuses & {"processing", "ready"} else Step.QUEUED
        if statuses and "awaiting_upload" not in statuses:
            return Step.READY if statuses == {"ready"} else Step.FAILED
        if self.image and self.image.status != "awaiting_upload":
            taken_in = Step.TAKEN_IN if self.staged else Step.READY
            return taken_in if self.image.status == "ready" else Step.FAILED
        if self.sent is None:
            return Step.WAITING
        return Step.UPLOADED if self.sent >= 1 else Step.UPLOADING

    @property
    def over(self) -> bool:
        return self.step in (Step.READY, Step.FAILED)

    @property
    def complete(self) -> bool:
        """Over, and every result there is has been saved."""
        ready = {job.id for job in self.jobs.values() if job.status == "ready"}
        return bool(self.problem) or (self.over and ready <= self.saved.keys())

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
        errors = [job.error for job in self.jobs.values() if job.error]
        if errors:
            return errors[0]
        if self.image and self.image.error:
            return self.image.error
        return Problem(title="The staging was canceled" if self.jobs else "The upload never came")


class Board:
    """All shots. Pushes and reads arrive in any order: of two versions of a thing, the higher one counts."""

    def __init__(self, photos: Sequence[Photo], on_step: Callable[[Shot], None], *, staged: bool = True) -> None:
        self.shots = [Shot(photo, staged) for photo in photos]
        self.pushes = self.reads = 0
        self.moved = time.monotonic()
        self._on_step = on_step
        self._jobs: dict[str, Shot] = {}
        self._images: dict[str, Shot] = {}

    def planned(self, shot: Shot, image: Image, jobs: Sequence[Job]) -> None:
        """It was accepted, and these are its jobs."""
        shot.image, shot.jobs = image, {job.id: job for job in jobs}
        self._images[image.id] = shot
        self._jobs |= dict.fromkeys(shot.jobs, shot)
        self.changed(shot)

    def replaced(self, old: str, new: Job) -> None:
        """A job was tried again, as another one."""
        shot = self._jobs[old]
        shot.jobs = {new.id if job_id == old else job_id: job for job_id, job in shot.jobs.items()} | {new.id: new}
        shot.ended = None
        self._jobs[new.id] = shot
        self.changed(shot)

    def take(self, news: Job | Image) -> Shot | None:
        """The shot this is about, if it is news."""
        shot = (self._jobs if isinstance(news, Job) else self._images).get(news.id)
        known = None if shot is None else shot.jobs.get(news.id) if isinstance(news, Job) else shot.image
        if shot is None or known is None or known.id != news.id or known.version >= news.version:
            return None
        if isinstance(news, Job):
            shot.jobs[news.id] = news
        else:
            shot.image = news
        self.changed(shot)
        return shot

    def sent(self, shot: Shot, part: float) -> None:
        shot.began = time.monotonic() if shot.began is None else shot.began
        shot.sent = part
        self.changed(shot)

    def failed(self, shot: Shot, problem: Problem) -> None:
        shot.problem = problem
        self.changed(shot)

    def changed(self, shot: Shot) -> None:
        """Something about it is new; whoever looks is told when that is another step."""
        step = shot.step
        if shot.over and shot.ended is None:
            shot.ended = time.monotonic()
        self.moved = time.monotonic()
        if shot.shown is not step:
            shot.shown = step
            self._on_step(shot)
