"""One prediction: its input, its state, and how Replicate's API shows it."""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standins.replicate.models import Model
from standins.replicate.script import Plan

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
EVENTS = ("start", "output", "logs", "completed")


def new_id() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(26))


def iso(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


@dataclass(eq=False)
class Prediction:
    model: Model
    version: str
    input: dict[str, Any] | None
    plan: Plan
    webhook: str | None = None
    events: tuple[str, ...] = EVENTS
    deadline: datetime | None = None
    id: str = field(default_factory=new_id)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = "starting"
    output: Any = None
    error: str | None = None
    logs: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    data_removed: bool = False
    # Set after the first attempt at its last webhook.
    announced: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def charged(self) -> bool:
        """Failed and never-started predictions are free; one canceled while running is charged."""
        return self.status == "succeeded" or (self.status == "canceled" and self.started_at is not None)

    def start(self) -> None:
        self.status, self.started_at = "processing", datetime.now(UTC)

    def end(self, status: str, *, output: Any = None, error: str | None = None) -> None:
        self.status, self.output, self.error = status, output, error
        self.completed_at = datetime.now(UTC)
        self.over.set()

    def forget(self) -> None:
        """Inputs and outputs of API predictions are removed after an hour; the record stays."""
        self.input, self.output, self.logs, self.data_removed = None, None, "", True

    def as_json(self, base_url: str) -> dict[str, Any]:
        page: dict[str, Any] = {
            "id": self.id,
            "model": self.model.slug,
            "version": self.version,
            "input": self.input,
            "logs": self.logs,
            "output": self.output,
            "data_removed": self.data_removed,
            "error": self.error,
            "source": "api",
            "status": self.status,
            "created_at": iso(self.created_at),
            "started_at": iso(self.started_at),
            "completed_at": iso(self.completed_at),
            "urls": {
                "cancel": f"{base_url}/v1/predictions/{self.id}/cancel",
                "get": f"{base_url}/v1/predictions/{self.id}",
                "web": f"https://replicate.com/p/{self.id}",
            },
            "metrics": self._metrics(),
        }
        if self.deadline:
            page["deadline"] = iso(self.deadline)
        return page

    def _metrics(self) -> dict[str, Any]:
        if not (self.started_at and self.completed_at):
            return {}
        return {
            "predict_time": (self.completed_at - self.started_at).total_seconds(),
            "total_time": (self.completed_at - self.created_at).total_seconds(),
            "image_count": int(self.status == "succeeded"),
        }
