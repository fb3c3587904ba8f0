"""What one image costs the table, by partition, as counted from the code (`make units` writes units.json)."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("units.json")
# How often an order takes each step; the rest is taken by each photo. Clients read the batch after every connect and
# once in a while, and list the project once.
PER_ORDER = {
    "create_project": 1,
    "socket_ticket": 1,
    "socket_connect": 1,
    "plan": 1,
    "read_batch": 3,
    "list_project": 1,
}
PER_PHOTO = ("ingest", "start", "webhook", "finish", "result_link")
# Steps that are a request through the HTTP API.
REQUESTS = ("create_project", "socket_ticket", "plan", "read_batch", "list_project", "result_link", "webhook")


@dataclass(frozen=True)
class Usage:
    """Of one image: units by place (`table USER#<id> JOB`), stream records that are pushed, requests, table calls."""

    read: Counter[str]
    write: Counter[str]
    pushed: float
    requests: float
    calls: float

    def of(self, kind: str, units: str) -> float:
        """The units of all rows in one kind of partition: `table USER#<id>`."""
        counted: Counter[str] = getattr(self, units)
        return sum(count for place, count in counted.items() if place == kind or place.startswith(kind + " "))

    @property
    def kinds(self) -> list[str]:
        return sorted({" ".join(place.split(" ")[:2]) for place in [*self.read, *self.write]})


def per_image(photos: int) -> Usage:
    """Of an order with so many photos. What an order writes for each of its photos was counted with ten."""
    counted = json.loads(FILE.read_text())
    often = {name: times / photos for name, times in PER_ORDER.items()} | dict.fromkeys(PER_PHOTO, 1.0)
    often["plan"] = 1 / counted["photos"]  # nearly all of it is rows of its photos
    read, write, pushed, calls = Counter[str](), Counter[str](), 0.0, 0.0
    for name, times in often.items():
        step = counted["steps"][name]
        calls += times * step["calls"]
        pushed += times * step["pushed"]
        for place, units in step["read"].items():
            read[place] += times * units
        for place, units in step["write"].items():
            write[place] += times * units
    push = counted["steps"]["push"]
    for place, units in push["read"].items():
        read[place] += pushed * units
    requests = sum(often[name] for name in REQUESTS)
    return Usage(read, write, pushed, requests, calls + pushed * push["calls"])
