"""Refusals on the wire, and the raw bytes that signatures are made over."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.api.problems import answer, problem, raw_body
from realstaging.errors import NotFoundError, QuotaExceededError, UnauthorizedError


def test_a_refusal_is_problem_json_with_the_requests_id() -> None:
    reply = answer(NotFoundError("job"), "request-1")
    body = json.loads(reply["body"])

    assert reply["statusCode"] == body["status"] == 404
    assert reply["headers"]["Content-Type"] == "application/problem+json"
    assert reply["headers"]["X-Request-Id"] == body["request_id"] == "request-1"
    assert reply["headers"]["Cache-Control"] == "no-store"
    assert body["type"].endswith("/not_found")
    assert {"title", "detail", "code", "retryable"} <= body.keys()


def test_only_a_missing_token_asks_for_one() -> None:
    assert answer(UnauthorizedError("No."), "")["headers"]["WWW-Authenticate"] == "Bearer"
    assert "WWW-Authenticate" not in answer(NotFoundError("job"), "")["headers"]


def test_a_refusals_own_members_are_part_of_the_problem() -> None:
    shown = problem(QuotaExceededError(limit=10, used=9, requested=2), "r")

    assert (shown["limit"], shown["used"], shown["remaining"], shown["requested"]) == (10, 9, 1, 2)
    assert shown["status"] == 402


@given(st.binary(max_size=200))
def test_a_body_that_came_as_base64_is_its_very_bytes_again(body: bytes) -> None:
    assert raw_body({"body": base64.b64encode(body).decode(), "isBase64Encoded": True}) == body


@given(st.text(max_size=100))
def test_a_body_that_came_as_text_is_its_utf8(body: str) -> None:
    assert raw_body({"body": body, "isBase64Encoded": False}) == body.encode()


@pytest.mark.parametrize("event", [{}, {"body": None}, {"body": ""}, {"body": None, "isBase64Encoded": True}])
def test_no_body_is_no_bytes(event: dict[str, object]) -> None:
    assert raw_body(event) == b""
