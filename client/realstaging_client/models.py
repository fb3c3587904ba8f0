"""What the API answers, typed. Fields this version does not know are left alone, absent ones keep their default."""

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Union


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why something was refused or came to nothing, in words for people."""

    title: str
    detail: str = ""
    code: str = ""
    retryable: bool = False
    errors: list[dict[str, str]] | None = None

    def __str__(self) -> str:
        fields = [f"{each.get('pointer', '')}: {each.get('message', '')}" for each in self.errors or []]
        return " ".join(part for part in (f"{self.title}.", self.detail, *fields) if part)


@dataclass(frozen=True, kw_only=True)
class Project:
    id: str
    name: str = ""
    created_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A delivered result."""

    content_type: str
    width: int
    height: int
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Check:
    """Whether a result still shows the photo's room: `pass`, `review` or `fail`, and why."""

    verdict: str
    score: float = 0.0
    reasons: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    id: str
    status: str
    version: int
    image_id: str = ""
    project_id: str = ""
    batch_id: str = ""
    parent_job_id: str | None = None
    room_type: str | None = None
    style: str | None = None
    prompt: str | None = None
    keep_structure: bool = True
    seed: int | None = None
    mode: str = "staging"
    format: str = "jpg"
    model: str = ""
    attempt: int = 0
    error: Problem | None = None
    charged: bool = False
    cost_usd: Decimal | None = None
    duration_ms: int | None = None
    result: Picture | None = None
    check: Check | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def final(self) -> bool:
        return self.status in ("ready", "failed", "canceled")


@dataclass(frozen=True, kw_only=True)
class Image:
    """`jobs` only where a list of images brings them along."""

    id: str
    status: str
    version: int
    project_id: str = ""
    filename: str = ""
    content_type: str = ""
    size_bytes: int = 0
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    error: Problem | None = None
    jobs: list[Job] | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """A presigned POST: its fields first, the file last."""

    url: str
    fields: dict[str, str]
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class UploadItem:
    """What became of one file: accepted with a form and its jobs, or refused with an error."""

    index: int
    image: Image | None = None
    upload: Form | None = None
    jobs: list[Job] | None = None
    error: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class UploadAnswer:
    batch_id: str | None
    items: list[UploadItem]


@dataclass(frozen=True, kw_only=True)
class RestagedItem:
    index: int
    jobs: list[Job] | None = None
    error: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class RestageAnswer:
    batch_id: str | None
    items: list[RestagedItem]


@dataclass(frozen=True, kw_only=True)
class Batch:
    id: str
    jobs: list[Job]
    status: str = ""
    project_id: str = ""
    counts: dict[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """A signed address, good until it expires."""

    url: str
    expires_at: datetime | None = None
    content_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    url: str = dataclasses.field(repr=False)  # opens a socket for whoever reads it
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Usage:
    plan: str
    limit: int
    used: int
    remaining: int
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    job_id: str
    state: str
    period: str = ""


@dataclass(frozen=True, kw_only=True)
class Option:
    """A room type or a style; a deprecated one still works and maps to another."""

    id: str
    name: str = ""
    deprecated: bool = False
    maps_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    room_types: list[Option]
    styles: list[Option]


def read[T](shape: type[T], data: Mapping[str, Any]) -> T:
    """An answer of this shape. Raises ValueError when something essential is missing or of another kind."""
    hints = _hints(typing.cast(Any, shape))
    try:
        return shape(**{name: _value(hints[name], data[name]) for name in hints if name in data})
    except (TypeError, AttributeError) as error:
        raise ValueError(f"this is no {shape.__name__}") from error


@functools.cache
def _hints(shape: type) -> dict[str, Any]:
    return typing.get_type_hints(shape)


def _value(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        kinds = [each for each in typing.get_args(hint) if each is not types.NoneType]
        return None if value is None else _value(kinds[0], value)
    if origin is list:
        (kind,) = typing.get_args(hint)
        return [_value(kind, each) for each in value]
    if dataclasses.is_dataclass(hint):
        return read(typing.cast(type, hint), value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    return Decimal(value) if hint is Decimal else value
