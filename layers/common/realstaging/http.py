"""The HTTP APIs' edge: who calls, what a body must be, and which refusal everything else becomes."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError, ResponseValidationError
from pydantic import BaseModel

from realstaging.errors import (
    AppError,
    InternalError,
    MalformedRequestError,
    NotFoundError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
from realstaging.identity import Caller
from realstaging.observability import count, follow, log, traceparent
from realstaging.problems import PROBLEM, answer, headers, problem, raw_body
from realstaging.validation import pointer

Event = dict[str, Any]

JSON_TYPES = ("application/json", "application/merge-patch+json")


class Api(APIGatewayHttpResolver):
    """A resolver whose every answer to an error is ours."""

    def __init__(self) -> None:
        super().__init__(enable_validation=True, response_validation_error_http_code=500)
        self.request_id = ""
        self.exception_handler(AppError)(self._refused)
        self.exception_handler(RequestValidationError)(self._invalid)
        self.exception_handler(ResponseValidationError)(self._failed)
        self.exception_handler(ServiceError)(self._routing)
        self.exception_handler(Exception)(self._failed)

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
        return self._refused(NotFoundError("address"))

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
    app.request_id = request_id = str(request.get("requestId", ""))
    sent = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    trace = traceparent(sent.get("traceparent"))
    follow(trace, request_id)
    try:
        known = {} if event.get("rawPath") in public else {"caller": gate(sent.get("authorization", ""))}
        _check_body(event, sent, max_body_bytes)
        app.append_context(trace=trace, **known)  # type: ignore[no-untyped-call]
        reply = app.resolve(event, context)
    except AppError as error:
        log.info("request refused", code=error.code)
        reply = answer(error, request_id)
    except Exception as error:
        reply = answer(fault(error), request_id)
    reply["headers"] = {**reply.get("headers", {}), "X-Request-Id": request_id, "Cache-Control": "no-store"}
    log.info("request answered", method=request.get("http", {}).get("method"), status=reply["statusCode"])
    return reply


def caller(app: Api) -> Caller:
    found = app.context["caller"]
    assert isinstance(found, Caller)
    return found


def created(body: BaseModel, status: HTTPStatus = HTTPStatus.CREATED) -> Response[Any]:
    return Response(status, content_type="application/json", body=body)


def fault(error: Exception) -> InternalError:
    """What a client is told of a fault: nothing but that it was logged."""
    log.exception("request failed", exc_info=error)
    count("RequestFailed")
    return InternalError("It was logged. Try again; if it stays, tell us the request id.")


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
