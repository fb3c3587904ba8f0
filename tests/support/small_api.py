"""An API with one photo, whose job is ready as soon as its file is there; it loses sockets and refuses files."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.support.servers import free_port, running


@dataclass
class SmallApi:
    """`drops`: sockets closed after a word of greeting. `tickets_answer`: 201, or what is wrong with sockets."""

    url: str
    photo: Path
    drops: int = 0
    storage_answer: int = 204
    tickets_answer: int = 201
    batch_answer: int = 200
    uploads: list[str] = field(default_factory=list)
    greeted: int = 0
    stuck: bool = False
    says: list[dict[str, Any]] = field(default_factory=list)
    result: Path | None = None

    @property
    def job(self) -> dict[str, Any]:
        there = bool(self.uploads) and not self.stuck
        return {"id": "job_1", "status": "ready" if there else "queued", "version": 1 + there, "model": "some/model"}

    def app(self) -> Starlette:
        routes = [
            Route("/v1/account/socket-tickets", self.ticket, methods=["POST"]),
            Route("/v1/projects", self.projects, methods=["GET"]),
            Route("/v1/projects", self.project, methods=["POST"]),
            Route("/v1/uploads", self.plan, methods=["POST"]),
            Route("/v1/batches/bat_1", self.batch),
            Route("/v1/jobs/job_1/file", self.link),
            Route("/v1/images/img_1/file", self.link),
            Route("/v1/images/img_1/upload-url", self.form, methods=["POST"]),
            Route("/storage", self.store, methods=["POST"]),
            Route("/storage", self.fetch, methods=["GET"]),
            WebSocketRoute("/socket", self.socket),
        ]
        return Starlette(routes=routes)

    async def ticket(self, _: Request) -> Response:
        page = {"url": f"{self.url.replace('http', 'ws')}/socket?ticket=t", "title": "No", "code": "no"}
        return JSONResponse(page, self.tickets_answer)

    async def projects(self, _: Request) -> Response:
        return JSONResponse({"items": [], "next_cursor": None})

    async def project(self, _: Request) -> Response:
        return JSONResponse({"id": "prj_1"}, 201)

    async def plan(self, request: Request) -> Response:
        if (await request.json())["files"][0]["size_bytes"] == 1:
            error = {"title": "The file is too small", "detail": "It has one byte."}
            return JSONResponse({"batch_id": None, "items": [{"index": 0, "error": error}]}, 422)
        image = {"id": "img_1", "status": "awaiting_upload", "version": 1}
        item = {"index": 0, "image": image, "upload": self._form(), "jobs": [self.job]}
        return JSONResponse({"batch_id": "bat_1", "items": [item]}, 201)

    async def form(self, _: Request) -> Response:
        return JSONResponse(self._form())

    def _form(self) -> dict[str, Any]:
        return {"url": f"{self.url}/storage", "fields": {"key": "uploads/1"}}

    async def store(self, request: Request) -> Response:
        assert "authorization" not in request.headers
        if self.storage_answer == 204:
            assert re.findall(rb'; name="(\w+)"', await request.body()) == [b"key", b"file"]
            self.uploads.append("uploads/1")
        return Response(status_code=self.storage_answer)

    async def fetch(self, _: Request) -> Response:
        return FileResponse(self.result or self.photo)

    async def link(self, _: Request) -> Response:
        return JSONResponse({"url": f"{self.url}/storage"})

    async def batch(self, _: Request) -> Response:
        page = {"id": "bat_1", "jobs": [self.job], "title": "Log in", "code": "unauthorized"}
        return JSONResponse(page, self.batch_answer)

    async def socket(self, socket: WebSocket) -> None:
        """Says hello and what the test has for it, and never that anything happened."""
        await socket.accept()
        try:
            await socket.receive_text()
            self.greeted += 1
            await socket.send_json({"type": "hello"})
            for message in self.says:
                await socket.send_json(message)
            if self.drops:
                self.drops -= 1
                while not self.uploads:  # so that what happened is known to the batch alone
                    await asyncio.sleep(0.01)
                await socket.close(1001)
            await socket.receive_text()
        except WebSocketDisconnect:
            return


@contextmanager
def small_api(folder: Path) -> Iterator[SmallApi]:
    photo = folder / "bedroom.jpg"
    Image.effect_noise((90, 60), 50).save(photo)
    port = free_port()
    api = SmallApi(f"http://127.0.0.1:{port}", photo)
    config = uvicorn.Config(api.app(), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)
    with running(uvicorn.Server(config)):
        yield api
