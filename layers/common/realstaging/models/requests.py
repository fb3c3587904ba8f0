"""What clients ask for: uploads and stagings, item by item."""

from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from realstaging.models.base import Frozen, Problem
from realstaging.models.images import ImageView
from realstaging.models.jobs import JobView


class StageSettings(Frozen):
    """How to furnish. Absent keys are taken from the defaults; `style` is short for one of `styles`.

    Without `keep_structure` the prompt is sent as it is, and nothing protects walls and windows: only a plain
    `false` means that.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    room_type: str | None = None
    style: str | None = None
    styles: list[str] | None = Field(default=None, min_length=1, max_length=4)
    prompt: str | None = Field(default=None, min_length=10, max_length=2000)
    keep_structure: bool = Field(default=True, strict=True)
    seed: int | None = Field(default=None, ge=1, le=4294967295)
    model: str | None = None
    variations: int | None = Field(default=None, ge=1, le=4)


ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]


class UploadFile(Frozen):
    """One photo to come. `settings` left out: the defaults; null: store it, stage nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filename: str = Field(min_length=1, max_length=255)
    content_type: ContentType
    size_bytes: int = Field(ge=1)
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    settings: StageSettings | None = None


class UploadRequest(Frozen):
    """1–50 files; each is checked on its own, so that one bad file does not stop the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project_id: str = Field(min_length=1, max_length=64)
    defaults: StageSettings | None = None
    files: list[dict[str, Any]] = Field(min_length=1, max_length=50)


class PresignedPost(Frozen):
    """A form to POST as multipart/form-data, the fields first, the file last."""

    method: Literal["POST"] = "POST"
    url: str
    fields: dict[str, str]
    expires_at: AwareDatetime


class UploadItem(Frozen):
    index: int
    status: int
    image: ImageView | None = None
    upload: PresignedPost | None = None
    jobs: list[JobView] | None = None
    error: Problem | None = None


class UploadAnswer(Frozen):
    batch_id: str | None
    items: list[UploadItem]
    succeeded: int
    failed: int


class RestageItem(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str = Field(min_length=1, max_length=64)
    settings: StageSettings | None = None


class RestageRequest(Frozen):
    """1–50 images to stage (again); each item is checked on its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    defaults: StageSettings | None = None
    items: list[dict[str, Any]] = Field(min_length=1, max_length=50)


class RestagedItem(Frozen):
    """`job` is the first of `jobs`, for requests that ask for one style and one variation."""

    index: int
    status: int
    job: JobView | None = None
    jobs: list[JobView] | None = None
    error: Problem | None = None


class RestageAnswer(Frozen):
    batch_id: str | None
    items: list[RestagedItem]
    succeeded: int
    failed: int
