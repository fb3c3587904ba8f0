"""Echoes through the connection, as API Gateway wants it; misbehaves when asked to."""

import json
import os
from typing import Any

import boto3

ENDPOINT = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{os.environ['SOCKETS']}"
connections = boto3.client("apigatewaymanagementapi", endpoint_url=ENDPOINT)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    request = event["requestContext"]
    if request["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    body = json.loads(event["body"])
    if body.get("do") == "raise":
        raise RuntimeError("a secret of the database")
    if body.get("do") == "post":
        said = {"connection": request["connectionId"], "said": body["text"]}
        connections.post_to_connection(ConnectionId=request["connectionId"], Data=json.dumps(said).encode())
    return {"statusCode": 200, "body": "for nobody"}
