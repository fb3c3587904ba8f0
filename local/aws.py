"""Clients of the emulator, as its root user."""

from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"  # not us-east-1, where several of AWS's rules do not show
ACCESS_KEY = SECRET_KEY = "test"


def client(service: Any, endpoint: str) -> Any:
    """The names of services decide the types; here they are whatever the caller makes of them."""
    # Presigned POSTs of the old signature are not what the application makes.
    signing: dict[str, Any] = {"signature_version": "s3v4"} if service == "s3" else {}
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(connect_timeout=2, retries={"max_attempts": 1}, s3={"addressing_style": "path"}, **signing),
    )
