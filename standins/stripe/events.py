"""Events: snapshots of what changed, and their delivery: signed, in order, retried, and broken as scripted."""

import asyncio
import copy
import hashlib
import hmac
import json
import random
import time
from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import httpx

from standins.stripe import objects
from standins.stripe.objects import Thing, page
from standins.stripe.requests import DATED, Endpoint, flag, text
from standins.stripe.rules import Broken, DeliveryRule

if TYPE_CHECKING:
    from standins.stripe.account import Account

API_VERSION = "2026-10-28.endive"
RETRIES = [0.5, 1.0, 2.0, 4.0, 8.0]
STALE_SECONDS = 15 * 60
FORGERS_SECRET = "whsec_somebody_elses"
SEARCH: dict[str, Any] = {**DATED, "delivery_success": flag, "type": text, "types": [text]}


@dataclass(frozen=True)
class Origin:
    """The request that caused an event; empty if the clock did."""

    id: str | None = None
    idempotency_key: str | None = None


NO_REQUEST = Origin()
origin: ContextVar[Origin] = ContextVar("origin", default=NO_REQUEST)


def new_event(type: str, thing: Thing, at: int, before: Thing | None = None) -> Thing:
    data: Thing = {"object": copy.deepcopy(thing)}
    if before is not None:
        data["previous_attributes"] = difference(before, thing)
    cause = origin.get()
    return {
        "id": objects.new_id("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": at,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": cause.id, "idempotency_key": cause.idempotency_key},
        "type": type,
    }


def difference(before: Thing, after: Thing) -> Thing:
    """The previous values of changed fields; null for new ones."""
    changed: dict[str, Any] = {}
    for name in before | after:
        was, is_now = before.get(name), after.get(name)
        if was == is_now:
            continue
        both = isinstance(was, dict) and isinstance(is_now, dict)
        changed[name] = difference(was, is_now) if both and was and is_now else copy.deepcopy(was)
    return changed


type Order = Literal["kept", "reversed", "shuffled"]


def signature(secret: str, timestamp: int, body: str) -> str:
    digest = hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


@dataclass
class Delivery:
    """One attempt; `answer` is an HTTP status, or None without a response or when it was not sent."""

    event: str
    type: str
    kind: str
    attempt: int
    answer: int | None = None
    error: str | None = None
    at: float = field(default_factory=time.time)


@dataclass
class Message:
    event: Thing
    body: str
    tried: asyncio.Event = field(default_factory=asyncio.Event)


class Deliveries:
    def __init__(self, secret: str, url: str | None, http: httpx.AsyncClient) -> None:
        self._secret, self._http, self.url = secret, http, url
        self._tasks: set[asyncio.Task[None]] = set()
        self.forget()

    def forget(self) -> None:
        """Drop all events and rules."""
        self.close()
        self.retries = list(RETRIES)
        self.at_once(1)
        self.rules: list[DeliveryRule] = []
        self.holding = False
        self.held: list[Message] = []
        self._to_shuffle: tuple[int, int] | None = None
        self.log: list[Delivery] = []
        self.messages: dict[str, Message] = {}

    def at_once(self, count: int) -> None:
        """Set how many are sent at a time; with 1, events arrive in order."""
        self._slots = asyncio.Semaphore(count)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def send(self, event: Thing) -> None:
        """Send in the background; the rule that applies is chosen now."""
        event["pending_webhooks"] = 1 if self.url else 0
        message = Message(event, json.dumps(event, indent=2))
        self.messages[event["id"]] = message
        rule = next((each for each in self.rules if each.takes(event["type"])), None)
        then = rule.then if rule else None
        if self.url is None or then == "lose":
            if then == "lose":
                self.log.append(Delivery(event["id"], event["type"], "lost", 1))
            event["pending_webhooks"] = 0
            message.tried.set()
        elif then == "hold" or self.holding:
            self._hold(message)
        elif rule is None or rule.then in ("duplicate", "delay"):
            self._start(self._send_until_accepted(message, rule.seconds if rule and then == "delay" else 0.0))
            if then == "duplicate":
                self._start(self._send_until_accepted(message))
        else:
            self._start(self._send_broken(message, rule.then, rule.real_after))

    def _hold(self, message: Message) -> None:
        message.tried.set()
        self.held.append(message)
        if self._to_shuffle and len(self.held) >= self._to_shuffle[0]:
            self.release("shuffled", self._to_shuffle[1])

    def shuffle(self, count: int, seed: int) -> None:
        """Hold the next `count` events, then deliver them in another order."""
        self.holding, self._to_shuffle = True, (len(self.held) + count, seed)

    def release(self, order: Order = "kept", seed: int = 0) -> int:
        """Deliver what is held; return how many."""
        released, self.held, self.holding, self._to_shuffle = self.held, [], False, None
        if order == "reversed":
            released.reverse()
        if order == "shuffled":
            random.Random(seed).shuffle(released)
        for message in released:
            self._start(self._send_until_accepted(message))
        return len(released)

    async def again(self, event_id: str, kind: str) -> int | None:
        """Send an event again now; return the answer."""
        return await self._try(self.messages[event_id], kind)

    async def tried(self, event_id: str, patience: float) -> None:
        """Wait until an event was sent once or will not be sent; at most `patience` seconds."""
        try:
            await asyncio.wait_for(self.messages[event_id].tried.wait(), patience)
        except TimeoutError:
            return

    async def settled(self, patience: float) -> None:
        """Wait until each event was sent once; retries may follow. At most `patience` seconds."""
        ends = time.monotonic() + patience
        for message in [each for each in self.messages.values() if not each.tried.is_set()]:
            await self.tried(message.event["id"], max(0.0, ends - time.monotonic()))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_until_accepted(self, message: Message, delay: float = 0.0) -> None:
        if delay:
            message.tried.set()
        for attempt, pause in enumerate([delay, *self.retries], 1):
            await asyncio.sleep(pause)
            answer = await self._try(message, attempt=attempt)
            if answer is not None and 200 <= answer < 300:
                message.event["pending_webhooks"] = 0
                return

    async def _send_broken(self, message: Message, kind: str, real_after: float | None) -> None:
        await self._try(message, kind)
        if real_after is not None:
            await self._send_until_accepted(message, real_after)

    async def _try(self, message: Message, kind: str = "genuine", attempt: int = 1) -> int | None:
        delivery = Delivery(message.event["id"], message.event["type"], kind, attempt)
        async with self._slots:
            self.log.append(delivery)
            body, headers = self._sign(message.body, kind)
            try:
                response = await self._http.post(str(self.url), content=body, headers=headers)
                delivery.answer = response.status_code
            except httpx.TransportError as error:
                delivery.error = f"{type(error).__name__}: {error}"
            finally:
                message.tried.set()
        return delivery.answer

    def _sign(self, body: str, kind: Broken | str) -> tuple[str, dict[str, str]]:
        at = int(time.time())
        headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Stripe/1.0 (stand-in)"}
        match kind:
            case "unsigned":
                return body, headers
            case "forged":
                seal = signature(FORGERS_SECRET, at, body)
            case "stale":
                seal = signature(self._secret, at - STALE_SECONDS, body)
            case _:
                seal = signature(self._secret, at, body)
        if kind == "tampered":
            body = body.replace('"livemode": false', '"livemode": true', 1)
        return body, headers | {"stripe-signature": seal}

    def as_json(self) -> Thing:
        return {
            "url": self.url,
            "holding": self.holding,
            "held": [each.event["id"] for each in self.held],
            "under_way": len(self._tasks),
            "deliveries": [asdict(each) for each in self.log],
        }


def retrieve(account: "Account", _given: Thing, id: str) -> Thing:
    return account.objects.get("event", id)


def list_all(account: "Account", given: Thing) -> Thing:
    found = account.objects.of("event")
    wanted = [*given.get("types", []), *([given["type"]] if given.get("type") else [])]
    if wanted:
        prefixes = tuple(each.removesuffix("*") for each in wanted if each.endswith("*"))
        found = [each for each in found if each["type"] in wanted or each["type"].startswith(prefixes)]
    if "delivery_success" in given:
        found = [each for each in found if (each["pending_webhooks"] == 0) == given["delivery_success"]]
    return page(found, given, "/v1/events")


ENDPOINTS = [
    Endpoint("GET", "/v1/events", list_all, SEARCH),
    Endpoint("GET", "/v1/events/{id}", retrieve),
]
