"""Everything one merchant has here: settings, time, objects, events, webhooks, faults."""

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
        """Nothing has happened yet; where webhooks go is remembered."""
        self.deliveries.forget()
        self.clock = Clock()
        self.objects = Objects()
        self.answers = Answers()
        self.faults = Faults()
        self.dunning = Dunning()
        self.requests: list[Thing] = []
        self.cards: dict[str, Card] = {}  # payment method -> what it does
        self.orders: dict[str, tuple[list[tuple[Thing, int]], Thing]] = {}  # session -> what was ordered, and how
        self.when_paid: dict[str, Callable[[], None]] = {}  # invoice -> what its payment brings about
        self.pending_lines: defaultdict[str, list[Thing]] = defaultdict(list)  # subscription -> for its next invoice

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
        """Tell of what changed inside the `with`, if anything did."""
        before = copy.deepcopy(thing)
        yield before
        if thing != before:
            self.emit(type, thing, before)

    def thing(self, kind: str, prefix: str, length: int = 24, /, **fields: Any) -> Thing:
        """A new one, not yet kept."""
        return {
            "id": objects.new_id(prefix, length),
            "object": kind,
            "created": self.now,
            "livemode": False,
            "metadata": {},
            **objects.null_fields(kind),
            **fields,
        }
