"""What every model is made of."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from realstaging.errors import AppError

# C0 and C1 controls, line and paragraph separators, and what has the property Bidi_Control: in a name they hide
# what is written, or turn it around. Joiners and marks stay: scripts and emoji need them.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def _plain(name: str) -> str:
    if found := _HIDDEN.search(name):
        raise PydanticCustomError(
            "hidden_character",
            "Leave out control and bidirectional characters: this has U+{code}.",
            {"code": f"{ord(found[0]):04X}"},
        )
    return name


Name = Annotated[str, AfterValidator(_plain)]
"""One line of visible text, in any script."""
Whole = Annotated[int, Field(strict=True)]
"""A whole number, and neither a text nor true."""


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
