"""Asking what became of a run: found, not there, or no clear answer, and never a guess."""

import time
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realstaging.gateways.replicate.client import LIST_PAGES, Replicate
from realstaging.gateways.replicate.errors import UnsureError
from tests.support.loopback_server import (
    Exchange,
    Reply,
    Talk,
    hangs_up,
    in_turn,
    never_answers,
    says,
    serving,
    trickles,
)
from tests.support.replicate_gateway import create, gateway, prediction

SINCE = datetime(2026, 11, 20, 11, 59, tzinfo=UTC)
UNTIL = SINCE + timedelta(minutes=5)
MARKER = "job_01K0000000000000000000000A-1"


@pytest.fixture(scope="module")
def _talk() -> Iterator[Talk]:
    with serving(says(200, prediction())) as talk:
        yield talk


@pytest.fixture
def talk(_talk: Talk) -> Talk:
    _talk.asked.clear()
    _talk.reply = says(200, prediction())
    return _talk


@pytest.fixture
def replicate(talk: Talk) -> Iterator[Replicate]:
    with gateway(talk) as replicate:
        yield replicate


def _marked(**given: Any) -> dict[str, Any]:
    name = urllib.parse.quote(f'attachment; filename="{MARKER}.jpg"')
    return prediction(
        input={"image": [f"https://photos.test/m.jpg?response-content-disposition={name}"]}, **{"id": "mine"} | given
    )


def _page(*found: Any, following: str | None = None) -> dict[str, Any]:
    return {"previous": None, "next": following, "results": list(found)}


def test_a_run_is_found_as_it_stands(talk: Talk, replicate: Replicate) -> None:
    talk.reply = says(
        200, prediction(status="succeeded", output=["https://x/1.png"], metrics={"predict_time": 3.2, "other": 1})
    )

    run = replicate.find("p1")

    assert run is not None
    assert (run.status, run.output, run.predict_seconds, run.finished) == ("succeeded", ["https://x/1.png"], 3.2, True)
    assert [asked.path for asked in talk.asked] == ["/v1/predictions/p1"]
    assert "cancel-after" not in talk.asked[0].headers


@pytest.mark.parametrize(
    ("status", "finished"),
    [("succeeded", True), ("failed", True), ("canceled", True), ("aborted", True)]
    + [(status, False) for status in ("starting", "processing", "reviewing", "queued", "")],
)
def test_only_known_ends_are_ends(status: str, finished: bool, talk: Talk, replicate: Replicate) -> None:
    talk.reply = says(200, prediction(status=status))
    run = replicate.find("p1")

    assert run is not None
    assert (run.status, run.finished) == (status, finished)


def test_a_run_that_is_not_there_is_none(talk: Talk, replicate: Replicate) -> None:
    talk.reply = says(404, {"detail": "Not found."})

    assert replicate.find("p1") is None


UNCLEAR: dict[str, Reply] = {
    "401": says(401, {"detail": "no"}),
    "402": says(402, b""),
    "429": says(429, b"", Retry_After="600"),
    "500": says(500, b"oops"),
    "502 as HTML": says(502, b"<html>"),
    "503": says(503, b""),
    "HTML": says(200, b"<html>"),
    "a list": says(200, []),
    "nothing": says(200, b""),
    "hangs up": hangs_up,
}
SLOW: dict[str, Reply] = {
    "never answers": never_answers,
    "trickles": trickles(200, prediction(), pause=0.02, step=12),
}


@pytest.mark.parametrize("reply", UNCLEAR.values(), ids=UNCLEAR)
def test_an_unclear_answer_about_one_run_is_not_an_answer(reply: Reply, talk: Talk, replicate: Replicate) -> None:
    talk.reply = reply

    with pytest.raises(UnsureError):
        replicate.find("p1")
    assert len(talk.asked) == 1


@pytest.mark.parametrize("reply", UNCLEAR.values(), ids=UNCLEAR)
def test_an_unclear_answer_about_recent_runs_is_not_an_answer(reply: Reply, talk: Talk, replicate: Replicate) -> None:
    talk.reply = reply

    with pytest.raises(UnsureError):
        replicate.find_marked(MARKER, SINCE, UNTIL)
    assert len(talk.asked) == 1


@pytest.mark.parametrize("reply", SLOW.values(), ids=SLOW)
def test_a_slow_answer_is_given_up_and_is_not_an_answer(reply: Reply, talk: Talk) -> None:
    talk.reply = reply

    with gateway(talk, seconds=0.15) as replicate:
        with pytest.raises(UnsureError):
            replicate.find("p1")
        replicate.cancel("p1")
    assert talk.count(2) == 2


def test_a_lost_run_is_found_by_what_its_input_carries(talk: Talk, replicate: Replicate) -> None:
    talk.reply = says(200, _page(prediction(id="other"), _marked(status="succeeded")))

    run = replicate.find_marked(MARKER, SINCE, UNTIL)

    assert run is not None
    assert (run.id, run.status) == ("mine", "succeeded")
    asked = urllib.parse.urlsplit(talk.asked[0].path)
    assert asked.path == "/v1/predictions"
    assert urllib.parse.parse_qs(asked.query) == {
        "created_after": ["2026-11-20T11:59:00+00:00"],
        "created_before": ["2026-11-20T12:04:00+00:00"],
    }


@pytest.mark.parametrize("status", ["aborted", "reviewing"])
def test_a_lost_run_is_found_among_states_the_package_does_not_know(
    status: str, talk: Talk, replicate: Replicate
) -> None:
    talk.reply = says(200, _page(prediction(status="reviewing"), _marked(status=status)))
    run = replicate.find_marked(MARKER, SINCE, UNTIL)

    assert run is not None
    assert run.status == status


def test_where_no_input_carries_the_marker_there_is_no_such_run(talk: Talk, replicate: Replicate) -> None:
    another = prediction(input={"image": [f"https://photos.test/m.jpg?{MARKER[:-1]}2.jpg"]})
    talk.reply = says(200, _page(another, prediction(input={}), prediction(input=None)))

    assert replicate.find_marked(MARKER, SINCE, UNTIL) is None


def test_a_lost_run_is_looked_for_on_the_following_pages(talk: Talk, replicate: Replicate) -> None:
    following = f"{talk.url}/v1/predictions?cursor=abc%3D%3D"
    talk.reply = in_turn(says(200, _page(prediction(), following=following)), says(200, _page(_marked())))

    assert replicate.find_marked(MARKER, SINCE, UNTIL)
    assert talk.asked[1].path == "/v1/predictions?cursor=abc%3D%3D"


def test_a_following_page_is_asked_of_the_provider_wherever_it_points(talk: Talk, replicate: Replicate) -> None:
    with serving(says(200, _page(_marked()))) as elsewhere:
        talk.reply = in_turn(says(200, _page(following=f"{elsewhere.url}/v1/predictions?cursor=a")), says(200, _page()))

        assert replicate.find_marked(MARKER, SINCE, UNTIL) is None
        assert elsewhere.asked == []


def test_pages_left_unread_are_not_the_answer_that_there_is_no_run(talk: Talk, replicate: Replicate) -> None:
    talk.reply = says(200, _page(prediction(), following=f"{talk.url}/v1/predictions?cursor=more"))

    with pytest.raises(UnsureError):
        replicate.find_marked(MARKER, SINCE, UNTIL)


def test_looking_for_a_run_ends_after_a_few_pages(talk: Talk, replicate: Replicate) -> None:
    left = [_page(prediction(), following=f"{talk.url}/v1/predictions?cursor={n}") for n in range(50)]
    talk.reply = in_turn(*(says(200, page) for page in left))

    try:
        replicate.find_marked(MARKER, SINCE, UNTIL)
    except UnsureError:
        assert len(talk.asked) >= LIST_PAGES
    assert len(talk.asked) < 50


def test_looking_for_a_run_has_one_deadline_for_all_pages(talk: Talk) -> None:
    """Each page comes in time, all of them together do not."""
    page = says(200, _page(prediction(), following=f"{talk.url}/v1/predictions?cursor=more"))

    def slowly(to: Exchange) -> None:
        time.sleep(0.2)
        page(to)

    talk.reply = says(200, prediction())
    with gateway(talk) as patient:
        patient.find("p1")  # the first call loads the package
    with gateway(talk, seconds=1) as replicate:
        talk.reply = slowly
        with pytest.raises(UnsureError):
            replicate.find_marked(MARKER, SINCE, UNTIL)

    assert 1 < talk.count(2) < 1 + LIST_PAGES


@pytest.mark.parametrize(
    "page", [{}, {"detail": "later"}, {"results": None}, {"results": {}}, {"results": 7}], ids=repr
)
def test_a_list_that_is_none_is_not_an_answer(page: dict[str, Any], talk: Talk, replicate: Replicate) -> None:
    talk.reply = says(200, page)

    with pytest.raises(UnsureError):
        replicate.find_marked(MARKER, SINCE, UNTIL)


def test_strange_things_in_a_list_do_not_hide_the_run(talk: Talk, replicate: Replicate) -> None:
    talk.reply = says(200, _page(None, 7, "x", {}, _marked()))

    assert replicate.find_marked(MARKER, SINCE, UNTIL)


@pytest.mark.parametrize("reply", [says(200, prediction(status="canceled")), *UNCLEAR.values()])
def test_canceling_asks_once_and_never_fails(reply: Reply, talk: Talk, replicate: Replicate) -> None:
    talk.reply = reply
    replicate.cancel("p1")

    assert [(asked.method, asked.path) for asked in talk.asked] == [("POST", "/v1/predictions/p1/cancel")]


def test_a_cancel_carries_no_deadline_of_an_earlier_create(talk: Talk, replicate: Replicate) -> None:
    create(replicate)
    replicate.cancel("p1")

    assert "cancel-after" not in talk.asked[1].headers


def test_one_broken_connection_does_not_spoil_the_next_question(talk: Talk, replicate: Replicate) -> None:
    def once(to: Exchange) -> None:
        hangs_up(to)

    talk.reply = in_turn(once, says(200, prediction(status="succeeded")))
    with pytest.raises(UnsureError):
        replicate.find("p1")

    assert replicate.find("p1")
