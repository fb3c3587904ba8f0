"""What this stand-in received and sent: the data of `GET /_log`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from standins.replicate.predictions import Prediction, iso


def without_query(url: str) -> str:
    """Signed URLs are credentials: the log keeps the path and drops the signature."""
    if url.startswith("data:"):
        return f"{url.partition(',')[0]},… ({len(url)} characters)"
    return urlsplit(url)._replace(query="", fragment="").geturl()


def summary(given: Any) -> Any:
    if isinstance(given, dict):
        return {name: summary(value) for name, value in given.items()}
    if isinstance(given, list):
        return [summary(value) for value in given]
    if isinstance(given, str) and given.startswith(("http://", "https://", "data:")):
        return without_query(given)
    return given


def now() -> str | None:
    return iso(datetime.now(UTC))


@dataclass
class Creation:
    """One request to create; `prediction` is None when it was refused."""

    model: str
    input: Any
    webhook: str | None
    headers: Mapping[str, str]
    script: list[str]
    token: str
    prediction: Prediction | None = None
    answer: int | None = None
    at: str | None = field(default_factory=now)

    def as_json(self, number: int) -> dict[str, Any]:
        made = self.prediction
        return {
            "number": number,
            "id": made.id if made else None,
            "at": self.at,
            "model": self.model,
            "input": self.input,
            "webhook": self.webhook,
            "headers": dict(self.headers),
            "script": self.script,
            "token": self.token,
            "answer": self.answer,
            "status": made.status if made else None,
            "started_at": iso(made.started_at) if made else None,
            "completed_at": iso(made.completed_at) if made else None,
            "charged": made.charged if made else False,
        }


@dataclass
class Delivery:
    """One attempt at a webhook; `answer` is an HTTP status, or None without a response or when it was not sent."""

    prediction_id: str
    event: str
    webhook_id: str
    url: str
    kind: str
    attempt: int
    answer: int | None = None
    error: str | None = None
    at: str | None = field(default_factory=now)


@dataclass
class Download:
    prediction_id: str
    answer: int
    at: str | None = field(default_factory=now)


@dataclass
class Record:
    creations: list[Creation] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    downloads: list[Download] = field(default_factory=list)

    def clear(self) -> None:
        for each in (self.creations, self.deliveries, self.downloads):
            each.clear()

    def as_json(self) -> dict[str, Any]:
        creations = [each.as_json(number) for number, each in enumerate(self.creations, 1)]
        return {
            "created": sum(each["id"] is not None for each in creations),
            "refused": sum(each["id"] is None for each in creations),
            "charged": sum(each["charged"] for each in creations),
            "creations": creations,
            "deliveries": [asdict(each) for each in self.deliveries],
            "downloads": [asdict(each) for each in self.downloads],
        }
