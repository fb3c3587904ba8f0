"""The limit on creating requests: told in headers, per owner and window, and of no concern to reads."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.fault_injection import watched
from tests.support.http_client import call
from tests.support.steps import ask, failed, rows_of
from tests.support.world import World

LIMIT = 3


@pytest.fixture
def overrides(overrides: dict[str, object]) -> dict[str, object]:
    return overrides | {"rates": {"creations": LIMIT, "window_seconds": 60}}


@pytest.fixture(autouse=True)
def at_the_start_of_a_window(world: World) -> None:
    world.clock.forward(seconds=60 - world.clock.at.timestamp() % 60)


def create(world: World, owner: str = "alice", **more: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    return call(world, "POST", "/v1/projects", owner=owner, body={"name": "14 Elm Street"}, **more)


def test_every_creating_route_says_where_its_owner_stands_and_they_count_together(world: World) -> None:
    project = factories.project(world)
    image, [job] = factories.queued(world)
    failed(world, job)
    file = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 9}
    bodies: dict[str, Any] = {
        "/v1/projects": {"name": "a"},
        "/v1/uploads": {"project_id": project.id, "files": [file]},
        "/v1/jobs": {"items": [{"image_id": image.id}]},
        f"/v1/jobs/{job.id}/retry": None,
        f"/v1/batches/{job.batch_id}/retry": None,
        "/v1/account/api-keys": {"name": "a"},
    }
    world.clock.forward(seconds=20)

    left = []
    for path, body in bodies.items():
        status, problem, headers = call(world, "POST", path, body=body)
        assert (headers["RateLimit-Limit"], headers["RateLimit-Reset"]) == (str(LIMIT), "40"), path
        left.append(int(headers["RateLimit-Remaining"]))
        assert (status == 429) == (len(left) > LIMIT), (path, problem)

    assert left == [2, 1, 0, 0, 0, 0]


def test_over_the_limit_nothing_is_made_and_the_next_window_begins_anew(world: World) -> None:
    for _ in range(LIMIT):
        assert create(world)[0] == 201
    world.clock.forward(seconds=59)

    status, problem, headers = create(world)

    assert (status, problem["code"], problem["retryable"]) == (429, "rate_limited", True)
    assert (headers["Retry-After"], headers["RateLimit-Remaining"]) == ("1", "0")
    assert len(rows_of(world, "PROJECT#")) == LIMIT
    assert create(world, "bob")[0] == 201
    world.clock.forward(seconds=1)
    assert create(world)[0] == 201
    assert "Retry-After" not in create(world)[2]


def test_a_refusal_counts_and_tells_too(world: World) -> None:
    status, _, headers = call(world, "POST", "/v1/jobs/job_unknown/retry")

    assert (status, headers["RateLimit-Remaining"]) == (404, "2")


def test_reading_is_never_limited_and_costs_no_call_more(world: World) -> None:
    project = factories.project(world)
    path = f"/v1/projects/{project.id}"
    call(world, "GET", path)
    for _ in range(LIMIT + 1):
        create(world)
    client = world.table.meta.client
    names = ["GetItem", "PutItem", "UpdateItem", "TransactWriteItems", "Query", "BatchGetItem"]

    watches = [watched(client, name) for name in names]
    seen = [watch.__enter__() for watch in watches]
    status, _, headers = call(world, "GET", path)
    for watch in watches:
        watch.__exit__(None, None, None)

    assert status == 200
    assert {name: len(calls) for name, calls in zip(names, seen, strict=True) if calls} == {"GetItem": 1}
    assert not [name for name in headers if name.startswith("RateLimit")]
    assert ask(world, "PATCH", path, {"name": "15 Elm Street"})[0] == 200
    assert ask(world, "DELETE", path)[0] == 204


def test_the_counters_rows_go_by_themselves(world: World) -> None:
    create(world)

    [row] = [row for row in world.rows() if row["sk"].startswith("RATE#")]
    assert 60 <= int(row["expires_at"]) - world.clock.at.timestamp() <= 120
