"""Images, alone and with their jobs."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from realstaging.models.base import Failure, Frozen
from realstaging.models.jobs import JobView


class ImageStatus(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    READY = "ready"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Advice(Frozen):
    """A fact about a photo that often spoils a staging. `code`: `very_dark`, `blurred` or `small_window`."""

    code: str
    detail: str


class ImageView(Frozen):
    """A photo. Keep the answer with the higher `version`."""

    id: str
    project_id: str
    filename: str
    status: ImageStatus
    content_type: str = Field(description="As announced; once it is `ready`, what the bytes are.")
    size_bytes: int
    width: int | None = Field(default=None, description="Upright, in pixels; known once it is `ready`.")
    height: int | None = None
    sha256: str | None = Field(default=None, description="Of the original bytes; known once it is `ready`.")
    error: Failure | None = None
    advice: list[Advice] = Field(
        default_factory=list, description="What may spoil a staging, seen when the file came; never a refusal."
    )
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int = 1


class ImageWithJobs(ImageView):
    jobs: list[JobView] = Field(
        description="Newest first; of an image with very many jobs the newest 100. `GET /v1/jobs?image_id=` has all."
    )


class Image(ImageView):
    """`waiting_jobs` start when the file is there; `upload_by` is when we stop waiting for it."""

    owner: str
    waiting_jobs: list[str] = Field(default_factory=list)
    upload_by: AwareDatetime
    due_at: AwareDatetime | None = None
    announced_sha256: str | None = None
    master_width: int | None = None
    master_height: int | None = None
    traceparent: str
    correlation_id: str


class ImagePage(Frozen):
    items: list[ImageWithJobs]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")


class PresignedPost(Frozen):
    """A form to send as multipart/form-data: the `fields` first, then the photo as `file`."""

    method: Literal["POST"] = "POST"
    url: str
    fields: dict[str, str]
    expires_at: AwareDatetime = Field(
        description="When storage begins to answer 403; then ask for a fresh form. Perhaps sooner than usual: a form "
        "ends with the session that signed it."
    )


class FileView(Frozen):
    url: str
    expires_at: AwareDatetime = Field(
        description="When the URL ends: as asked for, or sooner, with the session that signed it. Storage answers 403 "
        "from then on; ask for another one."
    )
    content_type: str
