"""The Replicate stand-in as a test sees it: scripted, and its webhooks caught instead of answered by us."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.support.events import event
from tests.support.waits import wait_until
from tests.support.webhook_receiver import Call, Receiver

SECRET = "whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQtdGVzdC1zZWM="
SECOND_SECRET = "whsec_c2Vjb25kLXNlY3JldC1zZWNvbmQtc2VjcmV0LXNlY28="  # of the account whose token is r8_second


@dataclass(frozen=True)
class Provider:
    http: httpx.Client
    receiver: Receiver

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/")

    def script(self, *rules: Any, **settings: Any) -> None:
        """Each rule is what shall happen to every run, or a whole rule."""
        made = [each if isinstance(each, dict) and "then" in each else {"then": each} for each in rules]
        self.http.post("/_script", json={"latency": 0, "rules": made} | settings).raise_for_status()

    def forget(self) -> None:
        self.http.delete("/_script")
        self.http.delete("/_log")
        self.receiver.calls.clear()

    def log(self) -> dict[str, Any]:
        page: dict[str, Any] = self.http.get("/_log").json()
        return page

    def runs(self) -> list[dict[str, Any]]:
        """The runs that were really made, refused ones left out."""
        return [each for each in self.log()["creations"] if each["id"]]

    def webhooks(self, job_id: str, count: int = 1) -> list[dict[str, Any]]:
        """The events that the gateway makes of the webhooks sent for a job; earlier tests' may still come in."""

        def sent() -> list[Call]:
            return [call for call in list(self.receiver.calls) if f"/{job_id}/" in call.path]

        wait_until(lambda: len(sent()) >= count)
        return [as_event(call) for call in sent()]

    def wait_for_runs(self) -> list[dict[str, Any]]:
        """The runs, once none of them is under way any more."""
        wait_until(lambda: all(run["completed_at"] for run in self.runs()))
        return self.runs()


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
