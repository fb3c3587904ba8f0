"""The API, as the demo calls it: an access token for us, presigned forms and links for the pictures."""

import io
from collections.abc import Callable
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from local.demo.answers import Batch, Form, Plan, Problem
from local.demo.photos import Photo

TIMEOUT = httpx.Timeout(60, connect=5)
CONNECTS = 2  # tried again that often


class RefusedError(Exception):
    """The other side answered, and the answer was no."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Client:
    def __init__(self, api: str, token: str) -> None:
        self._api = httpx.AsyncClient(
            base_url=f"{api}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT, transport=_transport()
        )
        # Signed links and forms carry their own proof, and must not see our token.
        self._files = httpx.AsyncClient(timeout=TIMEOUT, transport=_transport())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._api.aclose()
        await self._files.aclose()

    async def create_project(self, name: str) -> str:
        project_id: str = (await self._post("/projects", {"name": name}))["id"]
        return project_id

    async def plan(self, project_id: str, style: str, photos: list[Photo]) -> Plan:
        """All photos and their stagings in one call; each is accepted or refused on its own."""
        files = [_file(photo) for photo in photos]
        body = {"project_id": project_id, "defaults": {"style": style}, "files": files}
        return Plan.model_validate(await self._post("/uploads", body))

    async def batch(self, batch_id: str) -> Batch:
        return Batch.model_validate(await self._get(f"/batches/{batch_id}"))

    async def socket_url(self) -> str:
        """An address that opens one socket, soon."""
        url: str = (await self._post("/account/socket-tickets", {}))["url"]
        return url

    async def send(self, form: Form, photo: Photo, sent: Callable[[float], None]) -> None:
        """Upload a photo; `sent` hears how much of it has gone, from 0 to 1."""
        file = _Counted(photo.path.read_bytes(), sent)
        files = {"file": (photo.path.name, file, photo.content_type)}
        answer = await self._files.post(form.url, data=form.fields, files=files)  # httpx puts the file last
        if answer.is_error:
            raise RefusedError(Problem(title="The upload was refused", detail=f"The storage answered {_short(answer)}"))

    async def staged(self, job_id: str) -> bytes:
        return await self._download(f"/jobs/{job_id}/file")

    async def master(self, image_id: str) -> bytes:
        """The photo as it was taken in: an upright JPEG, whatever was uploaded, without its metadata."""
        return await self._download(f"/images/{image_id}/file?variant=master")

    async def _download(self, path: str) -> bytes:
        answer = await self._files.get((await self._get(path))["url"])
        if answer.is_error:
            raise RefusedError(Problem(title="The download failed", detail=f"The storage answered {_short(answer)}"))
        return answer.content

    async def _get(self, path: str) -> Any:
        return _read(await self._api.get(path))

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return _read(await self._api.post(path, json=body))


class _Counted(io.BytesIO):
    def __init__(self, data: bytes, sent: Callable[[float], None]) -> None:
        super().__init__(data)
        self._size, self._sent = len(data), sent

    def read(self, size: int | None = -1, /) -> bytes:
        some = super().read(size)
        self._sent(self.tell() / self._size if self._size else 1.0)
        return some


def _transport() -> httpx.AsyncHTTPTransport:
    """Straight to this machine: a proxy of the environment would not find it."""
    return httpx.AsyncHTTPTransport(retries=CONNECTS)


def _file(photo: Photo) -> dict[str, Any]:
    file = {
        "filename": photo.path.name,
        "content_type": photo.content_type,
        "size_bytes": photo.path.stat().st_size,
    }
    return file | ({"settings": {"room_type": photo.room_type}} if photo.room_type else {})


def _read(answer: httpx.Response) -> Any:
    """The body of a success; of a refusal too when it speaks of each file by itself."""
    body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if answer.is_success or (answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and "items" in body):
        return body
    title = body.get("title") or f"The API answered {_short(answer)}"
    raise RefusedError(Problem(title=title, detail=body.get("detail") or ""))


def _short(answer: httpx.Response) -> str:
    return f"{answer.status_code} {HTTPStatus(answer.status_code).phrase}"
