"""Upload requests planned without a table: what would have been written, and what is answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from realstaging import config
from realstaging.accounts.quota import allowance
from realstaging.gateways.media import Media
from realstaging.idempotency import IdempotentRequest
from realstaging.jobs.builder import RequestContext
from realstaging.models.accounts import User
from realstaging.models.images import Image, PresignedPost
from realstaging.models.jobs import Batch, Job
from realstaging.models.requests import UploadAnswer, UploadRequest
from realstaging.runtime_settings import RequestSettings
from realstaging.stores.batches import BatchStore, Group
from realstaging.stores.idempotency import IdempotencyStore
from realstaging.stores.table import Write
from realstaging.uploads.plan import plan
from tests.support.rows import NOW, TRACE

SETTINGS = config.load("local")
ALICE = User(owner="alice", created_at=NOW, updated_at=NOW)
TERMS = RequestSettings(SETTINGS, allowance(ALICE, SETTINGS, NOW))
ASKED = RequestContext(owner="alice", at=NOW, terms=TERMS, traceparent=TRACE, correlation_id="request-1")
FILE: dict[str, Any] = {"filename": "room.jpg", "content_type": "image/jpeg", "size_bytes": 1000}


class Written(BatchStore):
    """What would have been written, in one go."""

    def __init__(self) -> None:
        self.batch: Batch | None = None
        self.groups: Sequence[Group] = []
        self.limit = -1

    def create(self, batch: Batch, groups: Sequence[Group], *, limit: int, with_it: Sequence[Write] = ()) -> None:
        assert self.batch is None, "one request, one batch"
        self.batch, self.groups, self.limit = batch, groups, limit

    @property
    def images(self) -> list[Image]:
        return [image for image, _ in self.groups]

    @property
    def jobs(self) -> list[Job]:
        return [job for _, jobs in self.groups for job in jobs]


class Forms(Media):
    """Forms that say which image they are for."""

    def __init__(self) -> None: ...

    def upload_form(self, image: Image, at: datetime, *, max_bytes: int, seconds: int) -> PresignedPost:
        fields = {"key": image.id, "most": str(max_bytes)}
        return PresignedPost(url="https://bucket.test/", fields=fields, expires_at=at + timedelta(seconds=seconds))


class Forgetful(IdempotencyStore):
    """Requests without a key are not looked up."""

    def __init__(self) -> None: ...


ONCE = IdempotentRequest(owner="alice", key=None, fingerprint="", at=NOW, store=Forgetful())


def planned(files: list[dict[str, Any]], **given: Any) -> tuple[UploadAnswer, Written]:
    """The answer, and what was written for it."""
    written = Written()
    request = UploadRequest(project_id="prj_1", files=files, **given)
    outcome = plan(request, ASKED, ONCE, batches=written, media=Forms())
    assert isinstance(outcome.body, UploadAnswer)
    expected = 201 if not outcome.body.failed else 207 if outcome.body.succeeded else 422
    assert (outcome.status, outcome.replayed) == (expected, False)
    return outcome.body, written
