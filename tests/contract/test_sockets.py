"""WebSocket APIs: through the same workers, and only what was meant for the client (sockets)."""

import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.contract.conftest import Sample, eventually

pytestmark = pytest.mark.contract


def test_a_function_answers_through_the_connection_and_its_return_value_stays_inside(sample: Sample) -> None:
    with connect(sample.socket) as socket:
        socket.send(json.dumps({"do": "nothing"}))
        socket.send(json.dumps({"do": "post", "text": "hello"}))
        assert json.loads(socket.recv(timeout=60))["said"] == "hello"


def test_an_exception_is_not_shown_to_the_client_but_logged(sample: Sample) -> None:
    with connect(sample.socket) as socket:
        socket.send(json.dumps({"do": "raise"}))
        answer = json.loads(socket.recv(timeout=60))
    assert answer["message"] == "Internal server error"
    assert "a secret" not in str(answer)
    assert "a secret of the database" in sample.log("Sockets")


def test_a_connection_that_is_gone_says_so(sample: Sample) -> None:
    with connect(sample.socket) as socket:
        socket.send(json.dumps({"do": "post", "text": "who am I"}))
        connection = json.loads(socket.recv(timeout=60))["connection"]
        sample.connections().post_to_connection(ConnectionId=connection, Data=b'"still here"')
        assert json.loads(socket.recv(timeout=60)) == "still here"
    eventually(lambda: _is_gone(sample, connection))


def _is_gone(sample: Sample, connection: str) -> bool:
    api = sample.connections()
    try:
        api.post_to_connection(ConnectionId=connection, Data=b"anybody?")
    except api.exceptions.GoneException:
        return True
    return False


def test_deleting_a_connection_closes_it(sample: Sample) -> None:
    with connect(sample.socket) as socket:
        socket.send(json.dumps({"do": "post", "text": "who am I"}))
        connection = json.loads(socket.recv(timeout=60))["connection"]
        sample.connections().delete_connection(ConnectionId=connection)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=60)
