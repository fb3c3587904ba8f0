"""Answers what a test asks about the place it runs in."""

import importlib.util
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import layered  # type: ignore[import-not-found]  # from a layer
import shadowed  # type: ignore[import-not-found]  # likewise, and covered by ours
from botocore.config import Config

LOADED_AT = time.time()
MODULES = ("boto3", "ministack", "hypercorn", "httpx", "local")


def tell(_event: dict[str, Any]) -> dict[str, Any]:
    return {
        "modules": {name: importlib.util.find_spec(name) is not None for name in MODULES},
        "variables": dict(os.environ),
        "here": str(Path(__file__).parent),
        "shadowed": shadowed.ORIGIN,
        "layered": layered.ORIGIN,
        "loaded_at": LOADED_AT,
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    }


def speak(event: dict[str, Any]) -> None:
    os.system("echo from a child process")
    print(event["text"])  # noqa: T201  # what this is about


def sleep(event: dict[str, Any]) -> int:
    """Which worker it was."""
    time.sleep(event["seconds"])
    return os.getpid()


def fail(event: dict[str, Any]) -> None:
    raise LookupError(event["text"])


def send(event: dict[str, Any]) -> list[str]:
    sent = boto3.client("sqs").send_message_batch(
        QueueUrl=event["queue"], Entries=[{"Id": name, "MessageBody": name} for name in ("1", "2")]
    )
    return [entry["Id"] for entry in sent["Successful"]]


def read(event: dict[str, Any]) -> int:
    return int(boto3.client("dynamodb").scan(TableName=event["table"])["Count"])


def write(event: dict[str, Any]) -> None:
    """Many writes in one transaction."""
    item = {"sk": {"S": "x"}}
    puts: list[Any] = [
        {"Put": {"TableName": event["table"], "Item": item | {"pk": {"S": str(number)}}}} for number in range(20)
    ]
    boto3.client("dynamodb").transact_write_items(TransactItems=puts)


def http(event: dict[str, Any]) -> dict[str, Any]:
    if event["rawPath"].endswith("/fails"):
        raise RuntimeError("a secret of the database")
    if event["rawPath"].endswith("/large"):
        return {"statusCode": 200, "body": "x" * (7 * 1024 * 1024)}
    given = {name: event.get(name) for name in ("pathParameters", "cookies", "queryStringParameters")}
    return given | {
        "authorizer": event["requestContext"].get("authorizer"),
        "method": event["requestContext"]["http"]["method"],
    }


def sign(event: dict[str, Any]) -> dict[str, Any]:
    """A form for each key, signed with this function's own rights."""
    client = boto3.client("s3", config=Config(signature_version="s3v4"))
    return {key: client.generate_presigned_post(event["bucket"], key) for key in event["keys"]}


def delete(event: dict[str, Any]) -> list[dict[str, str]]:
    """What S3 says it could not delete."""
    answer = boto3.client("s3").delete_objects(
        Bucket=event["bucket"], Delete={"Objects": [{"Key": key} for key in event["keys"]], "Quiet": True}
    )
    return [{"key": error["Key"], "code": error["Code"]} for error in answer.get("Errors", [])]


def leave(_event: dict[str, Any]) -> None:
    os._exit(3)


ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "tell": tell,
    "print": speak,
    "sleep": sleep,
    "raise": fail,
    "send": send,
    "read": read,
    "write": write,
    "sign": sign,
    "delete": delete,
    "exit": leave,
    "set": lambda _: {1, 2},
    "http": http,
    "large": lambda _: "x" * (7 * 1024 * 1024),
}


def handler(event: dict[str, Any], context: Any) -> Any:
    return ANSWERS[event.get("do", "http")](event)
