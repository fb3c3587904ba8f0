"""HTTP invocations: AWS's 500, cookies, CORS headers on refusals.

A failing function answers 502 with the error's text, payload 2.0 lacks `cookies`, refusals lack CORS.
"""

from typing import Any

import ministack.services.apigateway as gateway
import ministack.services.lambda_svc as functions

from local.emulator.shapes import Answer, Record

_invoke_proxy, _handle_execute = gateway._invoke_lambda_proxy, gateway._handle_execute_in_scope
_execute_in_scope = functions._execute_function_with_config_scope


def execute_http(record: Record, event: Any) -> Any:
    is_request = isinstance(event, dict) and event.get("version") == "2.0" and "type" not in event
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
    status, answered, body = await _handle_execute(api_id, stage, path, method, headers, *rest, **named)
    cors = (gateway._apis.get(api_id) or {}).get("corsConfiguration")
    if cors and method != "OPTIONS" and "Access-Control-Allow-Origin" not in answered:
        origin = headers.get("origin") or headers.get("Origin", "")
        answered.update(gateway._cors_response_headers(cors, origin))
    return status, answered, body


def install() -> None:
    functions._execute_function_with_config_scope = execute_http
    gateway._invoke_lambda_proxy, gateway._handle_execute_in_scope = invoke_proxy, handle_execute
