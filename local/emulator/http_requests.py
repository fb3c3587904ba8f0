"""HTTP invocations: AWS's 500, cookies, CORS headers on refusals, preflight after routes, limits of bodies.

A failing function answers 502 with the error's text, payload 2.0 lacks `cookies`, refusals lack CORS. ministack
answers every OPTIONS request itself; on AWS a route that takes OPTIONS, as one for ANY method does, comes first.
Its greedy path parameters end at a line break.
"""

import re
from typing import Any

import ministack.services.apigateway as gateway
import ministack.services.lambda_svc as functions

from local.emulator.shapes import Answer, Record

_invoke_proxy, _handle_execute = gateway._invoke_lambda_proxy, gateway._handle_execute_in_scope
_match_route = gateway._match_route
_execute_in_scope = functions._execute_function_with_config_scope

LARGEST_REQUEST = 10 * 1024 * 1024


def execute_http(record: Record, event: Any) -> Any:
    is_request = isinstance(event, dict) and event.get("version") == "2.0" and "type" not in event
    if is_request:
        event["requestContext"]["http"]["method"] = event["requestContext"]["http"]["method"].upper()
    if is_request and "cookie" in event.get("headers", {}):
        event["cookies"] = [cookie.strip() for cookie in event["headers"]["cookie"].split(";")]
    return _execute_in_scope(record, event)


async def invoke_proxy(*given: Any, **named: Any) -> Answer:
    status, headers, body = await _invoke_proxy(*given, **named)
    if status == 502:
        return 500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'
    return status, headers, body


async def handle_execute(
    api_id: str, stage: str, path: str, method: str, headers: dict[str, str], *rest: Any, **named: Any
) -> Answer:
    if len(rest[0] if rest else named.get("body") or b"") > LARGEST_REQUEST:
        return 413, {"Content-Type": "application/json"}, b'{"message":"Request Entity Too Large"}'
    cors = (gateway._apis.get(api_id) or {}).get("corsConfiguration")
    routed = method == "OPTIONS" and gateway._match_route(api_id, method, "/" + path.lstrip("/")) is not None
    if method == "OPTIONS" and not routed and not cors:
        missing: Answer = gateway._http_api_not_found()
        return missing
    # In small letters it is a method like others to ministack.
    asked = method.lower() if routed else method
    status, answered, body = await _handle_execute(api_id, stage, path, asked, headers, *rest, **named)
    if cors and (routed or method != "OPTIONS") and "Access-Control-Allow-Origin" not in answered:
        origin = headers.get("origin") or headers.get("Origin", "")
        answered.update(gateway._cors_response_headers(cors, origin))
    return status, answered, body


def match_route(api_id: str, method: str, path: str) -> Any:
    return _match_route(api_id, method.upper(), path)


def path_params(route_path: str, request_path: str) -> dict[str, str] | None:
    """The values of a route's parameters; None for a path of another route."""
    names = re.findall(r"\{([^}]+)\}", route_path)
    first, *others = map(re.escape, re.split(r"\{[^}]+\}", route_path))
    values = ["(.+)" if name.endswith("+") else "([^/]+)" for name in names]
    pattern = first + "".join(value + other for value, other in zip(values, others, strict=True))
    found = re.fullmatch(pattern, request_path, re.DOTALL)
    return dict(zip((name.removesuffix("+") for name in names), found.groups(), strict=True)) if found else None


def install() -> None:
    gateway._match_route = match_route
    gateway._extract_path_params = path_params
    functions._execute_function_with_config_scope = execute_http
    gateway._invoke_lambda_proxy, gateway._handle_execute_in_scope = invoke_proxy, handle_execute
