"""Set before anything of ours is imported: the environment of a deployed function, and moto in front of AWS."""

import functools
import os
import ssl
import sys
from collections.abc import Iterator

import pytest

os.environ.update(
    {
        "STAGE": "local",
        "TABLE_NAME": "table",
        "BUCKET_NAME": "media",
        "STAGE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/stage",
        "RESULT_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/result",
        "VERIFY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/verify",
        "STAGE_DEAD_LETTERS_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/stage-dead",
        "RESULT_DEAD_LETTERS_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/result-dead",
        "VERIFY_DEAD_LETTERS_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/verify-dead",
        "EVENT_DEAD_LETTERS_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/event-dead",
        "PUBLIC_API_URL": "https://api.example.test",
        "SOCKET_URL": "wss://sockets.example.test/v1",
        "SOCKET_POST_URL": "https://sockets.example.test/v1",
        "UPLOAD_COMPLETE_FUNCTION": "upload-complete",
        "UPLOAD_COMPLETE_ARN": "arn:aws:lambda:us-east-1:123456789012:function:upload-complete",
        "SWEEP_ARN": "arn:aws:lambda:us-east-1:123456789012:function:sweep",
        "PURGE_ARN": "arn:aws:lambda:us-east-1:123456789012:function:purge",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "POWERTOOLS_SERVICE_NAME": "tests",
        "POWERTOOLS_METRICS_NAMESPACE": "RealStaging",
    }
)
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "SETTINGS_OVERRIDES", "REPLICATE_API_TOKEN"):
    os.environ.pop(name, None)

assert "boto3" not in sys.modules, "moto must be there before the first client is made"
import moto  # noqa: E402, F401


@pytest.fixture(scope="session", autouse=True)
def certificates_once() -> Iterator[None]:
    """Reading them takes longer than most tests here, which speak plain HTTP anyway."""
    made = functools.cache(ssl.create_default_context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", made)
        patch.setattr(ssl, "_create_default_https_context", made)
        yield
