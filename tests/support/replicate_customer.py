"""Somebody who uses the Replicate stand-in over HTTP, as our functions do."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx

from tests.support.webhook_receiver import Receiver

MODEL = "qwen/qwen-image-edit-2511"


@dataclass
class Customer:
    http: httpx.Client
    secret: str
    receiver: Receiver

    @classmethod
    @contextmanager
    def of(cls, port: int, secret: str, receiver: Receiver) -> Iterator[Self]:
        headers = {"authorization": "Bearer r8_local"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as http:
            yield cls(http, secret, receiver)

    def input(self, **given: Any) -> dict[str, Any]:
        room = f"{self.receiver.url}/room.jpg?X-Amz-Signature=abc"
        return {"prompt": "a modern living room", "image": [room], "seed": 1} | given

    def script(self, *rules: Any, **settings: Any) -> None:
        """Each rule is what shall happen to every creation, or a whole rule."""
        made = [each if isinstance(each, dict) and "then" in each else {"then": each} for each in rules]
        self.http.post("/_script", json=settings | {"rules": made}).raise_for_status()

    def post(
        self, given: dict[str, Any] | None = None, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        page = {"version": MODEL, "input": given or self.input()} | body
        return self.http.post("/v1/predictions", json=page, headers=headers)

    def create(self, given: dict[str, Any] | None = None, **body: Any) -> dict[str, Any]:
        answer = self.post(given, **body)
        assert answer.status_code == 201, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def create_with_webhook(self, given: dict[str, Any] | None = None) -> dict[str, Any]:
        hook = f"{self.receiver.url}/hook/job_1/1"
        return self.create(given, webhook=hook, webhook_events_filter=["completed"])

    def get(self, prediction_id: str) -> dict[str, Any]:
        page: dict[str, Any] = self.http.get(f"/v1/predictions/{prediction_id}").json()
        return page

    def over(self, prediction_id: str) -> dict[str, Any]:
        """The prediction once it has ended."""
        self.until(lambda: self.get(prediction_id)["status"] not in {"starting", "processing"})
        return self.get(prediction_id)

    def until(self, there: Callable[[], bool]) -> None:
        """Ask again and again, for a while."""
        end = time.monotonic() + 120
        while not there():
            assert time.monotonic() < end, self.log()
            time.sleep(0.01)

    def log(self) -> dict[str, Any]:
        page: dict[str, Any] = self.http.get("/_log").json()
        return page
