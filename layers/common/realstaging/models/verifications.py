"""Verifications: the picture check of any pair, without a job and without a charge."""

from enum import StrEnum
from typing import Any, Self

from pydantic import AwareDatetime, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from realstaging.models.base import Failure, Frozen, Name, Whole
from realstaging.models.images import PresignedPost
from realstaging.models.picture_checks import ReportView
from realstaging.models.requests import ContentType
from realstaging.models.verdicts import Mode

FILE_FIELDS = ("filename", "content_type", "size_bytes")


class VerificationStatus(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        return self in (self.READY, self.FAILED)


class NewOriginal(Frozen):
    """The photo: an image of yours, or a file to come, announced by `filename`, `content_type` and `size_bytes`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str | None = Field(default=None, min_length=1, max_length=64, description="An image that is `ready`.")
    filename: Name | None = Field(default=None, min_length=1, max_length=255)
    content_type: ContentType | None = Field(default=None, description="As in an upload.")
    size_bytes: Whole | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        ids = [name for name in given if name.endswith("_id")]
        if len(given) == len(ids) == 1 or (not ids and given == list(FILE_FIELDS)):
            return self
        choices = " or ".join(name for name in type(self).model_fields if name.endswith("_id"))
        raise PydanticCustomError("source", f"Give either {choices}, or filename, content_type and size_bytes.")


class NewAltered(NewOriginal):
    """What was made of the photo: a job's result, an image of yours, or a file to come."""

    job_id: str | None = Field(default=None, min_length=1, max_length=64, description="A job that is `ready`.")


class NewVerification(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field(default="staging", description="What was to be done with the photo.")
    original: NewOriginal
    altered: NewAltered


class VerificationView(Frozen):
    """Kept for seven days. Keep the answer with the higher `version`."""

    id: str
    status: VerificationStatus
    mode: Mode
    report: ReportView | None = Field(default=None, description="Once it is `ready`.")
    error: Failure | None = Field(default=None, description="Why it `failed`.")
    created_at: AwareDatetime
    version: int = 1


class UploadForms(Frozen):
    """A form for each file that was announced."""

    original: PresignedPost | None = None
    altered: PresignedPost | None = None


class VerificationAnswer(VerificationView):
    uploads: UploadForms


class Source(Frozen):
    """Where a picture of a verification is: in an image, in a job's result, or else in a file uploaded for it."""

    image_id: str | None = None
    job_id: str | None = None

    @property
    def is_upload(self) -> bool:
        return not (self.image_id or self.job_id)


class Verification(VerificationView):
    """The row. `give_up_at` is when it fails, whatever it waits for; `expires_at` is its time to live, in seconds."""

    owner: str
    original: Source
    altered: Source
    give_up_at: AwareDatetime
    expires_at: int
    due_at: AwareDatetime | None = None
    traceparent: str
    correlation_id: str

    @field_validator("report", mode="before")
    @classmethod
    def _from_json(cls, value: Any) -> Any:
        # Rows hold it as text: the table takes no floats.
        return ReportView.model_validate_json(value) if isinstance(value, str) else value


class VerifyMessage(Frozen):
    """VerifyQueue: look at this verification."""

    owner: str
    verification_id: str
    traceparent: str
    correlation_id: str
