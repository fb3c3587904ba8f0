"""News by socket and by reading: complete, in order of version, whatever the socket does."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from realstaging_client import ApiError, Batch, Client, Follower, Image, Job, follow
from tests.support.small_api import SmallApi, small_api

NEVER = 3600.0
News = queue.Queue[Job | Image | ApiError]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[SmallApi]:
    with small_api(tmp_path) as api:
        yield api


@pytest.fixture
def client(api: SmallApi) -> Iterator[Client]:
    with Client(api.url, "token", sleep=lambda _: None) as client:
        yield client


def follower(client: Client, news: News, **pace: float) -> Follower:
    follower = Follower(client, news.put, lost=news.put, **pace)
    follower.watch("bat_1")
    return follower


def statuses(news: News, last: str) -> list[str]:
    found: list[str] = []
    while last not in found:
        heard = news.get(timeout=120)
        assert isinstance(heard, Job)
        found.append(heard.status)
    return found


def test_once_greeted_the_batch_is_read(api: SmallApi, client: Client) -> None:
    news: News = queue.Queue()
    with follower(client, news, read_every=NEVER):
        assert statuses(news, "queued") == ["queued"]


def test_after_a_lost_socket_the_batch_is_read_again(api: SmallApi, client: Client) -> None:
    api.drops, news = 1, News()
    with follower(client, news, read_every=NEVER, poll_every=NEVER) as following:
        statuses(news, "queued")
        api.uploads.append("uploads/1")
        assert statuses(news, "ready") == ["ready"]
        assert following.reads >= 2


def test_a_push_of_an_older_version_is_not_news(api: SmallApi, client: Client) -> None:
    def said(status: str, version: int) -> dict[str, object]:
        return {"type": "job.updated", "job": {"id": "job_1", "status": status, "version": version, "new_field": 1}}

    api.says = [said("processing", 5), said("queued", 4), said("ready", 6)]
    news: News = queue.Queue()
    with follower(client, news, read_every=NEVER):
        assert statuses(news, "ready") == ["queued", "processing", "ready"]


def test_what_cannot_be_understood_is_let_pass(api: SmallApi, client: Client) -> None:
    api.says = [{"type": "of next year"}, {}, {"type": "job.updated"}, {"type": "job.updated", "job": {"id": 1}},
                {"type": "image.updated", "image": {"id": "img_1", "status": "ready", "version": 2}}]  # fmt: skip
    news: News = queue.Queue()
    with follower(client, news, read_every=NEVER):
        statuses(news, "queued")
        heard = news.get(timeout=120)
        assert isinstance(heard, Image)


def test_a_client_that_is_closed_under_the_last_look_is_no_fault(api: SmallApi) -> None:
    """The end of the `with` does not wait for what the thread does; an unhandled error there would fail this test."""
    client = Client(api.url, "token", sleep=lambda _: None)
    looks, closed = threading.Event(), threading.Event()
    read = client.batch

    def late(batch_id: str) -> Batch:
        looks.set()
        assert closed.wait(120)
        return read(batch_id)

    client.batch = late  # type: ignore[method-assign]
    with follower(client, News(), read_every=NEVER):
        assert looks.wait(120)
    client.close()
    closed.set()

    for thread in threading.enumerate():
        if thread.name == "follower":
            thread.join()


def test_where_no_socket_opens_reading_does(api: SmallApi, client: Client) -> None:
    api.tickets_answer, news = 503, News()
    with follower(client, news, poll_every=0.01) as following:
        statuses(news, "queued")
        api.uploads.append("uploads/1")
        statuses(news, "ready")
        assert not following.greeted.is_set()
        assert following.pushes == 0


@pytest.mark.parametrize("refused", ["tickets_answer", "batch_answer"])
def test_a_refusal_that_no_patience_mends_ends_it(api: SmallApi, client: Client, refused: str) -> None:
    setattr(api, refused, 401)
    news: News = queue.Queue()
    with follower(client, news):
        heard = news.get(timeout=120)
        assert isinstance(heard, ApiError)
        assert heard.status == 401


def test_a_batch_is_followed_until_its_jobs_have_ended(api: SmallApi, client: Client) -> None:
    api.tickets_answer = 503
    seen = []
    for job in follow(client, "bat_1"):
        seen.append(job.status)
        api.uploads.append("uploads/1")
    assert seen == ["queued", "ready"]


def test_a_socket_that_a_newer_one_replaced_is_not_opened_again(api: SmallApi, client: Client) -> None:
    api.says = [{"type": "error", "code": "too_many_sockets", "detail": "At most 20."}]
    api.drops, news = 5, News()
    with follower(client, news, read_every=NEVER, poll_every=0.01):
        statuses(news, "queued")
        api.uploads.append("uploads/1")
        statuses(news, "ready")
    assert api.drops >= 4
