"""Refusals in the reference: one real example of each, from the catalogue itself, and the responses they make."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from realstaging import errors
from realstaging.api.problems import PROBLEM, problem
from realstaging.errors import AppError, PhotoError, StagingError
from tools.reference.headers import used

Json = dict[str, Any]
REQUEST_ID = "YbLF4ik5oAMEJkw="

SAMPLES: tuple[AppError, ...] = (
    errors.MalformedRequestError("The body is not valid JSON."),
    errors.UnauthorizedError("Send a valid access token: Authorization: Bearer <token>."),
    errors.QuotaExceededError(limit=100, used=96, requested=8),
    errors.TooManyCanceledRunsError(100),
    errors.PaymentDeclinedError("The card does not cover the amount. Use another card, or try again later."),
    errors.ForbiddenError("This account is being deleted."),
    errors.NotFoundError("project"),
    errors.MethodNotAllowedError(["GET", "HEAD", "OPTIONS", "POST"]),
    errors.ConflictError("The images changed while this was prepared. Try again."),
    errors.ImageNotReadyError("The image is awaiting_upload; it has a file once it is ready."),
    errors.ImageNotAwaitingError("The image is ready: upload it again as a new image."),
    errors.JobNotReadyError("The job is processing; it has a file once it is ready."),
    errors.VerificationNotReadyError("The verification is processing; it has an overlay once it is ready."),
    errors.JobNotCancelableError("The job is ready already."),
    errors.JobNotRetryableError("The job is ready; only failed and canceled jobs can be tried again."),
    errors.TooManyWaitingError("At most 32 jobs for one image at once. Send the others when these have started."),
    errors.TooManyApiKeysError("At most 20 API keys per account. Revoke one first."),
    errors.OwnRoleError("Another administrator can change your role."),
    errors.ModelNotEnableableError("openai/gpt-image-1 needs a secret that is not set: openai_api_key."),
    errors.ModelIsDefaultError("qwen/qwen-image-edit-2511 is the default. Make another model the default first."),
    errors.ModelDisabledError("google/nano-banana is not enabled. Enable it first."),
    errors.SecretNotKeptError("Earlier values of a secret are not kept. Write the one that you want."),
    errors.BillingStateError("It has changed meanwhile. Read your subscription again."),
    errors.CustomerGoneError("Stripe does not know this customer any more."),
    errors.SubscriptionExistsError("Change its plan with PATCH /v1/billing/subscription."),
    errors.NoSubscriptionError("Choose a plan with POST /v1/billing/checkout first."),
    errors.NoCustomerError("Choose a plan with POST /v1/billing/checkout first."),
    errors.VersionConflictError("The profile was changed meanwhile. Read it again and repeat."),
    errors.PayloadTooLargeError("A request body holds at most 1048576 bytes."),
    errors.UnsupportedMediaTypeError("Send JSON, with Content-Type: application/json."),
    errors.ValidationFailedError([{"pointer": "/name", "message": "String should have at least 1 character"}]),
    errors.IdempotencyKeyReusedError("This Idempotency-Key was used for another request. Choose a new one."),
    errors.RateLimitedError("At most 120 creating requests; wait 17 s."),
    errors.TooManySocketsError("At most 20 sockets per account: a newer one took this place."),
    errors.InternalError("It was logged. Try again; if it stays, tell us the request id."),
    errors.ProviderUnavailableError("Sign-in cannot be checked at the moment. Try again in a minute."),
    errors.BillingNotSetUpError(),
)
HEADERS_OF = {
    "unauthorized": ("WWW-Authenticate",),
    "method_not_allowed": ("Allow",),
    "rate_limited": ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
}
BY_CODE = {error.code: error for error in SAMPLES}


def catalogue(below: type[AppError] = AppError) -> Iterator[type[AppError]]:
    """Every refusal there is, the most general first."""
    for each in below.__subclasses__():
        yield each
        yield from catalogue(each)


def failure_codes() -> list[str]:
    """What an image or a job can come to nothing of; no request is ever answered with these."""
    return [error.code for error in catalogue() if issubclass(error, PhotoError | StagingError)]


def example(code: str) -> Json:
    return problem(BY_CODE[code], REQUEST_ID)


def examples() -> Json:
    """For components: one per code."""
    return {code: {"summary": BY_CODE[code].title, "value": example(code)} for code in BY_CODE}


def answers() -> Json:
    """For components: what a request can be answered with when only one code stands behind a status."""
    return {_name(code): _response([code]) for code in BY_CODE}


def responses(codes: Iterable[str]) -> Iterator[tuple[str, Json]]:
    """One per status, with every code it can carry."""
    chosen = sorted(set(codes), key=lambda code: (int(BY_CODE[code].status), list(BY_CODE).index(code)))
    for status, same in groupby(chosen, key=lambda code: int(BY_CODE[code].status)):
        found = list(same)
        alone = {"$ref": f"#/components/responses/{_name(found[0])}"}
        yield str(status), alone if len(found) == 1 else _response(found)


def joined(answer: Json, refusal: Json) -> Json:
    """A status that may be an answer item by item, or a refusal of the whole."""
    if "$ref" in refusal:
        refusal = answers()[refusal["$ref"].rsplit("/", 1)[1]]
    text = f"{answer['description']} Or the request as a whole was refused. {refusal['description']}"
    return answer | {"description": text, "content": answer["content"] | refusal["content"]}


def _response(codes: list[str]) -> Json:
    narrowed = {"status": {"const": int(BY_CODE[codes[0]].status)}, "code": {"enum": codes}}
    return {
        "description": " ".join(f"`{code}`: {BY_CODE[code].title}." for code in codes),
        "headers": used("X-Request-Id", *(name for code in codes for name in HEADERS_OF.get(code, ()))),
        "content": {
            PROBLEM: {
                "schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, {"properties": narrowed}]},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


def _name(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("_"))
