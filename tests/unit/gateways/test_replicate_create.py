"""Starting a paid run: one request, whatever comes back, and the right conclusion from it."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from realstaging.gateways.replicate.client import Replicate
from realstaging.gateways.replicate.errors import (
    AccountError,
    ModelRefusedError,
    NotTakenError,
    RefusedError,
    UnsureError,
)
from tests.support.loopback_server import (
    Exchange,
    Reply,
    Talk,
    hangs_up,
    never_answers,
    says,
    serving,
    trickles,
    writes,
)
from tests.support.replicate_gateway import MODEL, TOKEN, create, gateway, prediction


@pytest.fixture(scope="module")
def _talk() -> Iterator[Talk]:
    with serving(says(201, prediction())) as talk:
        yield talk


@pytest.fixture
def talk(_talk: Talk) -> Talk:
    _talk.asked.clear()
    _talk.reply = says(201, prediction())
    return _talk


@pytest.fixture
def replicate(talk: Talk) -> Iterator[Replicate]:
    with gateway(talk) as replicate:
        yield replicate


def test_a_run_is_started_with_a_webhook_for_its_end_and_a_deadline(talk: Talk, replicate: Replicate) -> None:
    run = create(replicate, cancel_after=90)
    (asked,) = talk.asked

    assert (run.id, run.status, run.finished) == ("p1", "starting", False)
    assert (asked.method, asked.path) == ("POST", "/v1/predictions")
    assert asked.headers["cancel-after"] == "90s"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.json() == {
        "version": MODEL,
        "input": {"prompt": "a sofa", "image": ["https://photos.test/master.jpg?X-Amz-Signature=abc"]},
        "webhook": "https://api.example.test/v1/webhooks/replicate/job_1/1?owner=alice",
        "webhook_events_filter": ["completed"],
    }


def test_a_pinned_version_is_named(talk: Talk, replicate: Replicate) -> None:
    create(replicate, version="a" * 64)

    assert talk.asked[0].json()["version"] == f"{MODEL}:{'a' * 64}"


def test_without_a_webhook_none_is_asked_for(talk: Talk, replicate: Replicate) -> None:
    create(replicate, webhook=None)

    assert talk.asked[0].json().keys() == {"version", "input"}


def test_we_never_ask_the_provider_to_keep_us_waiting(talk: Talk, replicate: Replicate) -> None:
    create(replicate)

    assert "prefer" not in talk.asked[0].headers


def test_each_run_has_its_own_deadline(talk: Talk, replicate: Replicate) -> None:
    for seconds in (60, 600):
        create(replicate, cancel_after=seconds)

    assert [asked.headers["cancel-after"] for asked in talk.asked] == ["60s", "600s"]


NOT_TAKEN: dict[str, tuple[Reply, type[Exception], str]] = {
    "402": (says(402, {"title": "Insufficient credit"}), AccountError, "out of credit"),
    "403": (says(403, b"no"), ModelRefusedError, "status 403"),
    "404": (says(404, {"detail": "no such model"}), ModelRefusedError, "no such model"),
    "410": (says(410, {"detail": "gone"}), ModelRefusedError, "status 410"),
    "400 for a model": (says(400, {"detail": "The model does not exist."}), ModelRefusedError, "status 400"),
    "422 for a version": (says(422, {"title": "Invalid version or not permitted"}), ModelRefusedError, "Invalid"),
    "429": (says(429, {"detail": "Request was throttled."}), NotTakenError, "throttled"),
    "429 as HTML": (says(429, b"<html>slow down</html>"), NotTakenError, "throttled"),
    "400": (says(400, {"detail": "bad"}), RefusedError, "status 400"),
    "422": (says(422, {"detail": "seed: wrong"}), RefusedError, "seed: wrong"),
    "422 as a list": (says(422, [1, 2]), RefusedError, "status 422"),
}


@pytest.mark.parametrize(("reply", "expected", "words"), NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_a_run_that_was_certainly_not_taken_is_known_as_such_after_one_request(
    reply: Reply, expected: type[Exception], words: str, talk: Talk, replicate: Replicate
) -> None:
    talk.reply = reply

    with pytest.raises(expected, match=words) as refused:
        create(replicate)

    assert type(refused.value) is expected
    assert len(talk.asked) == 1


UNSURE: dict[str, Reply] = {
    "500": says(500, {"detail": "oops"}),
    "502 as HTML": says(502, b"<html>Bad Gateway</html>"),
    "503": says(503, b""),
    "503 with Retry-After": says(503, b"", Retry_After="1"),
    "504": says(504, b""),
    "a redirect": says(307, b"", Location="/v1/elsewhere"),
    "hangs up": hangs_up,
    "HTML": says(201, b"<html>welcome</html>"),
    "a list": says(201, [prediction()]),
    "a text": says(201, b'"p1"'),
    "null": says(201, b"null"),
    "nothing": says(201, b""),
    "an empty object": says(201, {}),
    "cut off": writes(b"HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n{"),
    "not HTTP": writes(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "not what it says": says(201, b"not gzip at all", Content_Encoding="gzip"),
    "too much": says(201, b"[" + b" " * (8 * 1024 * 1024) + b"]"),
}


@pytest.mark.parametrize("reply", UNSURE.values(), ids=UNSURE)
def test_a_run_that_may_have_been_taken_is_unsure_and_never_asked_for_twice(reply: Reply, talk: Talk) -> None:
    talk.reply = reply

    with gateway(talk) as replicate, pytest.raises(UnsureError):
        create(replicate)

    assert len(talk.asked) == 1


@pytest.mark.parametrize(
    "reply", [never_answers, trickles(201, prediction(), pause=0.02, step=12)], ids=["silence", "trickle"]
)
def test_a_slow_answer_is_given_up_and_the_run_is_unsure(reply: Reply, talk: Talk) -> None:
    talk.reply = reply

    with gateway(talk, seconds=0.15) as replicate, pytest.raises(UnsureError, match="ReadTimeout"):
        create(replicate)

    assert talk.count() == 1


def test_where_nobody_listens_nothing_was_taken() -> None:
    with serving(says(200)) as gone:
        pass

    with gateway(gone) as replicate, pytest.raises(NotTakenError, match="no connection"):
        create(replicate)


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        ({}, {"Retry-After": "7"}, 7),
        ({"retry_after": 9}, {"Retry-After": "7"}, 7),
        ({"retry_after": 9}, {}, 9),
        ({"retry_after": 2.5, "detail": "resets in ~30s"}, {}, 2.5),
        ({"detail": "Request was throttled. Your rate limit resets in ~30s."}, {}, 30),
        ({"detail": "Expected available in 1 second."}, {}, None),
        ({"detail": None}, {}, None),
        ({"retry_after": "soon"}, {}, None),
        ({"retry_after": 3}, {"Retry-After": "Fri, 20 Nov 2026 12:00:00 GMT"}, 3),
        ({"retry_after": 3}, {"Retry-After": "-1"}, 3),
        ([], {}, None),
        ({}, {"Retry-After": "0"}, 0),
        ({}, {"Retry-After": "86400"}, 60),
        ({"retry_after": 1e300}, {}, 60),
        ({"detail": "resets in ~99999999999s"}, {}, 60),
    ],
    ids=repr,
)
def test_when_to_come_back_is_taken_from_the_answer_and_capped(
    body: Any, headers: dict[str, str], wait: float | None, talk: Talk
) -> None:
    talk.reply = says(429, body, **headers)

    with gateway(talk, most_wait=60) as replicate, pytest.raises(NotTakenError) as refused:
        create(replicate)

    assert refused.value.retry_after == wait


@pytest.mark.parametrize("status", ["aborted", "reviewing", "", "SUCCEEDED", None])
def test_a_state_the_package_does_not_know_is_still_an_answer(
    status: str | None, talk: Talk, replicate: Replicate
) -> None:
    talk.reply = says(201, prediction(status=status))

    run = create(replicate)

    assert run.id == "p1"
    assert run.finished == (status == "aborted")


def test_an_answer_that_lacks_what_the_package_wants_is_still_an_answer(talk: Talk, replicate: Replicate) -> None:
    talk.reply = says(201, {"id": "p1", "status": "starting"})

    assert create(replicate).id == "p1"


def test_an_answer_is_never_taken_for_the_next_ones(talk: Talk, replicate: Replicate) -> None:
    create(replicate)
    talk.reply = says(201, b"<html>")

    with pytest.raises(UnsureError):
        create(replicate)


@pytest.mark.parametrize("reply", [*(each[0] for each in NOT_TAKEN.values()), *list(UNSURE.values())[:6]])
def test_no_refusal_carries_the_token(reply: Reply, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    talk.reply = reply

    with (
        caplog.at_level(logging.DEBUG),
        gateway(talk) as replicate,
        pytest.raises((NotTakenError, RefusedError, UnsureError)) as refused,
    ):
        create(replicate)

    chain: list[BaseException | None] = [refused.value]
    while chain[-1] is not None:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    assert not any(TOKEN in f"{each} {each!r}" for each in chain)
    assert TOKEN not in caplog.text


def test_the_token_is_fetched_at_the_first_call_and_not_before(talk: Talk) -> None:
    fetched: list[str] = []

    def token() -> str:
        fetched.append(TOKEN)
        return TOKEN

    replicate = Replicate(token, talk.url, timeout_seconds=60, max_retry_after=300)
    assert fetched == []
    create(replicate)
    create(replicate)
    replicate.close()

    assert len(fetched) == 1


def test_the_token_can_be_fetched_before_anything_is_begun(talk: Talk) -> None:
    def missing() -> str:
        raise RuntimeError("no token")

    replicate = Replicate(missing, talk.url, timeout_seconds=60, max_retry_after=300)

    with pytest.raises(RuntimeError, match="no token"):
        replicate.prepare()


def test_a_token_that_is_refused_is_fetched_anew_and_tried_once_more(talk: Talk) -> None:
    tokens = ["r8_old"]

    def reply(exchange: Exchange) -> None:
        old = exchange.headers["authorization"].endswith("r8_old")
        (says(401, {"detail": "no"}) if old else says(201, prediction()))(exchange)

    talk.reply = reply
    replicate = _with_tokens(talk, tokens)

    create(replicate)
    replicate.close()

    assert [asked.headers["authorization"].split()[1] for asked in talk.asked] == ["r8_old", "r8_new"]


def test_a_fresh_token_that_is_refused_too_is_the_accounts_fault(talk: Talk) -> None:
    talk.reply = says(401, {"detail": "no"})
    replicate = _with_tokens(talk, ["r8_old"])

    with pytest.raises(AccountError, match="status 401"):
        create(replicate)
    replicate.close()

    assert len(talk.asked) == 2


def _with_tokens(talk: Talk, tokens: list[str]) -> Replicate:
    return Replicate(
        lambda: tokens[0],
        talk.url,
        timeout_seconds=60,
        max_retry_after=300,
        refused=lambda: tokens.insert(0, "r8_new"),
    )
