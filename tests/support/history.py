"""A random history of an owner's jobs, checked after every step."""

import random
from collections import Counter
from typing import Any

from realstaging.errors import QuotaExceededError
from realstaging.models.images import Image
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores.table import LostRaceError
from tests.support import factories
from tests.support.books import check_books
from tests.support.steps import delivery, failures, sweep
from tests.support.world import World

LIMIT = 12


RESULT = {"result_key": "staged/a.jpg", "thumbnail_key": "staged/b.jpg"}


ERRORS = ["flagged as sensitive (E005)", "Director: unexpected error (E9828)", "Director: unexpected error (E9828)"]


MOVES = {
    JobStatus.AWAITING_UPLOAD: {JobStatus.QUEUED, JobStatus.FAILED, JobStatus.CANCELED},
    JobStatus.QUEUED: {JobStatus.PROCESSING, JobStatus.FAILED, JobStatus.CANCELED},
    JobStatus.PROCESSING: {JobStatus.QUEUED, JobStatus.READY, JobStatus.FAILED, JobStatus.CANCELED},
}


class History:
    """What may happen to an owner's work. `seen` are jobs as somebody read them once: most writers are late."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.project = factories.project(world)
        self.images: list[Image] = []
        self.seen: list[Job] = []
        self.told: list[dict[str, Any]] = []
        self.now: dict[str, Job] = {}
        self.moved: Counter[tuple[JobStatus, JobStatus]] = Counter()
        self.paid = 0
        self.upload()

    def upload(self) -> None:
        count, jobs = self.chance.choice([(1, 1), (2, 2), (1, 4), (1, 0)] if self.images else [(2, 2)])
        room = LIMIT - self.world.quota.usage("alice", self.period).used
        try:
            made = factories.planned(self.world, self.project, count=count, jobs=jobs, limit=LIMIT)
        except QuotaExceededError:
            assert count * jobs > room
            return
        assert count * jobs <= room
        self.images += [image for image, _ in made]
        self.seen += [job for _, work in made for job in work]

    def arrive(self) -> None:
        image = self.chance.choice(self.images[-4:])
        photo = self.chance.choice([factories.photo(520, 520)] * 5 + [b"no photo"])
        for _ in range(self.chance.choice([1, 2])):
            self.world.run("upload_complete", factories.uploaded(self.world, image, photo))

    def start(self) -> None:
        for job in self._some(JobStatus.QUEUED):
            now = self.world.job(job)
            try:
                claimed = self.world.jobs.claim(job, self.world.clock.at, self.world.clock.at)
            except LostRaceError:
                assert job.version != now.version
                continue
            self.world.jobs.note_run(claimed, f"run-{claimed.marker}", due=self.world.clock.at)
            self.seen.append(self.world.job(job))

    def deliver(self) -> None:
        """How a result is brought home is tested elsewhere: here it is the booking that counts."""
        for job in self._some(JobStatus.PROCESSING):
            now = self.world.job(job)
            try:
                self.world.jobs.deliver(job, self.world.clock.at, RESULT, factories.run(job))
            except LostRaceError:
                assert job.version != now.version
                continue
            self.paid += 1

    def fail(self) -> None:
        for job in self._some(JobStatus.PROCESSING):
            prediction = {"id": job.prediction_id, "status": "failed", "error": self.chance.choice(ERRORS)}
            message = {"owner": "alice", "job_id": job.id, "attempt": job.attempt, "traceparent": factories.TRACE}
            self.told.append(message | {"prediction": prediction})
            self._tell(self.told[-1])

    def repeat_a_result(self) -> None:
        for message in self.told[-3:]:
            self._tell(message, message)

    def cancel(self) -> None:
        for job in self._some(*MOVES)[:1]:
            now = self.world.job(job)
            try:
                self.world.jobs.close(job, JobStatus.CANCELED, self.world.clock.at, None)
            except LostRaceError:
                assert job.version != now.version

    def look(self) -> None:
        self.seen += [self.world.job(job) for job in self.now.values()]

    def sweep(self) -> None:
        assert sweep(self.world, minutes=self.chance.choice([0, 5, 5, 30, 30, 25 * 60]))["failed"] == 0

    def step(self) -> str:
        weights = {"upload": 2, "arrive": 4, "start": 4, "deliver": 2, "fail": 3, "repeat_a_result": 1, "cancel": 1}
        weights |= {"look": 5, "sweep": 1}
        name = self.chance.choices(list(weights), list(weights.values()))[0]
        getattr(self, name)()
        return name

    def check(self) -> None:
        rows = self.world.rows()
        check_books(rows)
        usage = self.world.usage("alice", self.period)
        assert usage.captured == self.paid
        assert usage.used <= LIMIT
        for job in [Job.model_validate(row) for row in rows if row["sk"].startswith("JOB#")]:
            before = self.now.get(job.id, job)
            if job.status is not before.status:
                assert job.status in MOVES[before.status]
                assert job.version > before.version
                self.moved[before.status, job.status] += 1
            assert job.version >= before.version
            assert job.charged == (job.status is JobStatus.READY)
            self.now[job.id] = job

    @property
    def period(self) -> str:
        return self.seen[0].period if self.seen else ""

    def _some(self, *status: JobStatus) -> list[Job]:
        among = [job for job in self.seen[-30:] if job.status in status]
        return self.chance.sample(among, min(len(among), 3))

    def _tell(self, *messages: dict[str, Any]) -> None:
        assert failures(self.world.run("finish_job", delivery("sqs-result-queue", messages))) == []
