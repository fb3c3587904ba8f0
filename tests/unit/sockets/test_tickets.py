"""What a socket answers to what a client says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.sockets.tickets import reply

NOW = "2026-11-20T12:00:00.000000Z"


def test_a_ping_is_answered_with_a_pong() -> None:
    assert reply('{"action": "ping"}', "c1", NOW) == {"type": "pong", "server_time": NOW}


def test_a_hello_is_answered_with_who_and_when() -> None:
    assert reply('{"action": "hello"}', "c1", NOW) == {"type": "hello", "connection_id": "c1", "server_time": NOW}


@pytest.mark.parametrize(
    "message",
    [
        "",
        "ping",
        "null",
        "[]",
        '"ping"',
        "{}",
        '{"action": null}',
        '{"action": ["ping"]}',
        '{"action": {"ping": 1}}',
        '{"action": "PING"}',
        '{"Action": "ping"}',
        "[" * 100_000,
    ],
)
def test_anything_else_is_answered_with_what_would_be_right(message: str) -> None:
    answer = reply(message, "c1", NOW)

    assert (answer["type"], answer["code"]) == ("error", "malformed_request")
    assert "ping" in answer["detail"]


@given(st.text(max_size=50))
def test_whatever_a_client_sends_the_answer_is_small_and_repeats_none_of_it(message: str) -> None:
    assert len(json.dumps(reply(message, "c1", NOW))) < 200
