"""Sends what it gets back to the queue it came from, until it has been round often enough."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        body = json.loads(record["body"])
        table.update_item(
            Key={"pk": "SEEN#rounds", "sk": f"NOTE#{body['name']}"},
            UpdateExpression="ADD times :one",
            ExpressionAttributeValues={":one": 1},
        )
        if body["left"]:
            again = json.dumps(body | {"left": body["left"] - 1})
            sqs.send_message_batch(QueueUrl=os.environ["QUEUE_URL"], Entries=[{"Id": "1", "MessageBody": again}])
    return {"batchItemFailures": []}
