"""The Replicate stand-in as a test sees it: scripted, and its webhooks caught instead of answered by us."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.events import event
from tests.local.receiver import Call, Receiver

SECRET = "whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQtdGVzdC1zZWM="


@dataclass(frozen=True)
class Provider:
    url: str
    receiver: Receiver

    def script(self, *rules: Any, **settings: Any) -> None:
        """Each rule is what shall happen to every run, or a whole rule."""
        made = [each if isinstance(each, dict) and "then" in each else {"then": each} for each in rules]
        httpx.post(f"{self.url}/_script", json={"latency": 0, "rules": made} | settings).raise_for_status()

    def forget(self) -> None:
        httpx.delete(f"{self.url}/_script")
        httpx.delete(f"{self.url}/_log")
        self.receiver.calls.clear()

    def log(self) -> dict[str, Any]:
        page: dict[str, Any] = httpx.get(f"{self.url}/_log").json()
        return page

    def runs(self) -> list[dict[str, Any]]:
        """The runs that were really made, refused ones left out."""
        return [each for each in self.log()["creations"] if each["id"]]

    def webhooks(self, count: int = 1) -> list[dict[str, Any]]:
        """The events that the gateway makes of the webhooks sent so far."""
        return [as_event(call) for call in self.receiver.wait_for(count)]


def as_event(call: Call) -> dict[str, Any]:
    parts = urlsplit(call.path)
    *_, job_id, attempt = parts.path.split("/")
    return event(
        "replicate-webhook",
        rawPath=parts.path,
        rawQueryString=parts.query,
        queryStringParameters=dict(parse_qsl(parts.query)),
        pathParameters={"job_id": job_id, "attempt": attempt},
        headers={"webhook-id": None, "webhook-timestamp": None, "webhook-signature": None} | call.headers,
        body=call.body,
    )
