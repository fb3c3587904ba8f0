"""Table units of one order of ten photos, step by step: what `make simulate` reckons with is what the code does."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from realstaging.stores.provider import ProviderStore
from tests.support import factories
from tests.support.events import event, together
from tests.support.http_client import call
from tests.support.steps import delivery, failures, hear
from tests.support.table_meter import Wire, metered
from tests.support.template_reader import ROOT, loader
from tests.support.world import World

FILE = ROOT / "tools" / "simulate" / "units.json"
PHOTOS = 10
# Rows grow by a few bytes with their ids and times, and some are just below the end of a unit.
TOLERANCE = 0.1

# A pace, as on AWS, but one that makes no test wait for its places.
PER_MINUTE = 6000

Change = tuple[Wire | None, Wire | None]


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"replicate": overrides["replicate"] | {"creations_per_minute": PER_MINUTE}}


def test_the_simulation_reckons_with_the_units_of_this_code(world: World) -> None:
    order = Order(world)
    measured: dict[str, Any] = {"counted_by": "make units", "photos": PHOTOS, "steps": dict(order.steps())}

    if os.environ.get("WRITE_UNITS"):
        FILE.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    written = json.loads(FILE.read_text())

    assert measured["steps"].keys() == written["steps"].keys()
    for name, step in order.counted.items():
        for figure in ("calls", "read", "write", "pushed"):
            expected = pytest.approx(_total(written["steps"][name][figure]), rel=TOLERANCE, abs=0.5)
            assert _total(step[figure]) == expected, f"{figure} of {name} changed: `make units` counts anew"


def _total(figure: Any) -> float:
    return float(sum(figure.values()) if isinstance(figure, dict) else figure)


class Order:
    """Ten photos through all functions, heard by one socket; then a start and a sweep that come late."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.counted: dict[str, Any] = {}
        self.changes: list[Change] = []

    def steps(self) -> Iterator[tuple[str, Any]]:
        call(self.world, "GET", "/v1/account")  # what an account's first request writes is no part of an order
        self._order()
        self._stage()
        self._look()
        self._push()
        self._be_late()
        yield from self.counted.items()

    def _count[T](self, name: str, act: Callable[[], T], of: int = 1) -> T:
        with metered(self.world.table.meta.client) as meter:
            answer = act()
        pushed = [change for change in meter.changes if _is_pushed(*change)]
        self.changes += pushed
        self.counted[name] = {
            "calls": round(meter.calls / of, 2),
            "pushed": len(pushed) / of,
            "read": {where: round(units / of, 2) for where, units in sorted(meter.read.items())},
            "write": {where: round(units / of, 2) for where, units in sorted(meter.write.items())},
        }
        return answer

    def _call(self, name: str, method: str, path: str, **more: Any) -> Any:
        status, body, _ = self._count(name, lambda: call(self.world, method, path, **more))
        assert status < 300, (name, body)
        return body

    def _order(self) -> None:
        self.project = self._call("create_project", "POST", "/v1/projects", body={"name": "14 Elm Street"})["id"]
        ticket = self._call("socket_ticket", "POST", "/v1/account/socket-tickets")["ticket"]
        self._count("socket_connect", lambda: self.world.run("sockets", event("websocket-connect", ticket=ticket)))
        files = [{"filename": f"{n}.jpg", "content_type": "image/jpeg", "size_bytes": 1000} for n in range(PHOTOS)]
        body = {"project_id": self.project, "defaults": {"style": "modern"}, "files": files}
        plan = self._call("plan", "POST", "/v1/uploads", body=body, headers={"idempotency-key": "order-1"})
        self.batch = plan["batch_id"]
        self.jobs = [item["jobs"][0]["id"] for item in plan["items"]]
        self.images = [self.world.images.get("alice", item["image"]["id"]) for item in plan["items"]]

    def _stage(self) -> None:
        world = self.world
        arrivals = [
            factories.uploaded(world, image, factories.photo(768 + number, 512))
            for number, image in enumerate(self.images)
        ]
        self._count("ingest", lambda: [world.run("upload_complete", each) for each in arrivals], PHOTOS)
        starts = delivery("sqs-stage-queue", world.to_stage())
        assert failures(self._count("start", lambda: world.run("stage_image", starts), PHOTOS)) == []
        jobs = [world.jobs.get("alice", id) for id in self.jobs]
        self._count("webhook", lambda: [hear(world, job) for job in jobs], PHOTOS)
        results = delivery("sqs-result-queue", world.to_settle())
        assert failures(self._count("finish", lambda: world.run("finish_job", results), PHOTOS)) == []
        assert {world.jobs.get("alice", id).status.value for id in self.jobs} == {"ready"}

    def _look(self) -> None:
        self._call("read_batch", "GET", f"/v1/batches/{self.batch}")
        self._call("list_project", "GET", f"/v1/projects/{self.project}/images")
        self._call("result_link", "GET", f"/v1/jobs/{self.jobs[0]}/file")

    def _push(self) -> None:
        records = [_record(*change) for change in self.changes]
        pushes = [together(*records[at : at + PHOTOS]) for at in range(0, len(records), PHOTOS)]
        self._count("push", lambda: [self.world.run("push_status", each) for each in pushes], len(records))
        assert self.world.sockets.sent

    def _be_late(self) -> None:
        world, provider = self.world, ProviderStore(self.world.table)
        _, [job] = factories.queued(world)
        provider.hold(world.clock.at, 60)
        self._count("wait_with_place", lambda: world.run("stage_image", factories.to_start(job)))
        assert world.job(job).slot
        provider.open("no credit", world.clock.at, 90)  # its wait is spread at random, and only a later one is written
        self._count("wait", lambda: world.run("stage_image", factories.to_start(job)))
        assert world.job(job).status == "queued"
        self._count("sweep_nothing", lambda: world.run("sweep", event("schedule-sweep")))
        world.clock.forward(minutes=30)
        found = self._count("sweep_job", lambda: world.run("sweep", event("schedule-sweep")))
        assert found == {"looked": 1, "failed": 0}


def _patterns() -> list[dict[str, Any]]:
    template = yaml.load((ROOT / "template.yaml").read_text(), loader())
    [stream] = template["Resources"]["PushStatus"]["Properties"]["Events"].values()
    return [json.loads(each["Pattern"]) for each in stream["Properties"]["FilterCriteria"]["Filters"]]


PATTERNS = _patterns()


def _is_pushed(old: Wire | None, new: Wire | None) -> bool:
    """Whether the stream's filter lets a change through to PushStatus."""
    kind, sort = ("MODIFY" if old else "INSERT") if new else "REMOVE", (new or old or {})["sk"]["S"]
    return any(
        kind in pattern["eventName"]
        and any(sort.startswith(one["prefix"]) for one in pattern["dynamodb"]["Keys"]["sk"]["S"])
        for pattern in PATTERNS
    )


def _record(old: Wire | None, new: Wire | None) -> dict[str, Any]:
    made = event("dynamodb-stream-job")
    assert new is not None
    [record] = made["Records"]
    record["eventName"] = "MODIFY" if old else "INSERT"
    record["dynamodb"] |= {"Keys": {"pk": new["pk"], "sk": new["sk"]}, "NewImage": new, "OldImage": old or {}}
    return made
