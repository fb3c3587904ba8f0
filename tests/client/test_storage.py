"""Bytes by signed forms and links."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from realstaging_client import Form, Link, StorageError
from tests.support.scripted_transport import Scripted, ok, problem

FRESH = ok(url="https://bucket.example.test/fresh", fields={"key": "k"}, expires_at="2099-01-01T00:00:00Z")
TAKEN = httpx.Response(204)
LINK = Link(url="https://bucket.example.test/result?signature=s")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "kitchen.jpg"
    path.write_bytes(b"a kitchen")
    return path


def form(seconds: float = 900) -> Form:
    expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
    return Form(url="https://bucket.example.test/first", fields={"key": "k", "policy": "p"}, expires_at=expires_at)


def paths(server: Scripted) -> list[str]:
    return [request.url.path for request in server.asked]


def test_a_photo_goes_by_its_form_without_our_token(photo: Path) -> None:
    server, parts = Scripted([TAKEN]), [0.0]
    server.client.send("img_1", form(), photo, "image/jpeg", sent=parts.append)
    (request,) = server.asked
    assert "authorization" not in request.headers
    assert request.content.index(b'name="policy"') < request.content.index(b"a kitchen")
    assert parts[-1] == 1.0


def test_a_form_that_is_too_old_is_not_tried(photo: Path) -> None:
    server = Scripted([FRESH, TAKEN])
    server.client.send("img_1", form(seconds=5), photo, "image/jpeg")
    assert paths(server) == ["/v1/images/img_1/upload-url", "/fresh"]


def test_a_form_that_is_refused_is_replaced_once(photo: Path) -> None:
    server = Scripted([httpx.Response(403), FRESH, TAKEN])
    server.client.send("img_1", form(), photo, "image/jpeg")
    assert paths(server) == ["/first", "/v1/images/img_1/upload-url", "/fresh"]
    with pytest.raises(StorageError):
        Scripted([httpx.Response(403), FRESH, httpx.Response(403)]).client.send("img_1", form(), photo, "image/jpeg")


def test_an_upload_that_breaks_off_is_sent_again_whole(photo: Path) -> None:
    server = Scripted([httpx.WriteError("reset"), httpx.Response(503), TAKEN])
    server.client.send("img_1", form(), photo, "image/jpeg")
    assert [b"a kitchen" in request.content for request in server.asked] == [True, True, True]


def test_a_photo_that_is_no_longer_awaited_is_refused_by_the_api(photo: Path) -> None:
    server = Scripted([problem(409, "image_not_awaiting_upload")])
    with pytest.raises(Exception, match="Because"):
        server.client.send("img_1", None, photo, "image/jpeg")


def test_a_result_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        def some() -> object:
            yield b"half"
            raise httpx.ReadError("reset")

        return httpx.Response(200, content=some())  # type: ignore[arg-type]

    server = Scripted([broken, httpx.Response(200, content=b"all of it")])
    assert server.client.fetch(LINK, tmp_path / "a.jpg") == 9
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    with pytest.raises(StorageError):
        Scripted([httpx.Response(404)]).client.fetch(LINK, tmp_path / "b.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
