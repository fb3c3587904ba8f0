"""The HTTP edge: authentication, rate limits, routing, and errors as problem+json."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError, ResponseValidationError
from aws_lambda_powertools.shared.json_encoder import Encoder
from pydantic import BaseModel

from realstaging.accounts.identity import Caller
from realstaging.api import openapi
from realstaging.api.bodies import JSON_TYPES, check_body
from realstaging.api.problems import PROBLEM, answer, headers, problem
from realstaging.api.scopes import check_scope
from realstaging.config import Settings
from realstaging.errors import (
    AppError,
    InternalError,
    MalformedRequestError,
    MethodNotAllowedError,
    NotFoundError,
    RateLimitedError,
    ValidationFailedError,
)
from realstaging.idempotency import IdempotentRequest, RequestResult, check_key, fingerprint, load_request
from realstaging.observability import count, join, log, request_answered
from realstaging.rate_limit import RequestCounter, ask
from realstaging.stores.idempotency import IdempotencyStore
from realstaging.stores.rate_limits import RateStore
from realstaging.validation import pointer

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

Event = dict[str, Any]


class Api(APIGatewayHttpResolver):
    """A resolver that answers every error with problem+json."""

    def __init__(self, settings: Settings, table: "Table") -> None:
        super().__init__(enable_validation=True, response_validation_error_http_code=500, serializer=_compact)
        self.request_id = self.trace = ""
        self.reply_headers: dict[str, str] = {}
        self._caller: Caller | None = None
        self.limits, self._rates = settings.rates, RateStore(table)
        self._requests = RequestCounter(settings.rates, self._rates)
        self._answers = IdempotencyStore(table)
        self.exception_handler(AppError)(self._refused)
        self.exception_handler(RequestValidationError)(self._invalid)
        self.exception_handler(ResponseValidationError)(self._failed)
        self.exception_handler(ServiceError)(self._routing)
        self.exception_handler(Exception)(self._failed)

    def begin(self, request_id: str, trace: str, caller: Caller | None) -> None:
        """Start a request. Raises RateLimitedError for a caller that has sent too many."""
        self.request_id, self.trace, self._caller, self.reply_headers = request_id, trace, caller, {}
        if caller:
            self._requests.add(caller.owner, datetime.now(UTC))

    @property
    def owner(self) -> str:
        """The caller's owner id."""
        assert self._caller is not None, "a public route has no caller"
        return self._caller.owner

    def count_creation(self, at: datetime) -> None:
        """Count a request that creates or changes something. Raises RateLimitedError."""
        state = ask(self.owner, at, self.limits, store=self._rates)
        self.reply_headers |= state.headers
        if state.exceeded:
            raise RateLimitedError(f"At most {state.limit} creating requests; wait {state.reset} s.")

    def idempotent(self, at: datetime) -> IdempotentRequest:
        """The current request as a creating one: counted, and with the stored answer to its key.

        Raises RateLimitedError, and ValidationFailedError for an unusable Idempotency-Key.
        """
        self.count_creation(at)
        event = self.current_event
        key = check_key(event.headers.get("idempotency-key"))
        digest = fingerprint(event.http_method, event.path, event.json_body if event.body else None)
        return load_request(self.owner, key, digest, at, store=self._answers)

    @property
    def routes(self) -> list[Route]:
        """Every route of this function."""
        return [*self._static_routes, *self._dynamic_routes]

    def routes_at(self, path: str) -> dict[str, str]:
        """The routes of this function that fit a path: their patterns by method."""
        return {str(route.method): route.path for route in self.routes if route.rule.match(path)}

    def _refused(self, error: AppError) -> Response[Any]:
        log.info("request refused", code=error.code)
        body = json.dumps(problem(error, self.request_id))
        return Response(int(error.status), content_type=PROBLEM, body=body, headers=headers(error))

    def _invalid(self, error: RequestValidationError) -> Response[Any]:
        found = error.errors()
        if any(each["type"] == "json_invalid" for each in found):
            return self._refused(MalformedRequestError("The body is not valid JSON."))
        # The first part of a location is the place: body, query, path.
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
    authenticate: Callable[[str], Caller],
    public: frozenset[str] = frozenset(),
    max_body_bytes: int = 64 * 1024,
) -> dict[str, Any]:
    """Answer one request. Every route is authenticated, unless its path is listed as public.

    Authentication comes before the resolver, which validates bodies before its middlewares run: without a
    token there must be no 422.
    """
    request = event.get("requestContext", {})
    request_id = str(request.get("requestId", ""))
    method, path = str(request.get("http", {}).get("method", "")).upper(), str(event.get("rawPath", ""))
    sent = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    trace = join(sent.get("traceparent"), request_id)
    answers = "GET" if method == "HEAD" else method  # HEAD is GET without the body
    route = app.routes_at(path).get(answers)
    caller: Caller | None = None
    try:
        if method == "OPTIONS":
            reply = _allow(app, path)
        else:
            caller = None if path in public else authenticate(sent.get("authorization", ""))
            app.begin(request_id, trace, caller)
            if caller:
                check_scope(caller, method, path)
            if route is None:
                raise _no_route(app, path, answers)
            check_body(event, sent.get("content-type", ""), max_body_bytes)
            reply = app.resolve(_for_resolver(event, sent, answers), context)
            reply["headers"] = {**reply.get("headers", {}), **app.reply_headers}
    except AppError as error:
        log.info("request refused", code=error.code)
        reply = answer(error, request_id)
    except Exception as error:
        reply = answer(fault(error), request_id)
    reply["headers"] = {"Cache-Control": "no-store", **reply.get("headers", {}), "X-Request-Id": request_id}
    reply["body"] = reply.get("body") or ""  # not every gateway accepts null
    reply = _not_modified(reply, answers, sent.get("if-none-match", ""))
    if method == "HEAD":
        reply |= {"body": "", "isBase64Encoded": False}
    owner = caller.owner if caller else None
    request_answered(method, route, reply["statusCode"], code=_code(reply), owner=owner)
    return reply


def _for_resolver(event: Event, sent: dict[str, str], method: str) -> Event:
    """The event for the resolver, which knows neither merge patches nor HEAD."""
    headers = sent | ({"content-type": JSON_TYPES[0]} if event.get("body") else {})
    request = event["requestContext"]
    return event | {
        "headers": headers,
        "requestContext": request | {"http": request["http"] | {"method": method}},
    }


def _allow(app: Api, path: str) -> dict[str, Any]:
    """The answer to OPTIONS. Needs no token: a browser's preflight has none, and the gateway adds CORS."""
    methods = _methods(app, path)
    return {"statusCode": 204, "headers": {"Allow": ", ".join(methods)} if methods else {}, "body": ""}


def _no_route(app: Api, path: str, method: str) -> AppError:
    """405 only for a method that the path never accepts; an id that no route matches is 404."""
    methods = _methods(app, path)
    other = methods and method not in methods
    return MethodNotAllowedError(methods) if other else NotFoundError("address", where="")


def _methods(app: Api, path: str) -> list[str]:
    """The methods of a path, whichever function serves it."""
    found = {*app.routes_at(path), *openapi.methods_at(path)}
    return sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())) if found else []


def created(body: BaseModel) -> Response[Any]:
    return Response(HTTPStatus.CREATED, content_type="application/json", body=body)


def answered(outcome: RequestResult) -> Response[Any]:
    """The response to a creating request; a repeat has the header Idempotent-Replayed."""
    headers = {"Idempotent-Replayed": "true"} if outcome.replayed else {}
    return Response(outcome.status, content_type="application/json", body=outcome.body, headers=headers)


def no_content() -> Response[Any]:
    """204, for what was deleted."""
    return Response(HTTPStatus.NO_CONTENT, body="")


def fault(error: Exception) -> InternalError:
    """The error for a client after a fault, which is logged and counted."""
    log.exception("request failed", exc_info=error)
    count("RequestFailed")
    return InternalError("It was logged. Try again; if it stays, tell us the request id.")


def _compact(body: Any) -> str:
    """JSON without escapes: escaped, the prompts of a large batch could exceed Lambda's response limit."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, cls=Encoder)


def _code(reply: dict[str, Any]) -> str | None:
    """Of a refusal; every one is a problem in JSON."""
    if reply["statusCode"] < HTTPStatus.BAD_REQUEST or not reply["body"]:
        return None
    code: str | None = json.loads(reply["body"]).get("code")
    return code


def _not_modified(reply: dict[str, Any], method: str, known: str) -> dict[str, Any]:
    """Add an ETag to a GET's answer; 304 if the client has it already."""
    if method != "GET" or reply["statusCode"] != HTTPStatus.OK:
        return reply
    tag = f'"{hashlib.sha256(str(reply.get("body")).encode()).hexdigest()[:32]}"'
    headers = reply["headers"] | {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")) or known.strip() == "*":
        return {"statusCode": 304, "headers": headers, "body": "", "isBase64Encoded": False}
    return reply | {"headers": headers}
