"""WebSocket routes: a ticket opens one socket once; what clients say is answered, whatever it is."""

import json
from datetime import timedelta
from typing import Any

import pytest

from realstaging.stores.connections import ConnectionStore
from tests.support.events import event, request
from tests.support.steps import at_once
from tests.support.world import World


def ticket(world: World, owner: str = "alice") -> str:
    answer = world.run("account_api", request("POST", "/v1/account/socket-tickets", token=world.token(owner)))
    assert answer["statusCode"] == 201
    body = json.loads(answer["body"])
    assert body["url"].endswith(f"?ticket={body['ticket']}")
    return str(body["ticket"])


def connect(world: World, ticket: str, connection: str = "c1=") -> dict[str, Any]:
    answer: dict[str, Any] = world.run("sockets", event("websocket-connect", ticket=ticket, connection_id=connection))
    return answer


def say(world: World, text: str, connection: str = "c1=") -> dict[str, Any]:
    answer = world.run("sockets", event("websocket-default", connection_id=connection, body=text))
    assert answer["statusCode"] == 200
    return world.sockets.sent[connection][-1]


def open_sockets(world: World, owner: str = "alice") -> list[str]:
    return world.open_sockets(owner)


def test_a_ticket_opens_a_socket_of_its_owner(world: World) -> None:
    assert connect(world, ticket(world))["statusCode"] == 200

    assert (open_sockets(world), open_sockets(world, "bob")) == (["c1="], [])


def test_a_ticket_opens_no_second_socket(world: World) -> None:
    once = ticket(world)
    connect(world, once)

    answer = connect(world, once, "c2=")

    assert answer["statusCode"] == 401
    assert json.loads(answer["body"])["code"] == "unauthorized"
    assert open_sockets(world) == ["c1="]


def test_a_ticket_is_stored_hashed(world: World) -> None:
    given_out = ticket(world)

    assert given_out not in json.dumps(world.rows(), default=str)


def test_an_old_ticket_opens_nothing(world: World) -> None:
    old = ticket(world)
    world.clock.forward(seconds=31)

    assert connect(world, old)["statusCode"] == 401
    assert open_sockets(world) == []


@pytest.mark.parametrize("made_up", ["x", "A" * 43, "a" * 5000])
def test_a_made_up_ticket_opens_nothing(world: World, made_up: str) -> None:
    assert connect(world, made_up)["statusCode"] == 401


def test_no_ticket_opens_nothing(world: World) -> None:
    assert world.run("sockets", event("websocket-connect", queryStringParameters={"ticket": None}))["statusCode"] == 401
    assert world.run("sockets", event("websocket-connect", queryStringParameters=None))["statusCode"] == 401


def test_an_access_token_is_no_ticket(world: World) -> None:
    assert connect(world, world.token("alice"))["statusCode"] == 401


def test_at_the_limit_the_oldest_connection_goes(world: World) -> None:
    most = world.settings.sockets.max_per_owner
    for number in range(most):
        at = world.clock.at - timedelta(minutes=90 - number)  # no $disconnect was heard of any of them
        ConnectionStore(world.table).add("alice", f"old{number:02}=", at, 2)

    assert connect(world, ticket(world), "new=")["statusCode"] == 200

    assert open_sockets(world) == ["new=", *(f"old{number:02}=" for number in range(1, most))]
    assert world.sockets.closed == ["old00="]
    [message] = world.sockets.sent["old00="]
    assert (message["type"], message["code"]) == ("error", "too_many_sockets")
    assert connect(world, ticket(world, "bob"), "b1=")["statusCode"] == 200
    assert open_sockets(world, "bob") == ["b1="]


def test_connections_opened_at_once_do_not_pass_the_limit(world: World) -> None:
    most = world.settings.sockets.max_per_owner
    for number in range(most - 1):
        ConnectionStore(world.table).add("alice", f"old{number:02}=", world.clock.at - timedelta(minutes=5), 2)
    tickets = {name: ticket(world) for name in ("n1=", "n2=", "n3=", "n4=")}
    names = iter(tickets)

    at_once(world, 4, lambda process: connect(process, tickets[name := next(names)], name))

    assert len(open_sockets(world)) == most
    assert set(tickets) <= set(open_sockets(world))


def test_a_closed_socket_is_forgotten_once_and_twice(world: World) -> None:
    connect(world, ticket(world))
    connect(world, ticket(world, "bob"), "b1=")

    for _ in range(2):
        answer = world.run("sockets", event("websocket-disconnect", connection_id="c1="))
        assert answer["statusCode"] == 200

    assert (open_sockets(world), open_sockets(world, "bob")) == ([], ["b1="])


def test_hello_tells_who_the_connection_is_and_ping_answers(world: World) -> None:
    connect(world, ticket(world))

    hello, pong = say(world, '{"action": "hello"}'), say(world, '{"action": "ping"}')

    assert (hello["type"], hello["connection_id"]) == ("hello", "c1=")
    assert hello["server_time"].endswith("Z")
    assert pong["type"] == "pong"


@pytest.mark.parametrize(
    "text",
    ["", "hello", "{", "[]", "null", "7", '{"action": null}', '{"action": {}}', '{"action": "jobs"}', "[" * 5000],
)
def test_anything_else_is_answered_with_what_was_wrong(world: World, text: str) -> None:
    assert say(world, text)["type"] == "error"


def test_a_socket_gone_before_its_answer_is_no_failure(world: World) -> None:
    world.sockets.gone.add("c1=")

    answer = world.run("sockets", event("websocket-default", connection_id="c1="))

    assert answer["statusCode"] == 200
