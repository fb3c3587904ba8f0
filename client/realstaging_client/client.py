"""The API as methods: typed answers, refusals as ApiError, repeats only where they are harmless."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NotRequired, Self, TypedDict

import httpx

from realstaging_client.errors import ApiError
from realstaging_client.models import (
    Batch,
    Capabilities,
    Form,
    Image,
    Job,
    LedgerEntry,
    Link,
    Project,
    RestageAnswer,
    Ticket,
    UploadAnswer,
    Usage,
    read,
)
from realstaging_client.storage import Sent, Storage
from realstaging_client.transport import Calls, Query

MOST_FILES = 50  # in one request


class Settings(TypedDict, total=False):
    """How to furnish; `style` is short for one of `styles`."""

    room_type: str
    style: str
    styles: list[str]
    prompt: str
    keep_structure: bool
    seed: int
    model: str
    variations: int
    check: str
    mode: str
    size: str
    format: str


class NewFile(TypedDict):
    """A photo to come. `settings` replace the request's defaults key by key; None: store it, stage nothing."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: NotRequired[str]
    settings: NotRequired[Settings | None]


class Client:
    """One account at one server; safe for several threads.

    Every creating call carries an Idempotency-Key, so that a call whose answer was lost is made again without
    a second effect. Who wants that to hold across a crash passes a `key` of their own, written down before.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`sleep` waits between attempts; `transport` is for tests that need no network."""
        self._calls = Calls(base_url, token, sleep, transport)
        self._storage = Storage(sleep, transport)
        self.base_url = self._calls.base_url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._calls.close()
        self._storage.close()

    def capabilities(self) -> Capabilities:
        """What can be chosen: room types and styles."""
        return self._get(Capabilities, "/capabilities")

    # Projects

    def create_project(self, name: str, *, key: str | None = None) -> Project:
        return self._create(Project, "/projects", {"name": name}, key)

    def project(self, project_id: str) -> Project:
        return self._get(Project, f"/projects/{project_id}")

    def projects(self) -> Iterator[Project]:
        """All of them, newest first."""
        return self._pages(Project, "/projects")

    def rename_project(self, project_id: str, name: str) -> Project:
        return _read(Project, self._calls.patch(f"/projects/{project_id}", {"name": name}))

    def delete_project(self, project_id: str) -> None:
        """And everything in it."""
        self._calls.delete(f"/projects/{project_id}")

    # Images

    def images(self, project_id: str) -> Iterator[Image]:
        """All images of a project, newest first, each with its jobs."""
        return self._pages(Image, f"/projects/{project_id}/images")

    def image(self, image_id: str) -> Image:
        return self._get(Image, f"/images/{image_id}")

    def delete_image(self, image_id: str) -> None:
        self._calls.delete(f"/images/{image_id}")

    def plan_uploads(
        self,
        project_id: str,
        files: Sequence[NewFile],
        defaults: Settings | None = None,
        *,
        key: str | None = None,
    ) -> UploadAnswer:
        """Announce up to 50 photos and how to stage them: a form for each, and its jobs."""
        body: dict[str, Any] = {"project_id": project_id, "files": list(files)}
        return self._create(UploadAnswer, "/uploads", body | ({"defaults": defaults} if defaults else {}), key)

    def fresh_form(self, image_id: str) -> Form:
        """Another form for a photo that is still awaited."""
        return _read(Form, self._calls.post(f"/images/{image_id}/upload-url", again=True))

    def send(
        self, image_id: str, form: Form | None, path: Path, content_type: str, *, sent: Sent = lambda _: None
    ) -> None:
        """Upload a photo by its form, or by a fresh one where that is absent, too old or refused."""

        def fresh() -> Form:
            return self.fresh_form(image_id)

        self._storage.send(form or fresh(), path.read_bytes(), content_type, fresh=fresh, sent=sent)

    # Jobs

    def restage(
        self, image_ids: Iterable[str], settings: Settings | None = None, *, key: str | None = None
    ) -> RestageAnswer:
        """Stage up to 50 images that are there already."""
        body: dict[str, Any] = {"items": [{"image_id": image_id} for image_id in image_ids]}
        return self._create(RestageAnswer, "/jobs", body | ({"defaults": settings} if settings else {}), key)

    def job(self, job_id: str) -> Job:
        return self._get(Job, f"/jobs/{job_id}")

    def jobs(
        self,
        *,
        project_id: str | None = None,
        batch_id: str | None = None,
        status: str | None = None,
        style: str | None = None,
        room_type: str | None = None,
    ) -> Iterator[Job]:
        """The newest first; each filter that is given must hold."""
        filters = {"project_id": project_id, "batch_id": batch_id, "status": status}
        return self._pages(Job, "/jobs", filters | {"style": style, "room_type": room_type})

    def cancel(self, job_id: str) -> Job:
        return _read(Job, self._calls.post(f"/jobs/{job_id}/cancel"))

    def retry(self, job_id: str, *, key: str | None = None) -> Job:
        """A new job in place of one that failed or was canceled."""
        return self._create(Job, f"/jobs/{job_id}/retry", None, key)

    def batch(self, batch_id: str) -> Batch:
        return self._get(Batch, f"/batches/{batch_id}")

    def cancel_batch(self, batch_id: str) -> Batch:
        return _read(Batch, self._calls.post(f"/batches/{batch_id}/cancel"))

    def retry_batch(self, batch_id: str, *, key: str | None = None) -> RestageAnswer:
        """New jobs in place of those that failed."""
        return self._create(RestageAnswer, f"/batches/{batch_id}/retry", None, key)

    # Files

    def job_file(self, job_id: str, variant: Literal["staged", "thumbnail"] = "staged") -> Link:
        return self._get(Link, f"/jobs/{job_id}/file", {"variant": variant})

    def image_file(self, image_id: str, variant: Literal["original", "master", "thumbnail"] = "original") -> Link:
        return self._get(Link, f"/images/{image_id}/file", {"variant": variant})

    def fetch(self, link: Link, path: Path) -> int:
        """Download into `path`, all of it or nothing; its size."""
        return self._storage.fetch(link, path)

    # Account

    def usage(self) -> Usage:
        return self._get(Usage, "/account/usage")

    def ledger(self) -> Iterator[LedgerEntry]:
        return self._pages(LedgerEntry, "/account/ledger")

    def ticket(self) -> Ticket:
        """Opens one socket, soon."""
        return _read(Ticket, self._calls.post("/account/socket-tickets"))

    def _get[T](self, shape: type[T], path: str, query: Query | None = None) -> T:
        return _read(shape, self._calls.get(path, query))

    def _create[T](self, shape: type[T], path: str, body: Any, key: str | None) -> T:
        return _read(shape, self._calls.post(path, body, key=key or uuid.uuid4().hex))

    def _pages[T](self, shape: type[T], path: str, query: Query | None = None) -> Iterator[T]:
        cursor: str | None = None
        while True:
            page = self._calls.get(path, {"limit": 100, **(query or {}), "cursor": cursor})
            for item in page["items"]:
                yield _read(shape, item)
            cursor = page.get("next_cursor")
            if cursor is None:
                return


def _read[T](shape: type[T], body: Any) -> T:
    try:
        return read(shape, body)
    except ValueError as error:
        raise ApiError(
            200, {"code": "not_the_api", "title": "The answer cannot be read", "detail": str(error)}
        ) from error
