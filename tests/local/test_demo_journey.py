"""The demo against an API that loses sockets and refuses files: every photo ends, with its result or a reason."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from local.demo import journey
from local.demo.client import Client
from local.demo.journey import stage
from local.demo.photos import chosen
from local.demo.shots import Board, Step
from tests.local.running import free_port, running


@dataclass
class Api:
    """One photo, whose job is ready as soon as its file is there. `drops`: sockets closed after a word of greeting."""

    url: str
    photo: Path
    drops: int = 0
    storage_answer: int = 204
    uploads: list[str] = field(default_factory=list)
    result: Path | None = None

    @property
    def job(self) -> dict[str, Any]:
        there = bool(self.uploads)
        return {"id": "job_1", "status": "ready" if there else "queued", "version": 1 + there, "model": "some/model"}

    def app(self) -> Starlette:
        routes = [
            Route("/v1/account/socket-tickets", self.ticket, methods=["POST"]),
            Route("/v1/projects", self.project, methods=["POST"]),
            Route("/v1/uploads", self.plan, methods=["POST"]),
            Route("/v1/batches/bat_1", self.batch),
            Route("/v1/jobs/job_1/file", self.link),
            Route("/v1/images/img_1/file", self.link),
            Route("/storage", self.store, methods=["POST"]),
            Route("/storage", self.fetch, methods=["GET"]),
            WebSocketRoute("/socket", self.socket),
        ]
        return Starlette(routes=routes)

    async def ticket(self, _: Request) -> Response:
        return JSONResponse({"url": f"{self.url.replace('http', 'ws')}/socket?ticket=t"}, 201)

    async def project(self, _: Request) -> Response:
        return JSONResponse({"id": "prj_1"}, 201)

    async def plan(self, request: Request) -> Response:
        if (await request.json())["files"][0]["size_bytes"] == 1:
            error = {"title": "The file is too small", "detail": "It has one byte."}
            return JSONResponse({"batch_id": None, "items": [{"index": 0, "error": error}]}, 422)
        image = {"id": "img_1", "status": "awaiting_upload", "version": 1}
        form = {"url": f"{self.url}/storage", "fields": {"key": "uploads/1"}}
        item = {"index": 0, "image": image, "upload": form, "jobs": [self.job]}
        return JSONResponse({"batch_id": "bat_1", "items": [item]}, 201)

    async def store(self, request: Request) -> Response:
        assert "authorization" not in request.headers
        if self.storage_answer == 204:
            assert re.findall(rb'name="(\w+)"', await request.body()) == [b"key", b"file"]
            self.uploads.append("uploads/1")
        return Response(status_code=self.storage_answer)

    async def fetch(self, _: Request) -> Response:
        return FileResponse(self.result or self.photo)

    async def link(self, _: Request) -> Response:
        return JSONResponse({"url": f"{self.url}/storage"})

    async def batch(self, _: Request) -> Response:
        return JSONResponse({"id": "bat_1", "jobs": [self.job]})

    async def socket(self, socket: WebSocket) -> None:
        """Says hello, and never that anything happened."""
        await socket.accept()
        try:
            await socket.receive_text()
            await socket.send_json({"type": "hello"})
            if self.drops:
                self.drops -= 1
                while not self.uploads:  # so that what happened is known to the batch alone
                    await asyncio.sleep(0.01)
                await socket.close(1001)
            await socket.receive_text()
        except WebSocketDisconnect:
            return


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    photo = tmp_path / "bedroom.jpg"
    Image.effect_noise((90, 60), 50).save(photo)
    port = free_port()
    api = Api(f"http://127.0.0.1:{port}", photo)
    config = uvicorn.Config(api.app(), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)
    with running(uvicorn.Server(config)):
        yield api


def staged(api: Api, folder: Path) -> Board:
    async def all_of_it() -> Board:
        board = Board(chosen([api.photo]), lambda _: None)
        async with Client(api.url, "token") as client:
            await stage(client, board, project="Demo", style="modern", folder=folder)
        return board

    return asyncio.run(all_of_it())


def test_after_a_lost_socket_the_batch_is_read_again(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "READ_EVERY", 3600.0)
    api.drops = 1
    board = staged(api, tmp_path)
    assert board.shots[0].step is Step.READY
    assert board.reads > 0


def test_where_nothing_is_pushed_reading_finds_the_end(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journey, "READ_EVERY", 0.01)
    board = staged(api, tmp_path)
    assert board.shots[0].step is Step.READY
    assert board.shots[0].result is not None
    assert board.shots[0].result.path.read_bytes() == api.photo.read_bytes()
    assert (tmp_path / "bedroom-before.jpg").exists()


def test_an_upload_that_is_refused_fails_the_photo_with_a_reason(api: Api, tmp_path: Path) -> None:
    api.storage_answer = 403
    board = staged(api, tmp_path)
    assert str(board.shots[0].reason) == "The upload was refused. The storage answered 403 Forbidden"


def test_a_file_refused_in_the_plan_fails_with_the_words_of_the_api(api: Api, tmp_path: Path) -> None:
    api.photo.write_bytes(b"x")
    board = staged(api, tmp_path)
    assert str(board.shots[0].reason) == "The file is too small. It has one byte."


def test_a_result_of_another_shape_fails_the_photo(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "READ_EVERY", 0.01)
    api.result = tmp_path / "square.jpg"
    Image.new("RGB", (64, 64)).save(api.result)
    board = staged(api, tmp_path)
    assert board.shots[0].step is Step.FAILED
    assert board.shots[0].reason is not None
    assert board.shots[0].reason.title == "The result has another aspect ratio"


def test_when_nothing_moves_any_more_it_gives_up(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "READ_EVERY", 0.01)
    monkeypatch.setattr(journey, "PATIENCE", 0.0)
    monkeypatch.setattr(Api, "job", {"id": "job_1", "status": "queued", "version": 1, "model": "some/model"})
    board = staged(api, tmp_path)
    assert board.shots[0].reason is not None
    assert board.shots[0].reason.title == "Nothing happened any more"
