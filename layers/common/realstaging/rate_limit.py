"""Limits per owner: on creating requests, told in headers, and a generous one on all requests."""

import math
from dataclasses import dataclass
from datetime import datetime

from realstaging.config import Rates
from realstaging.errors import RateLimitedError
from realstaging.stores.rate_limits import RateStore


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """Where an owner stands in the running window. `reset` is in seconds."""

    limit: int
    remaining: int
    reset: int
    exceeded: bool

    @property
    def headers(self) -> dict[str, str]:
        shown = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }
        return shown | ({"Retry-After": str(self.reset)} if self.exceeded else {})


BLOCKS = 100
MAX_OWNERS = 10_000
REFUSED = -1


class RequestCounter:
    """All requests of each owner, about: a process lets the first hundredth of the limit pass without counting it.

    Beyond that it takes them from the table in blocks of the same size: usual use costs no write at all.
    """

    def __init__(self, rates: Rates, store: RateStore) -> None:
        self._rates, self._store = rates, store
        self._free = rates.requests // BLOCKS
        self._block = max(1, self._free)
        self._left: dict[str, tuple[int, int]] = {}

    def add(self, owner: str, at: datetime) -> None:
        """One more request. Raises RateLimitedError, which costs no write until the window ends."""
        window = int(at.timestamp()) // self._rates.window_seconds
        of, left = self._left.get(owner, (0, 0))
        if of != window:
            left = self._free
        if left == 0:
            left = self._take(owner, at)
        if len(self._left) > MAX_OWNERS:
            self._left.clear()
        self._left[owner] = window, left - 1 if left > 0 else REFUSED
        if left == REFUSED:
            wait = _seconds_left(at, self._rates)
            raise RateLimitedError(
                f"At most {self._rates.requests} requests in {self._rates.window_seconds} s; wait {wait} s.",
                retry_after=wait,
            )

    def _take(self, owner: str, at: datetime) -> int:
        """How many more requests this process may let through."""
        taken = self._store.count(owner, at, self._rates.window_seconds, kind="requests", by=self._block)
        before = taken - self._block
        return min(self._block, self._rates.requests - before) if before < self._rates.requests else REFUSED


def _seconds_left(at: datetime, rates: Rates) -> int:
    return math.ceil(rates.window_seconds - at.timestamp() % rates.window_seconds)


def ask(owner: str, at: datetime, rates: Rates, *, store: RateStore) -> RateLimitState:
    """Count a creating request."""
    made = store.count(owner, at, rates.window_seconds)
    left = _seconds_left(at, rates)
    return RateLimitState(rates.creations, max(rates.creations - made, 0), left, made > rates.creations)
