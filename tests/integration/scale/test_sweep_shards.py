"""A sweep for every pair of shards: thousands of rows are cleared in a few minutes, and no shard holds up another."""

import json
from collections import Counter
from datetime import datetime, timedelta

import yaml

from realstaging.ids import new_id
from realstaging.stores import keys
from realstaging.stores.due_index import DueRow
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.template_reader import ROOT, loader
from tests.support.world import World

MANY, OWNERS = 2_000, 30


def schedules() -> list[dict[str, list[int]]]:
    """What the template's schedules say to the sweep in every minute."""
    template = yaml.load((ROOT / "template.yaml").read_text(), loader())
    events = template["Resources"]["Sweep"]["Properties"]["Events"].values()
    return [json.loads(each["Properties"]["Input"]) for each in events]


class Moved:
    """In place of the sweeper: moves what is due, as every look at a row does, and remembers it."""

    def __init__(self, world: World) -> None:
        self._due, self.looked = world.due, Counter[str]()

    def look_at(self, due: DueRow, at: datetime) -> None:
        self.looked[due.id] += 1
        self._due.put_off(due, at + timedelta(hours=1))


def overdue(world: World, count: int) -> list[str]:
    at = world.clock.at
    ids = [new_id("job", at) for _ in range(count)]
    for number, id in enumerate(ids):
        # No row of the product's: the books are checked after every test.
        world.table.put_item(Item=keys.named(f"owner{number % OWNERS}", f"LOST#{id}") | keys.due(at, id))
    world.clock.forward(minutes=1)
    return ids


def minute(world: World) -> int:
    looked: int = sum(world.run("sweep", schedule)["looked"] for schedule in schedules())
    world.clock.forward(minutes=1)
    return looked


def test_the_schedules_name_every_shard_once() -> None:
    named = [shard for schedule in schedules() for shard in schedule["shards"]]

    assert sorted(named) == list(range(keys.DUE_SHARDS))


def test_thousands_of_rows_are_looked_at_once_each_in_a_few_minutes(world: World) -> None:
    module = world.function("sweep")
    module.sweeper, module.PER_SHARD = Moved(world), 150
    ids = overdue(world, MANY)

    # A shard has 200 of them, more or less: two runs of 150 are enough.
    looked = [minute(world) for _ in range(3)]

    assert looked[0] == 150 * keys.DUE_SHARDS
    assert (sum(looked), looked[-1]) == (MANY, 0)
    assert module.sweeper.looked == Counter(ids)


def test_a_shard_that_cannot_be_read_holds_up_no_other(world: World) -> None:
    jobs = [factories.queued(world)[1][0] for _ in range(12)]
    world.clock.forward(minutes=5)
    broken = keys.shard(jobs[0].id)

    # Each shard is one query, in order.
    with faulty(world.table.meta.client, "Query", CrashError(), at=(broken + 1,)):
        minute(world)
    sent = {message["job_id"] for message in world.to_stage()}
    assert sent == {job.id for job in jobs if keys.shard(job.id) != broken}

    minute(world)
    assert {message["job_id"] for message in world.to_stage()} == {job.id for job in jobs} - sent
