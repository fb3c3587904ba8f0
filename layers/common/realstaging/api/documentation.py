"""Documentation of a route for the API reference, and parameters that many routes share."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DIGITS = re.compile("[0-9]{1,10}")


def _only_digits(sent: Any) -> Any:
    """Python's int() would also accept `1_0`, ` 5 ` and `+5`."""
    if isinstance(sent, str) and not _DIGITS.fullmatch(sent):
        raise PydanticCustomError("digits", "Give a whole number, in digits.")
    return sent


Digits = BeforeValidator(_only_digits)

Limit = Annotated[int, Query(ge=1, le=100, description="Objects per page."), Digits]
Cursor = Annotated[str | None, Query(max_length=100, description="A `next_cursor` of this list.")]
Seconds = Annotated[int, Query(ge=60, le=3600, description="How many seconds the URL is good for, at most."), Digits]
Download = Annotated[
    Literal["0", "1"], Query(description="`1`: browsers save the file under a name instead of showing it.")
]
ProjectId = Annotated[str, Path(description="The project.")]
ImageId = Annotated[str, Path(description="The image.")]
JobId = Annotated[str, Path(description="The job.")]
VerificationId = Annotated[str, Path(description="The verification.")]
BatchId = Annotated[str, Path(description="The batch.")]

GONE = {204: "It is gone. Files follow within a day; what was used stays used; work in flight is canceled."}
ITEMS = "`items` keeps the request's order; each item has its own `status`, and `error` if it was refused."
PEOPLE = "Only with an access token of the caller's own: an API key is refused with 403."


def describe(
    tag: str,
    operation_id: str,
    summary: str,
    answers: Mapping[int, str],
    description: str = "",
    *,
    codes: tuple[str, ...] = (),
    creates: bool = False,
    counted: bool = False,
    itemized: bool = False,
    content_type: str = "application/json",
    path: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Keyword arguments for `@app.get(…)` and the like; `make docs` writes them into the OpenAPI document.

    `answers`: the successes by status. `codes`: refusals of this route only, beside those of every route.
    `creates`: takes an Idempotency-Key and counts against the limit on creating requests. `counted`: only counts.
    `itemized`: answers item by item, also when no item succeeded. `path`: parameters of a route without a resolver.
    """
    extension = {
        "answers": answers,
        "codes": codes,
        "creates": creates,
        "counted": counted,
        "itemized": itemized,
        "content_type": content_type,
        "path": path or {},
    }
    return {
        "tags": [tag],
        "operation_id": operation_id,
        "summary": summary,
        "description": description,
        "openapi_extensions": {"x-realstaging": extension},
    }
