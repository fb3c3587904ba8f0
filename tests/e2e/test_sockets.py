"""Live status on a socket: complete, in order, and nobody else's."""

import json
import re
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.e2e.conftest import Agent, Json, until
from tests.support.photos import room

# Ours is 401; what a gateway makes of a refused $connect is its own.
REFUSALS = (401, 403)

pytestmark = pytest.mark.e2e


def opened(agent: Agent) -> ClientConnection:
    ticket = agent.post("/v1/account/socket-tickets")
    assert ticket["url"] == f"{agent.cloud.socket}?ticket={ticket['ticket']}"
    return connect(ticket["url"])


def received(socket: ClientConnection, seconds: float = 0.5) -> list[Json]:
    messages = []
    while True:
        try:
            messages.append(json.loads(socket.recv(timeout=seconds)))
        except TimeoutError:
            return messages


def test_every_status_arrives_in_order_and_at_no_other_owner(agent: Agent, stranger: Agent) -> None:
    with opened(agent) as mine, opened(agent) as second, opened(stranger) as theirs:
        plan = agent.stage([room()])
        agent.finished(plan["batch_id"])
        messages = received(mine)
        jobs = [each["job"] for each in messages if each["type"] == "job.updated"]
        assert [job["status"] for job in jobs] == ["queued", "processing", "ready"]
        assert [job["version"] for job in jobs] == sorted(job["version"] for job in jobs)
        assert jobs[-1] == agent.job(plan["items"][0]["jobs"][0]["id"])
        images = [each["image"]["status"] for each in messages if each["type"] == "image.updated"]
        assert images == ["ready"]
        assert [each["usage"]["used"] for each in messages if each["type"] == "usage.updated"] == [1]
        assert sorted(map(str, received(second))) == sorted(map(str, messages))
        assert received(theirs) == []


def test_a_ticket_opens_one_socket_once(agent: Agent) -> None:
    url = agent.post("/v1/account/socket-tickets")["url"]
    with connect(url):
        assert refused(url) in REFUSALS
    assert refused(re.sub("ticket=.*", "ticket=made-up", url)) in REFUSALS
    assert refused(url.split("?")[0]) in REFUSALS


def test_a_socket_answers_pings_and_says_hello(agent: Agent) -> None:
    with opened(agent) as socket:
        for sent, expected in (('{"action": "hello"}', "hello"), ('{"action": "ping"}', "pong"), ("nonsense", "error")):
            socket.send(sent)
            assert json.loads(socket.recv(timeout=60))["type"] == expected


def test_a_closed_socket_is_forgotten(agent: Agent) -> None:
    with opened(agent) as socket:
        socket.send('{"action": "hello"}')
        socket.recv(timeout=60)
        assert len(agent.rows("SOCKET#")) == 1
    until(lambda: not agent.rows("SOCKET#") or None)


def refused(url: str) -> Any:
    with pytest.raises(InvalidStatus) as caught, connect(url):
        pass
    return caught.value.response.status_code
