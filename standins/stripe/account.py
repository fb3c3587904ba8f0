"""The state of one merchant: settings, time, objects, events, webhooks, faults."""

import contextlib
import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from standins.stripe import objects
from standins.stripe.clock import Clock
from standins.stripe.events import Deliveries, new_event
from standins.stripe.objects import Objects, Thing
from standins.stripe.requests import Answers
from standins.stripe.rules import Dunning, Faults

if TYPE_CHECKING:
    from standins.stripe.payment_methods import Card


@dataclass(frozen=True)
class Settings:
    port: int
    webhook_secret: str
    api_key: str = "sk_test_local"
    webhook_url: str | None = None
    plans: tuple[tuple[str, str, int], ...] = ()
    """Products with a monthly price to begin with: id, name, cents."""


class Account:
    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self.settings = settings
        self.base_url = f"http://127.0.0.1:{settings.port}"
        self.deliveries = Deliveries(settings.webhook_secret, settings.webhook_url, http)
        self.forget()

    def forget(self) -> None:
        """Back to the start; the webhook URL stays."""
        self.deliveries.forget()
        self.clock = Clock()
        self.objects = Objects()
        self.answers = Answers()
        self.faults = Faults()
        self.dunning = Dunning()
        self.requests: list[Thing] = []
        self.cards: dict[str, Card] = {}  # payment method -> its test card
        self.orders: dict[
            str, tuple[list[tuple[Thing, int]], Thing]
        ] = {}  # session -> prices and quantities, subscription_data
        self.when_paid: dict[str, Callable[[], None]] = {}  # invoice -> called when it is paid
        self.pending_lines: defaultdict[str, list[Thing]] = defaultdict(
            list
        )  # subscription -> lines of its next invoice

    @property
    def now(self) -> int:
        return self.clock.now()

    def emit(self, type: str, thing: Thing, before: Thing | None = None) -> Thing:
        made = self.objects.add(new_event(type, thing, self.now, before))
        self.deliveries.send(made)
        return made

    def created(self, thing: Thing) -> Thing:
        self.objects.add(thing)
        self.emit(f"{thing['object']}.created", thing)
        return thing

    @contextlib.contextmanager
    def changing(self, thing: Thing, type: str) -> Iterator[Thing]:
        """Emit an event if the thing changed inside the `with`."""
        before = copy.deepcopy(thing)
        yield before
        if thing != before:
            self.emit(type, thing, before)

    def thing(self, kind: str, prefix: str, length: int = 24, /, **fields: Any) -> Thing:
        """A new object, not yet stored."""
        return {
            "id": objects.new_id(prefix, length),
            "object": kind,
            "created": self.now,
            "livemode": False,
            "metadata": {},
            **objects.null_fields(kind),
            **fields,
        }
