"""What the client does when the server or the line does not."""

import httpx
import pytest

from realstaging_client import ApiError, Client, UnreachableError
from realstaging_client.transport import ATTEMPTS
from tests.support.scripted_transport import Scripted, ok, problem

PROJECT = ok(201, id="prj_1", name="Elm Street 5", a_field_of_next_year=1)
LOST = httpx.ReadError("connection reset")


@pytest.mark.parametrize("trouble", [problem(429, retry_after=7), problem(503), problem(500), LOST])
def test_a_creating_call_is_made_again_with_the_same_key(trouble: httpx.Response | Exception) -> None:
    server = Scripted([trouble, trouble, PROJECT])
    assert server.client.create_project("Elm Street 5").id == "prj_1"
    assert len(server.asked) == 3
    assert len(set(server.keys)) == 1
    assert server.keys[0]


def test_two_calls_have_two_keys() -> None:
    server = Scripted([PROJECT])
    server.client.create_project("a")
    server.client.create_project("a")
    assert len(set(server.keys)) == 2


def test_the_server_says_how_long_to_wait() -> None:
    server = Scripted([problem(429, retry_after=7), PROJECT])
    server.client.create_project("a")
    assert 7 <= server.slept[0] < 8


def test_a_server_that_asks_for_too_long_is_told_to_the_caller() -> None:
    server = Scripted([problem(429, retry_after=3600)])
    with pytest.raises(ApiError) as caught:
        server.client.create_project("a")
    assert (caught.value.status, caught.value.retry_after, server.slept) == (429, 3600, [])


def test_it_is_not_tried_for_ever() -> None:
    server = Scripted([problem(503)])
    with pytest.raises(ApiError):
        server.client.usage()
    assert len(server.asked) == ATTEMPTS


def test_a_server_that_is_away_is_unreachable_and_the_message_holds_no_token() -> None:
    server = Scripted([httpx.ConnectError("refused")])
    with pytest.raises(UnreachableError) as caught:
        server.client.usage()
    assert "api.example.test" in str(caught.value)
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize("trouble", [problem(503), LOST])
def test_what_might_happen_twice_is_not_tried_again(trouble: httpx.Response | Exception) -> None:
    server = Scripted([trouble])
    with pytest.raises((ApiError, UnreachableError)):
        server.client.cancel("job_1")
    assert len(server.asked) == 1


def test_a_refusal_says_everything_the_server_said() -> None:
    errors = [{"pointer": "/defaults/style", "message": "'baroque' is not one of: modern."}]
    server = Scripted([problem(422, "validation_failed", errors=errors, request_id="req-1")])
    with pytest.raises(ApiError) as caught:
        server.client.create_project("a")
    error = caught.value
    assert (error.status, error.code, error.request_id, error.errors) == (422, "validation_failed", "req-1", errors)
    assert str(error) == "No. Because. /defaults/style: 'baroque' is not one of: modern."
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "page", [httpx.Response(200, text="<html>"), httpx.Response(200, json={}), ok(nothing="of it"), ok(id=None)]
)
def test_an_address_that_is_not_the_api_is_told_so(page: httpx.Response) -> None:
    with pytest.raises(ApiError) as caught:
        Scripted([page]).client.usage()
    assert caught.value.code == "not_the_api"


def test_an_answer_about_each_file_is_an_answer_even_when_all_are_refused() -> None:
    page = {"batch_id": None, "items": [{"index": 0, "error": {"title": "Too small"}}]}
    answer = Scripted([httpx.Response(422, json=page)]).client.plan_uploads("prj_1", [])
    assert answer.items[0].error
    assert answer.items[0].error.title == "Too small"


def test_all_pages_of_a_list_are_read() -> None:
    server = Scripted([
        ok(items=[{"id": "prj_2"}], next_cursor="more"), ok(items=[{"id": "prj_1"}], next_cursor=None)
    ])  # fmt: skip
    assert [project.id for project in server.client.projects()] == ["prj_2", "prj_1"]
    assert server.asked[1].url.params["cursor"] == "more"


def test_the_address_may_be_given_with_its_version() -> None:
    server = Scripted([PROJECT])
    server.client.project("prj_1")
    assert str(server.asked[0].url) == "https://api.example.test/v1/projects/prj_1"


def test_jobs_are_asked_for_by_each_filter_that_is_given() -> None:
    server = Scripted([ok(200, items=[], next_cursor=None)])
    assert list(server.client.jobs(style="modern", room_type="bedroom")) == []
    assert {"style": "modern", "room_type": "bedroom"}.items() <= dict(server.asked[0].url.params).items()
    assert "status" not in server.asked[0].url.params


def test_a_closed_client_says_so_in_its_own_words() -> None:
    client = Client("http://127.0.0.1:9", "token")
    client.close()

    with pytest.raises(UnreachableError, match="closed"):
        client.usage()
