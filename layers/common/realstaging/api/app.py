"""The HTTP APIs' edge: who calls, what a body must be, and which refusal everything else becomes."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError, ResponseValidationError
from aws_lambda_powertools.shared.json_encoder import Encoder
from pydantic import BaseModel

from realstaging.accounts.identity import Caller
from realstaging.api.problems import PROBLEM, answer, headers, problem, raw_body
from realstaging.config import Rates
from realstaging.errors import (
    AppError,
    ForbiddenError,
    InternalError,
    MalformedRequestError,
    NotFoundError,
    PayloadTooLargeError,
    RateLimitedError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
from realstaging.idempotency import IdempotentRequest, RequestResult, begun, checked, fingerprint
from realstaging.jobs.builder import RequestContext
from realstaging.observability import count, follow, log, traceparent
from realstaging.rate_limit import ask
from realstaging.runtime_settings import RequestSettings
from realstaging.stores.idempotency import IdempotencyStore
from realstaging.stores.rate_limits import RateStore
from realstaging.validation import pointer

Event = dict[str, Any]

JSON_TYPES = ("application/json", "application/merge-patch+json")


@dataclass(frozen=True, slots=True)
class RateLimiter:
    """What routes that create need: the limit on them, and the memory of their answers."""

    limits: Rates
    rates: RateStore
    answers: IdempotencyStore


class Api(APIGatewayHttpResolver):
    """A resolver whose every answer to an error is ours."""

    def __init__(self, creations: RateLimiter | None = None) -> None:
        super().__init__(enable_validation=True, response_validation_error_http_code=500, serializer=_compact)
        self.request_id = self.trace = ""
        self.reply_headers: dict[str, str] = {}
        self._caller: Caller | None = None
        self._creations = creations
        self.exception_handler(AppError)(self._refused)
        self.exception_handler(RequestValidationError)(self._invalid)
        self.exception_handler(ResponseValidationError)(self._failed)
        self.exception_handler(ServiceError)(self._routing)
        self.exception_handler(Exception)(self._failed)

    def begin(self, request_id: str, trace: str, caller: Caller | None) -> None:
        self.request_id, self.trace, self._caller, self.reply_headers = request_id, trace, caller, {}

    @property
    def owner(self) -> str:
        """Whose request this is."""
        assert self._caller is not None, "a public route has no caller"
        return self._caller.owner

    def require_user_token(self) -> None:
        """Raises ForbiddenError for a request with an API key."""
        if self._caller and self._caller.program:
            raise ForbiddenError("API keys may not do that: use an access token of your own.")

    def counted(self, at: datetime) -> None:
        """A request that changes something, counted. Raises RateLimitedError."""
        assert self._creations is not None, "this API has no creating routes"
        made = self._creations
        standing = ask(self.owner, at, made.limits, store=made.rates)
        self.reply_headers |= standing.headers
        if standing.exceeded:
            raise RateLimitedError(f"At most {standing.limit} creating requests; wait {standing.reset} s.")

    def once(self, at: datetime) -> IdempotentRequest:
        """A creating request, counted, with the first answer to its key if there was one.

        Raises RateLimitedError, and ValidationFailedError for an unusable Idempotency-Key.
        """
        self.counted(at)
        assert self._creations is not None
        event = self.current_event
        key = checked(event.headers.get("idempotency-key"))
        asked = fingerprint(event.http_method, event.path, event.json_body if event.body else None)
        return begun(self.owner, key, asked, at, store=self._creations.answers)

    def asked(self, once: IdempotentRequest, terms: RequestSettings) -> RequestContext:
        return RequestContext(once.owner, once.at, terms, self.trace, self.request_id, once.seed)

    def _refused(self, error: AppError) -> Response[Any]:
        log.info("request refused", code=error.code)
        body = json.dumps(problem(error, self.request_id))
        return Response(int(error.status), content_type=PROBLEM, body=body, headers=headers(error))

    def _invalid(self, error: RequestValidationError) -> Response[Any]:
        found = error.errors()
        if any(each["type"] == "json_invalid" for each in found):
            return self._refused(MalformedRequestError("The body is not valid JSON."))
        # The first part of a location says where it was looked for: body, query, path.
        return self._refused(
            ValidationFailedError([{"pointer": pointer(each["loc"][1:]), "message": each["msg"]} for each in found])
        )

    def _routing(self, error: ServiceError) -> Response[Any]:
        if error.status_code >= 500:
            return self._failed(error)
        return self._refused(NotFoundError("address", where=""))

    def _failed(self, error: Exception) -> Response[Any]:
        return self._refused(fault(error))


def serve(
    app: Api,
    event: Event,
    context: Any,
    *,
    gate: Callable[[str], Caller],
    public: frozenset[str] = frozenset(),
    max_body_bytes: int = 64 * 1024,
) -> dict[str, Any]:
    """Answer one request. Every route asks the gate for its caller, unless it is listed as public.

    The gate comes before the router on purpose: the resolver validates bodies before its own
    middlewares run, and a stranger must learn nothing from a 422.
    """
    request = event.get("requestContext", {})
    request_id = str(request.get("requestId", ""))
    sent = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    trace = traceparent(sent.get("traceparent"))
    follow(trace, request_id)
    try:
        known = None if event.get("rawPath") in public else gate(sent.get("authorization", ""))
        app.begin(request_id, trace, known)
        _check_body(event, sent, max_body_bytes)
        # Only we know of merge patches; to the resolver they are JSON.
        reply = app.resolve(
            event | {"headers": sent | ({"content-type": JSON_TYPES[0]} if event.get("body") else {})}, context
        )
        reply["headers"] = {**reply.get("headers", {}), **app.reply_headers}
    except AppError as error:
        log.info("request refused", code=error.code)
        reply = answer(error, request_id)
    except Exception as error:
        reply = answer(fault(error), request_id)
    reply["headers"] = {"Cache-Control": "no-store", **reply.get("headers", {}), "X-Request-Id": request_id}
    reply["body"] = reply.get("body") or ""  # null says the same, but not every gateway takes it
    reply = _unless_known(reply, request.get("http", {}).get("method"), sent.get("if-none-match", ""))
    log.info("request answered", method=request.get("http", {}).get("method"), status=reply["statusCode"])
    return reply


def created(body: BaseModel) -> Response[Any]:
    return Response(HTTPStatus.CREATED, content_type="application/json", body=body)


def answered(outcome: RequestResult) -> Response[Any]:
    """What a creating request is answered with; a repeat says that it is one."""
    headers = {"Idempotent-Replayed": "true"} if outcome.replayed else {}
    return Response(outcome.status, content_type="application/json", body=outcome.body, headers=headers)


def gone() -> Response[Any]:
    """Deleted: nothing to say."""
    return Response(HTTPStatus.NO_CONTENT, body="")


def fault(error: Exception) -> InternalError:
    """What a client is told of a fault: nothing but that it was logged."""
    log.exception("request failed", exc_info=error)
    count("RequestFailed")
    return InternalError("It was logged. Try again; if it stays, tell us the request id.")


def _compact(body: Any) -> str:
    """Letters as they are: escaped, the prompts of a large batch could outgrow what Lambda may answer."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, cls=Encoder)


def _unless_known(reply: dict[str, Any], method: str, known: str) -> dict[str, Any]:
    """An ETag on everything that can be read, and 304 for who has it already."""
    if method != "GET" or reply["statusCode"] != HTTPStatus.OK:
        return reply
    tag = f'"{hashlib.sha256(str(reply.get("body")).encode()).hexdigest()[:32]}"'
    headers = reply["headers"] | {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")) or known.strip() == "*":
        return {"statusCode": 304, "headers": headers, "body": "", "isBase64Encoded": False}
    return reply | {"headers": headers}


def _check_body(event: Event, sent: dict[str, str], most: int) -> None:
    if not event.get("body"):
        return
    if len(str(event["body"])) > most * 4 // 3 + 4 or len(body := raw_body(event)) > most:
        raise PayloadTooLargeError(f"A request body holds at most {most} bytes.")
    if sent.get("content-type", "").split(";")[0].strip().lower() not in JSON_TYPES:
        raise UnsupportedMediaTypeError("Send JSON, with Content-Type: application/json.")
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequestError("The body is not valid JSON.") from error
