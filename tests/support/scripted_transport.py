"""A server in the test's own process that answers as the test says, and remembers what it was asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from realstaging_client import Client

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Scripted:
    """Answers come in this order, the last one for good."""

    answers: list[Answer]
    asked: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def client(self) -> Client:
        return Client(
            "https://api.example.test/", "secret-token", sleep=self.slept.append, transport=httpx.MockTransport(self)
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("idempotency-key") for request in self.asked]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.asked]


def problem(status: int, code: str = "some_code", **more: Any) -> httpx.Response:
    headers = {"retry-after": str(more.pop("retry_after"))} if "retry_after" in more else {}
    body = {"title": "No", "status": status, "code": code, "detail": "Because.", **more}
    return httpx.Response(status, json=body, headers=headers)


def ok(status: int = 200, **body: Any) -> httpx.Response:
    return httpx.Response(status, json=body)
