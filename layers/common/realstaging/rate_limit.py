"""The limit on creating things, per owner, and the headers that tell it."""

import math
from dataclasses import dataclass
from datetime import datetime

from realstaging.config import Rates
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


def ask(owner: str, at: datetime, rates: Rates, *, store: RateStore) -> RateLimitState:
    """Count a creating request."""
    made = store.count(owner, at, rates.window_seconds)
    left = math.ceil(rates.window_seconds - at.timestamp() % rates.window_seconds)
    return RateLimitState(rates.creations, max(rates.creations - made, 0), left, made > rates.creations)
