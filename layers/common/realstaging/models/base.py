"""What every model is made of."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from realstaging.errors import AppError


class Frozen(BaseModel):
    # Built on first use: a cold start needs few of them.
    model_config = ConfigDict(frozen=True, defer_build=True)


class Failure(Frozen):
    """Why an image or a job came to nothing."""

    code: str
    title: str
    detail: str
    retryable: bool

    @classmethod
    def of(cls, error: AppError) -> Self:
        return cls(code=error.code, title=error.title, detail=error.detail, retryable=error.retryable)


class Problem(Frozen):
    """The refusal of one item; the others are not touched by it."""

    code: str
    title: str
    detail: str
    retryable: bool = False
    errors: list[dict[str, str]] | None = None

    @classmethod
    def of(cls, error: AppError, errors: list[dict[str, str]] | None = None) -> Self:
        return cls(code=error.code, title=error.title, detail=error.detail, retryable=error.retryable, errors=errors)


def view[V: BaseModel](shape: type[V], row: BaseModel, **more: Any) -> V:
    """The public part of a row."""
    return shape.model_validate({name: getattr(row, name) for name in shape.model_fields if hasattr(row, name)} | more)
