"""When nothing is started because the provider cannot take it: how long to wait, and who may try."""

import math
import random
from datetime import datetime, timedelta

from realstaging.models.provider import Breaker

LONGEST_SECONDS = 900
# A run that tries has its answer by then, and whoever waits looks again.
PROBE_SECONDS = 20


def open_for(breaker: Breaker, at: datetime) -> timedelta:
    """How long nobody may start a run; zero: it is closed, or one may try."""
    return max(breaker.until - at, timedelta()) if breaker.until else timedelta()


def next_seconds(breaker: Breaker) -> int:
    """The pause after a vain try: twice as long."""
    return min(2 * breaker.seconds, LONGEST_SECONDS)


def wait(breaker: Breaker, at: datetime) -> int:
    """Seconds until a job shall look again: after the pause, or after the try that is under way.

    Spread, so that those who wait do not come back together.
    """
    left = open_for(breaker, at).total_seconds()
    tried_for = breaker.seconds - left
    if breaker.probes and tried_for < PROBE_SECONDS:
        left = min(left, PROBE_SECONDS - tried_for)
    spread = min(max(breaker.seconds, 1), 60)
    return min(math.ceil(left + random.uniform(0, spread)), LONGEST_SECONDS)  # noqa: S311 (not a secret)
