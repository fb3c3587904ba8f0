"""The catalogue says all there is: every refusal, its status and its code, once."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from realstaging import errors
from realstaging.errors import AppError, QuotaExceededError, ValidationFailedError
from realstaging.models.base import Failure

# The codes that docs and clients count on, in this part of the product.
PROMISED = {
    "malformed_request": 400,
    "unauthorized": 401,
    "quota_exceeded": 402,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "image_not_ready": 409,
    "job_not_ready": 409,
    "job_not_cancelable": 409,
    "job_not_retryable": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "validation_failed": 422,
    "idempotency_key_reused": 422,
    "upload_expired": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "provider_unavailable": 503,
}


def _below(error: type[AppError]) -> Iterator[type[AppError]]:
    for each in error.__subclasses__():
        yield each
        yield from _below(each)


ALL = [each for each in _below(AppError) if each.__module__ == errors.__name__]


def test_no_refusal_is_defined_outside_the_catalogue() -> None:
    assert {each.__module__ for each in _below(AppError)} == {errors.__name__}


def test_codes_are_unique_and_readable() -> None:
    codes = [each.code for each in ALL]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_the_docstring_draws_exactly_the_tree_there_is() -> None:
    drawn = {}
    parents = [AppError.__name__]
    for line in (errors.__doc__ or "").splitlines():
        if found := re.fullmatch(r"([│ ]*)[├└]─ (\w+) +(\d{3})  (\w+)", line):
            depth = len(found[1]) // 3
            parents[depth + 1 :] = [found[2]]
            drawn[found[2]] = (parents[depth], int(found[3]), found[4])

    assert drawn == {each.__name__: (each.__mro__[1].__name__, int(each.status), each.code) for each in ALL}


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_refusal_has_an_error_status_and_a_title_for_people(error: type[AppError]) -> None:
    assert isinstance(error.status, HTTPStatus)
    assert error.status >= 400
    assert error.title
    assert error.title[0].isupper()
    assert not error.title.endswith(".")
    assert error.__name__.endswith("Error")


@pytest.mark.parametrize(("code", "status"), PROMISED.items())
def test_every_promised_code_exists_with_its_status(code: str, status: int) -> None:
    assert {int(each.status) for each in ALL if each.code == code} == {status}


def test_a_refusal_speaks_for_itself() -> None:
    error = errors.JobNotReadyError("The job is queued.", job_id="job_1")

    assert str(error) == error.detail == "The job is queued."
    assert error.members == {"job_id": "job_1"}


@pytest.mark.parametrize(("used", "remaining"), [(3, 7), (10, 0), (12, 0)])
def test_an_exceeded_quota_says_what_is_left_and_never_less_than_nothing(used: int, remaining: int) -> None:
    error = QuotaExceededError(limit=10, used=used, requested=8)

    assert error.members == {"limit": 10, "used": used, "remaining": remaining, "requested": 8}
    assert f"{remaining} of 10 left" in error.detail


@pytest.mark.parametrize(("count", "words"), [(1, "1 field is not valid"), (2, "2 fields are not valid")])
def test_a_validation_failure_counts_its_fields(count: int, words: str) -> None:
    problems = [{"pointer": f"/{index}", "message": "No."} for index in range(count)]
    error = ValidationFailedError(problems)

    assert words in error.detail
    assert error.members == {"errors": problems}


def test_a_jobs_failure_carries_the_refusals_own_words() -> None:
    error = errors.OutputUnusableError("The result was no picture.")

    assert Failure.of(error) == Failure(
        code="output_unusable", title=error.title, detail="The result was no picture.", retryable=True
    )
