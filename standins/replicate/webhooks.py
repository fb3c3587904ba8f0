"""Webhooks: signed by the Standard Webhooks specification, retried for a minute, with scripted faults."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import httpx

from standins.replicate.predictions import Prediction
from standins.replicate.record import Delivery, Record, without_query
from standins.replicate.script import Director, Outcome

STALE_SECONDS = 15 * 60
FORGERS_SECRET = "whsec_" + base64.b64encode(b"somebody else's secret, 32 bytes").decode()


def sign(secret: str, webhook_id: str, timestamp: int, body: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{webhook_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(secret: str, webhook_id: str, timestamp: int, body: str) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "user-agent": "Replicate/1.0 (stand-in)",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, webhook_id, timestamp, body),
    }


def tampered(page: dict[str, Any]) -> dict[str, Any]:
    """What an attacker in the middle would change: the result picture."""
    return page | {"status": "succeeded", "error": None, "output": ["http://127.0.0.1:9/not-yours.webp"]}


@dataclass
class Message:
    """One event of one prediction; its id is the same each time it is sent."""

    prediction: Prediction
    event: str
    url: str
    page: dict[str, Any]
    id: str

    def sealed(self, secret: str, kind: str) -> tuple[str, dict[str, str]]:
        body, at = json.dumps(self.page), int(time.time())
        match kind:
            case "forged":
                return body, headers(FORGERS_SECRET, self.id, at, body)
            case "stale":
                return body, headers(secret, self.id, at - STALE_SECONDS, body)
            case "tampered":
                return json.dumps(tampered(self.page)), headers(secret, self.id, at, body)
            case "unsigned":
                sealed = headers(secret, self.id, at, body)
                return body, {"content-type": sealed["content-type"], "user-agent": sealed["user-agent"]}
            case _:
                return body, headers(secret, self.id, at, body)


class Sender:
    def __init__(self, secret: str, base_url: str, http: httpx.AsyncClient, director: Director, record: Record):
        self._secret, self._base_url, self._http = secret, base_url, http
        self._director, self._record = director, record

    async def notify(self, prediction: Prediction, event: str) -> None:
        """Send an event as the script says; only `completed` is retried."""
        message = self.message(prediction, event)
        if message is None:
            return
        fault = prediction.plan.webhook if event == "completed" else None
        if fault is None:
            await self._send_until_accepted(message, retry=event == "completed")
        else:
            await self._send_with_fault(fault, message)

    def message(self, prediction: Prediction, event: str) -> Message | None:
        if prediction.webhook is None or event not in prediction.events:
            return None
        page = prediction.as_json(self._base_url)
        # Derived, so that a repeated event has the same message id.
        digest = hashlib.sha256(f"{prediction.id}.{event}".encode()).hexdigest()
        return Message(prediction, event, prediction.webhook, page, f"msg_{digest[:27]}")

    async def send(self, message: Message, kind: str = "genuine", attempt: int = 1) -> int | None:
        body, sealed = message.sealed(self._secret, kind)
        url = without_query(message.url)
        delivery = Delivery(message.prediction.id, message.event, message.id, url, kind, attempt)
        self._record.deliveries.append(delivery)
        try:
            response = await self._http.post(message.url, content=body, headers=sealed)
            delivery.answer = response.status_code
        except httpx.TransportError as error:
            delivery.error = f"{type(error).__name__}: {error}"
        return delivery.answer

    async def _send_until_accepted(self, message: Message, *, retry: bool = True) -> None:
        answer = await self.send(message)
        message.prediction.announced.set()
        for attempt, delay in enumerate(self._director.script.webhook_retries if retry else [], 2):
            if answer is not None and 200 <= answer < 300:
                return
            await asyncio.sleep(delay)
            answer = await self.send(message, attempt=attempt)

    async def _send_with_fault(self, fault: Outcome, message: Message) -> None:
        match fault.kind:
            case "drop":
                url = without_query(message.url)
                lost = Delivery(message.prediction.id, message.event, message.id, url, "dropped", 1)
                self._record.deliveries.append(lost)
            case "duplicate":
                await self.send(message)
                await self._send_until_accepted(message)
            case "late":
                await asyncio.sleep(10 if fault.seconds is None else fault.seconds)
                await self._send_until_accepted(message)
            case "before_response":
                await self._send_until_accepted(message)
            case broken:
                await self.send(message, broken)
                if fault.real_after is not None:
                    await asyncio.sleep(fault.real_after)
                    await self._send_until_accepted(message)


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
