"""Twenty requests of one owner at once, again and again: whenever nothing is in flight, counters equal the ledger."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from realstaging.stores import table as writing
from tests.support import factories
from tests.support.books import check_books
from tests.support.steps import ask, at_once, purge
from tests.support.world import World

FILE: dict[str, Any] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
PROCESSES, ROUNDS = 20, 3

Act = Callable[[World, random.Random], int]


class Owner:
    """What an owner has made so far, whatever became of it, and one act after the other by chance."""

    def __init__(self, world: World) -> None:
        self.acts = [self.upload, self.restage, self.cancel, self.cancel_batch]
        self.acts += [self.delete_job, self.delete_image, self.delete_project]
        self.projects = [factories.project(world).id for _ in range(3)]
        self.images: list[str] = []
        self.jobs: list[str] = []
        self.batches: list[str] = []
        self.seen: list[tuple[str, int]] = []

    def act(self, world: World, chance: random.Random) -> None:
        self.do(chance.choices(self.acts, [5, 3, 3, 2, 2, 2, 1])[0], world, chance)

    def do(self, act: Act, world: World, chance: random.Random) -> None:
        self.seen.append((act.__name__, act(world, chance)))

    def add(self, other: "Owner") -> None:
        self.projects += other.projects
        self.images += other.images
        self.jobs += other.jobs
        self.batches += other.batches
        self.seen += other.seen

    def upload(self, world: World, chance: random.Random) -> int:
        settings = chance.choice([None, {"variations": chance.choice([1, 2, 4])}])
        files = [FILE | {"settings": settings}] * chance.randint(1, 3)
        status, answer = ask(world, "POST", "/v1/uploads", {"project_id": chance.choice(self.projects), "files": files})
        if status == 201:
            self.images += [item["image"]["id"] for item in answer["items"]]
            self._made(answer)
        return status

    def restage(self, world: World, chance: random.Random) -> int:
        ids = [chance.choice(self.images or ["img_none"]) for _ in range(chance.randint(1, 3))]
        status, answer = ask(world, "POST", "/v1/jobs", {"items": [{"image_id": id} for id in ids]})
        if status in (202, 207):
            self._made(answer)
        return status

    def cancel(self, world: World, chance: random.Random) -> int:
        return ask(world, "POST", f"/v1/jobs/{chance.choice(self.jobs or ['job_none'])}/cancel")[0]

    def cancel_batch(self, world: World, chance: random.Random) -> int:
        return ask(world, "POST", f"/v1/batches/{chance.choice(self.batches or ['bat_none'])}/cancel")[0]

    def delete_job(self, world: World, chance: random.Random) -> int:
        return ask(world, "DELETE", f"/v1/jobs/{chance.choice(self.jobs or ['job_none'])}")[0]

    def delete_image(self, world: World, chance: random.Random) -> int:
        return ask(world, "DELETE", f"/v1/images/{chance.choice(self.images or ['img_none'])}")[0]

    def delete_project(self, world: World, chance: random.Random) -> int:
        status = ask(world, "DELETE", f"/v1/projects/{chance.choice(self.projects)}")[0]
        self.projects.append(ask(world, "POST", "/v1/projects", {"name": "another"})[1]["id"])
        return status

    def _made(self, answer: dict[str, Any]) -> None:
        self.batches.append(answer["batch_id"])
        self.jobs += [job["id"] for item in answer["items"] for job in item.get("jobs") or []]


@pytest.mark.parametrize("seed", [1])
def test_counters_equal_the_ledger_whenever_nothing_is_in_flight(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "wait_before_retry", lambda *given: None)
    owner = Owner(world)
    numbers = iter(range(PROCESSES))
    rest = threading.Barrier(PROCESSES, action=lambda: check_books(world.rows()), timeout=100)

    def live(process: World) -> None:
        number = next(numbers)
        chance = random.Random(f"{seed}-{number}")
        # First with what is its own: whatever the others do, each kind of act succeeds.
        own = Owner(process)
        while not own.jobs:
            own.do(own.upload, process, chance)
        rest.wait()
        own.do(own.acts[number % len(own.acts)], process, chance)
        owner.add(own)
        rest.wait()
        for _ in range(ROUNDS):
            owner.act(process, chance)
            rest.wait()

    at_once(world, PROCESSES, live)
    for _ in range(3):
        purge(world, minutes=1)

    check_books(world.rows())
    assert [each for each in owner.seen if each[1] >= 500] == []
    assert {name for name, status in owner.seen if status < 300} == {act.__name__ for act in owner.acts}
