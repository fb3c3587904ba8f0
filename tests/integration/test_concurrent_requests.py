"""Twenty requests of one owner at once, again and again: whenever nothing is in flight, counters equal the ledger."""

import random
import threading
from typing import Any

import pytest

from realstaging.stores import table as writing
from tests.support import factories
from tests.support.books import check_books
from tests.support.steps import ask, at_once, purge
from tests.support.world import World

FILE: dict[str, Any] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
PROCESSES, ROUNDS = 20, 5


class Owner:
    """What the owner has made so far, whatever became of it, and one act after the other by chance."""

    def __init__(self, world: World) -> None:
        self.projects = [factories.project(world).id for _ in range(3)]
        self.images: list[str] = []
        self.jobs: list[str] = []
        self.batches: list[str] = []
        self.seen: list[tuple[str, int]] = []

    def act(self, world: World, chance: random.Random) -> None:
        acts = [self.upload] * 5 + [self.restage] * 3 + [self.cancel] * 3 + [self.cancel_batch] * 2
        acts += [self.delete_job] * 2 + [self.delete_image] * 2 + [self.delete_project]
        act = chance.choice(acts)
        self.seen.append((act.__name__, act(world, chance)))

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
        chance = random.Random(f"{seed}-{next(numbers)}")
        for _ in range(ROUNDS):
            owner.act(process, chance)
            rest.wait()

    at_once(world, PROCESSES, live)
    for _ in range(3):
        purge(world, minutes=1)

    check_books(world.rows())
    assert [each for each in owner.seen if each[1] >= 500] == []
    assert len({name for name, status in owner.seen if status < 300}) >= 6
