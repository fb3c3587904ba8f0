"""Notes what arrives, from the queue, the bucket and the stream; fails when what arrives says so."""

import json
import os
import time
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
ENDPOINT = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{os.environ.get('SOCKETS', '')}"
connections = boto3.client("apigatewaymanagementapi", endpoint_url=ENDPOINT)


def note(kind: str, name: str, **more: Any) -> int:
    """How often it has arrived by now. The row's key is none that the stream would deliver."""
    noted = table.update_item(
        Key={"pk": f"SEEN#{kind}", "sk": f"NOTE#{name}"},
        UpdateExpression="ADD times :one SET more = :more, at_time = :now",
        ExpressionAttributeValues={":one": 1, ":more": json.dumps(more), ":now": str(time.time())},
        ReturnValues="ALL_NEW",
    )
    return int(str(noted["Attributes"]["times"]))


def from_queue(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        body = json.loads(record["body"])
        time.sleep(body.get("seconds", 0))
        note("queue", body["name"], attributes=record["attributes"])
    return {"batchItemFailures": []}


def from_bucket(event: dict[str, Any], context: Any) -> None:
    for record in event["Records"]:
        key = record["s3"]["object"]["key"]
        if note("bucket", key) == 1 and "fail-once" in key:
            raise RuntimeError("not the first time")


def from_stream(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        change = record["dynamodb"]
        name, new = change["Keys"]["sk"]["S"], change.get("NewImage", {})
        note("stream", name, event=record["eventName"])
        if "seconds" in new:
            time.sleep(float(new["seconds"]["S"]))
            note("stream-done", name)
        if "raise" in new:
            raise RuntimeError("a poison record")
        if "refuse" in new:
            return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}
        if "push" in new:
            said = json.dumps({"sent": new["push"]["S"]}).encode()
            connections.post_to_connection(ConnectionId=new["connection"]["S"], Data=said)
    return {"batchItemFailures": []}
