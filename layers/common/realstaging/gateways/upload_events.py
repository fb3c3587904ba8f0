"""Invokes the upload function directly when S3's event was lost."""

import json
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from realstaging.gateways.media import upload_key

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class UploadEvents:
    def __init__(self, functions: "LambdaClient", function: str, bucket: str) -> None:
        self._functions, self._function, self._bucket = functions, function, bucket

    def look_at(self, owner: str, image_id: str) -> None:
        """Send the event S3 would have sent."""
        thing = {"bucket": {"name": self._bucket}, "object": {"key": quote_plus(upload_key(owner, image_id), safe="/")}}
        event = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Post", "s3": thing}]}
        self._functions.invoke(FunctionName=self._function, InvocationType="Event", Payload=json.dumps(event).encode())
