"""The local cloud, once for all end-to-end tests, and a client that works as an agent's page would."""

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from local.cloud import running_cloud
from local.ports import Ports
from local.state import Cloud
from local.token import access_token
from realstaging.stores import keys

PATIENCE = 240
Json = dict[str, Any]

pytestmark = pytest.mark.e2e

# A module stays in one process: the longest begin first, so that all processes end together.
LONGEST_FIRST = ("page_listing", "client", "schema", "models", "page_account", "main_path", "faults", "picture_check")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {f"test_{name}": place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@dataclass(frozen=True)
class Photo:
    name: str
    content_type: str
    data: bytes


@dataclass
class Agent:
    """One owner and what they can do through the public API."""

    cloud: Cloud
    owner: str
    http: httpx.Client = field(repr=False)

    def get(self, path: str, **query: Any) -> Json:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    def post(self, path: str, body: Json | None = None, status: int = 201) -> Json:
        answer = self.http.post(path, json=body) if body is not None else self.http.post(path)
        assert answer.status_code == status, answer.text
        page: Json = answer.json()
        return page

    def project(self) -> str:
        return str(self.post("/v1/projects", {"name": "Elm Street 5"})["id"])

    def plan(self, photos: list[Photo], *, status: int = 201, **defaults: Any) -> Json:
        files = [
            {"filename": photo.name, "content_type": photo.content_type, "size_bytes": len(photo.data)}
            for photo in photos
        ]
        return self.post("/v1/uploads", {"project_id": self.project(), "defaults": defaults, "files": files}, status)

    def upload(self, item: Json, photo: Photo) -> httpx.Response:
        form = item["upload"]
        return httpx.post(form["url"], data=form["fields"], files={"file": photo.data}, timeout=120)

    def stage(self, photos: list[Photo], **defaults: Any) -> Json:
        """Plan and upload; the plan."""
        plan = self.plan(photos, **(defaults or {"room_type": "living_room", "style": "modern"}))
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(self.upload, plan["items"], photos))
        assert {answer.status_code for answer in answers} == {204}, answers[0].text
        return plan

    def finished(self, batch_id: str) -> Json:
        """The batch once nothing in it is in progress."""
        return until(lambda: found if (found := self.batch(batch_id))["status"] != "in_progress" else None)

    def batch(self, batch_id: str) -> Json:
        return self.get(f"/v1/batches/{batch_id}")

    def job(self, job_id: str) -> Json:
        return self.get(f"/v1/jobs/{job_id}")

    def job_in(self, job_id: str, *statuses: str) -> Json:
        return until(lambda: found if (found := self.job(job_id))["status"] in statuses else None)

    def result(self, job_id: str) -> httpx.Response:
        return httpx.get(self.get(f"/v1/jobs/{job_id}/file")["url"])

    def usage(self) -> tuple[int, int, int]:
        """used, reserved, captured: from the table, where the ledger is kept."""
        used = sum(int(row["used"]) for row in self.rows("USAGE#"))
        captured = sum(int(row["captured"]) for row in self.rows("CAPTURED#"))
        return used, used - captured, captured

    def ledger(self) -> dict[str, str]:
        return {str(row["job_id"]): str(row["state"]) for row in self.rows("LEDGER#")}

    def rows(self, prefix: str) -> list[Json]:
        query: Json = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": f"USER#{self.owner}", ":sk": prefix},
            "ConsistentRead": True,
        }
        found: list[Json] = []
        while True:
            answer = table(self.cloud).query(**query)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def until[T](look: Callable[[], T | None]) -> T:
    ends, pause = time.monotonic() + PATIENCE, 0.1
    while time.monotonic() < ends:
        if (found := look()) is not None:
            return found
        time.sleep(pause)
        pause = min(pause * 1.3, 0.5)  # each look costs the processor what is waited for
    raise AssertionError("it did not happen")


def aws(cloud: Cloud, service: str) -> Any:
    make: Any = boto3.client
    return make(service, **_account(cloud))


def table(cloud: Cloud) -> Any:
    return boto3.resource("dynamodb", **_account(cloud)).Table(cloud.table)


def _account(cloud: Cloud) -> Any:
    return {
        "endpoint_url": cloud.aws_endpoint,
        "region_name": cloud.region,
        "aws_access_key_id": cloud.access_key,
        "aws_secret_access_key": cloud.secret_key,
    }


def invoke(cloud: Cloud, function: str, event: Json) -> Json:
    answer = aws(cloud, "lambda").invoke(FunctionName=cloud.functions[function], Payload=json.dumps(event).encode())
    page: Json = json.loads(answer["Payload"].read())
    assert "errorType" not in page, page
    return page


def make_due(cloud: Cloud, owner: str, job_id: str) -> None:
    """Let the time pass until somebody must look at this job."""
    past = "2026-01-01T00:00:00.000000Z"
    table(cloud).update_item(
        Key=keys.job(owner, job_id),
        UpdateExpression="SET due_at = :at, gsi2sk = :sort",
        ConditionExpression="attribute_exists(due_at)",
        ExpressionAttributeValues={":at": past, ":sort": f"{past}#{job_id}"},
    )


def script(cloud: Cloud, *rules: Json, **settings: Any) -> None:
    httpx.post(f"{cloud.replicate}/_script", json={"latency": 0, **settings, "rules": list(rules)}).raise_for_status()


def creations(cloud: Cloud, job_id: str) -> list[Json]:
    """Every paid run that was made for this job."""
    log = httpx.get(f"{cloud.replicate}/_log").json()
    return [each for each in log["creations"] if job_id in str(each)]


@pytest.fixture(scope="session")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud"), free_ports()) as cloud:
        yield cloud


@pytest.fixture
def cloud(shared_cloud: Cloud) -> Iterator[Cloud]:
    script(shared_cloud)
    yield shared_cloud
    script(shared_cloud)


_owners = count(1)


@pytest.fixture
def agent(cloud: Cloud) -> Iterator[Agent]:
    yield from _agent(cloud)


@pytest.fixture
def stranger(cloud: Cloud) -> Iterator[Agent]:
    yield from _agent(cloud)


def _agent(cloud: Cloud) -> Iterator[Agent]:
    owner = f"agent-{next(_owners)}"
    token = access_token(Path(cloud.logs).parent, owner, [])
    with httpx.Client(base_url=cloud.api, headers={"Authorization": f"Bearer {token}"}, timeout=120) as http:
        yield Agent(cloud, owner, http)


def free_ports() -> int:
    """The first of six neighboring ports that nobody has: below those that the system gives to callers, and each
    process looks in places of its own, as others choose at the same time."""
    for attempt in range(200):
        first = 10_000 + (os.getpid() + 611 * attempt) * 6 % 20_000
        if not Ports.starting_at(first).busy():
            return first
    raise AssertionError("no free ports")
