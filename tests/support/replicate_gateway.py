"""The Replicate gateway in front of a scripted server, and what the server says when all is well."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from realstaging.gateways.replicate.client import Replicate
from realstaging.models.runs import Prediction
from tests.support.loopback_server import Talk

TOKEN = "r8_never_to_be_seen_anywhere"
MODEL = "qwen/qwen-image-edit-2511"


def prediction(**given: Any) -> dict[str, Any]:
    """A prediction as the API shows it."""
    usual: dict[str, Any] = {
        "id": "p1",
        "model": MODEL,
        "version": "hidden",
        "input": {"prompt": "a sofa"},
        "logs": "",
        "output": None,
        "error": None,
        "status": "starting",
        "created_at": "2026-11-20T12:00:00.000Z",
        "urls": {"get": "https://api.replicate.com/v1/predictions/p1"},
    }
    return usual | given


@contextmanager
def gateway(talk: Talk, *, seconds: float = 60, most_wait: float = 300) -> Iterator[Replicate]:
    made = Replicate(lambda: TOKEN, talk.url, timeout_seconds=seconds, max_retry_after=most_wait)
    yield made
    made.close()


def create(replicate: Replicate, **given: Any) -> Prediction:
    usual: dict[str, Any] = {
        "model": MODEL,
        "version": None,
        "input": {"prompt": "a sofa", "image": ["https://photos.test/master.jpg?X-Amz-Signature=abc"]},
        "webhook": "https://api.example.test/v1/webhooks/replicate/job_1/1?owner=alice",
        "cancel_after": 600,
    }
    return replicate.create(**usual | given)
