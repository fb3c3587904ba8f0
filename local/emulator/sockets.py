"""WebSocket invocations: through the same workers; no answers nobody asked for.

ministack runs them on a bare worker, without logs; sends a handler's `body` to the client even if the route
has no route response; and sends an exception's text as it is.
"""

import inspect
from typing import Any

import ministack.core.lambda_runtime as runtime
import ministack.services.apigateway as gateway
import ministack.services.lambda_svc as functions

from local.emulator.shapes import Record


class Leased:
    """What the WebSocket path gets instead of a bare worker: the executor of everything else."""

    def __init__(self, name: str, config: Record, _code: bytes, **_: str) -> None:
        self.name, self.config = name, config

    def invoke(self, event: Any, _request_id: str) -> Record:
        record, _ = functions._get_func_record_for_qualifier(self.name, None)
        result = functions._execute_function(functions._execution_record_for_config(record, self.config), event)
        failed = {"statusCode": 500, "failed": True}
        return {"status": "ok", "result": failed if result.get("error") else result.get("body")}


_invoke_websocket = gateway._invoke_ws_lambda
_websocket_call = inspect.signature(_invoke_websocket)


async def invoke_websocket(*given: Any, **named: Any) -> Any:
    result = await _invoke_websocket(*given, **named)
    call = _websocket_call.bind(*given, **named).arguments
    if call["event_type"] != "MESSAGE" or not isinstance(result, dict):
        return result
    if "failed" in result:
        who = {"connectionId": call["connection_id"], "requestId": call["message_id"]}
        return {"statusCode": 500, "body": {"message": "Internal server error", **who}}
    return result if call["route"].get("routeResponseSelectionExpression") else {**result, "body": None}


def install() -> None:
    gateway._invoke_ws_lambda = invoke_websocket
    runtime.get_or_create_worker = Leased
