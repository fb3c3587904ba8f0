"""Random histories with everything an owner may do over HTTP: staged again, tried again, canceled, deleted, purged."""

from typing import Any

import pytest

from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys as periods
from realstaging.stores.table import LostRaceError
from tests.support import factories
from tests.support.books import check_books
from tests.support.history import RESULT, History
from tests.support.steps import ask, purge, purge_everything
from tests.support.world import World

STEPS = 24


class Life(History):
    """An owner who does all there is to do; `deleted` are jobs that somebody may still have in hand."""

    def __init__(self, world: World, seed: int) -> None:
        self.deleted: list[Job] = []
        self.gone: set[str] = set()
        world.clock.at = world.clock.at.replace(day=1)  # all of it in one period
        self.first = periods.month(world.clock.at)
        super().__init__(world, seed)

    def restage(self) -> None:
        wishes = [{"image_id": self.chance.choice(self.images).id} for _ in range(self.chance.choice([1, 1, 3]))]
        self._made(*ask(self.world, "POST", "/v1/jobs", {"items": wishes, "defaults": {"variations": 2}}))

    def retry(self) -> None:
        job = self._any(JobStatus.FAILED, JobStatus.CANCELED)
        if job and self.chance.random() < 0.5:
            self._made(*ask(self.world, "POST", f"/v1/jobs/{job.id}/retry"))
        elif job:
            self._made(*ask(self.world, "POST", f"/v1/batches/{job.batch_id}/retry"))

    def cancel_over_http(self) -> None:
        job = self._any(*JobStatus)
        if job and self.chance.random() < 0.7:
            ended = job.status.final
            assert ask(self.world, "POST", f"/v1/jobs/{job.id}/cancel")[0] == (409 if ended else 200)
        elif job:
            status, batch = ask(self.world, "POST", f"/v1/batches/{job.batch_id}/cancel")
            assert (status, batch["status"] != "in_progress") == (200, True)

    def delete(self) -> None:
        job = self._any(*JobStatus)
        if job is None:
            return
        whole = self.chance.random() < 0.3 and job.image_id not in self.gone
        going = [each for each in map(self.world.job, self.now.values()) if whole and each.image_id == job.image_id]
        path = f"/v1/images/{job.image_id}" if whole else f"/v1/jobs/{job.id}"
        assert ask(self.world, "DELETE", path)[0] == 204
        assert ask(self.world, "DELETE", path)[0] == 404
        self.gone |= {job.image_id} if whole else set()
        self.deleted += going or [job]

    def work_on_what_is_gone(self) -> None:
        for job in self.deleted[-3:]:
            at = self.world.clock.at
            if job.status is JobStatus.QUEUED:
                with pytest.raises(LostRaceError):
                    self.world.jobs.claim(job, at, at)
            if job.status is JobStatus.PROCESSING:
                with pytest.raises(LostRaceError):
                    self.world.jobs.deliver(job, at, RESULT, factories.run(job))

    def purge(self) -> None:
        assert purge(self.world, minutes=self.chance.choice([0, 3, 61]))["failed"] == 0

    def step(self) -> str:
        weights = {"upload": 2, "arrive": 4, "start": 4, "deliver": 3, "fail": 3, "repeat_a_result": 1, "cancel": 1}
        weights |= {"look": 5, "sweep": 1, "restage": 3, "retry": 3, "cancel_over_http": 1, "delete": 1, "purge": 1}
        weights |= {"work_on_what_is_gone": 1}
        name = self.chance.choices(list(weights), list(weights.values()))[0]
        getattr(self, name)()
        return name

    def check(self) -> None:
        there = {str(row["sk"])[4:] for row in self.world.rows() if row["sk"].startswith("JOB#")}
        self.now = {id: job for id, job in self.now.items() if id in there}
        self.seen = [job for job in self.seen if job.id in there]
        super().check()
        assert len([state for state in self.world.ledger().values() if state == "captured"]) == self.paid

    @property
    def period(self) -> str:
        return self.first

    def _any(self, *states: JobStatus) -> Job | None:
        jobs = [job for job in (self.world.job(job) for job in self.now.values()) if job.status in states]
        return self.chance.choice(jobs) if jobs else None

    def _made(self, status: int, answer: dict[str, Any]) -> None:
        if status == 402:
            assert answer["used"] + answer["requested"] > answer["limit"]
            return
        if status in (404, 409):
            return
        items = answer.get("items", [{"jobs": [answer]}])
        assert status in (201, 202, 207, 422)
        self.seen += [self.world.jobs.get("alice", job["id"]) for item in items for job in item.get("jobs") or []]


@pytest.fixture
def overrides(overrides: dict[str, object]) -> dict[str, object]:
    return overrides | {"plans": {"free": {"images_per_month": 12}}}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_whatever_an_owner_does_in_whatever_order_the_books_are_right(world: World, seed: int) -> None:
    life, steps = Life(world, seed), []

    for _ in range(STEPS):
        steps.append(life.step())
        try:
            life.check()
        except AssertionError as error:
            raise AssertionError(f"after {steps}") from error

    ledger = world.ledger()
    assert ask(world, "DELETE", f"/v1/projects/{life.project.id}")[0] == 204
    purge_everything(world)
    assert world.objects() == []
    assert not [
        row for row in world.rows() if row["sk"].startswith(("IMAGE#", "JOB#", "HASH#", "DELETED#", "COST#prj"))
    ]
    assert world.ledger() == {id: "released" if state == "reserved" else state for id, state in ledger.items()}
    check_books(world.rows())
