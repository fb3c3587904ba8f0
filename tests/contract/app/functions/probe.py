"""Answers what a test asks about the place it runs in."""

import importlib.util
import os
import time
from pathlib import Path
from typing import Any

import shadowed

LOADED_AT = time.time()


def environment() -> dict[str, Any]:
    modules = ("boto3", "ministack", "hypercorn", "httpx", "local")
    return {
        "modules": {name: importlib.util.find_spec(name) is not None for name in modules},
        "variables": dict(os.environ),
        "code": os.environ["LAMBDA_TASK_ROOT"],
        "here": str(Path(__file__).parent),
        "shadowed": shadowed.ORIGIN,
        "layered": importlib.import_module("layered").ORIGIN,
        "layer": str(Path(importlib.import_module("layered").__file__ or "").parent),
        "loaded_at": LOADED_AT,
    }


def http(event: dict[str, Any]) -> dict[str, Any]:
    if event["rawPath"].endswith("/fails"):
        raise RuntimeError("a secret of the database")
    given = {name: event.get(name) for name in ("pathParameters", "cookies", "queryStringParameters")}
    return given | {"authorizer": event["requestContext"].get("authorizer")}


def handler(event: dict[str, Any], context: Any) -> Any:
    match event.get("do"):
        case "tell":
            return environment() | {"left": context.get_remaining_time_in_millis()}
        case "print":
            os.system("echo from a child process")  # noqa: S605, S607
            print(event["text"])
            return {}
        case "sleep":
            began = time.time()
            time.sleep(event["seconds"])
            return {"worker": os.getpid(), "began": began}
        case "raise":
            raise LookupError(event["text"])
        case "read":
            import boto3

            return boto3.client("dynamodb").scan(TableName=event["table"])["Count"]
        case "exit":
            os._exit(3)
        case "set":
            return {1, 2}
        case "large":
            return "x" * (7 * 1024 * 1024)
    return http(event)
