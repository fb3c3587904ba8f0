"""The generous limit on all requests of an owner, and the strict one on what makes rows and forms."""

import pytest

from tests.support import factories
from tests.support.fault_injection import watched
from tests.support.http_client import call
from tests.support.steps import ask
from tests.support.world import World

LIMIT = 5


@pytest.fixture
def overrides(overrides: dict[str, object]) -> dict[str, object]:
    return overrides | {"rates": {"creations": 3, "requests": LIMIT, "window_seconds": 3600}}


def test_reads_are_limited_too_and_per_owner(world: World) -> None:
    statuses = [ask(world, "GET", "/v1/projects")[0] for _ in range(LIMIT)]

    status, problem, headers = call(world, "GET", "/v1/projects")

    assert (set(statuses), status, problem["code"]) == ({200}, 429, "rate_limited")
    assert 1 <= int(headers["Retry-After"]) <= 3600
    assert ask(world, "GET", "/v1/projects", owner="bob")[0] == 200
    assert call(world, "GET", "/v1/health", owner=None)[0] == 200


def test_every_function_counts_the_same_requests(world: World) -> None:
    paths = ["/v1/projects", "/v1/account", "/v1/jobs", "/v1/account/usage", "/v1/account/ledger", "/v1/projects"]

    assert [ask(world, "GET", path)[0] for path in paths] == [200] * LIMIT + [429]


def test_a_refused_request_costs_no_write(world: World) -> None:
    for _ in range(LIMIT + 1):
        ask(world, "GET", "/v1/projects")

    with watched(world.table.meta.client, "UpdateItem") as calls:
        assert [ask(world, "GET", "/v1/projects")[0] for _ in range(5)] == [429] * 5

    assert calls == []


def test_tickets_and_upload_forms_count_as_creating_requests(world: World) -> None:
    image, _ = factories.waiting(world)

    first = call(world, "POST", "/v1/account/socket-tickets")
    second = call(world, "POST", f"/v1/images/{image.id}/upload-url")
    third = call(world, "POST", "/v1/account/socket-tickets")
    fourth = call(world, "POST", f"/v1/images/{image.id}/upload-url")

    assert [answer[0] for answer in (first, second, third, fourth)] == [201, 200, 201, 429]
    assert [answer[2]["RateLimit-Remaining"] for answer in (first, second, third, fourth)] == ["2", "1", "0", "0"]
