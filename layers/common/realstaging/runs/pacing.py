"""When a run may start: places in one schedule, evenly spaced, whoever takes them."""

from datetime import datetime, timedelta

from realstaging.models import Pace, Slot

MINUTE = 60_000_000
# A worker that waits no longer than this holds its place itself; a longer wait is the queue's.
WORTH_WAITING = timedelta(seconds=1)
# Who comes so late takes another place: those who were kept away together must not start together.
TOO_LATE = timedelta(seconds=60)


def step(per_minute: int) -> int:
    """Microseconds between two places; rounded up, so that a minute never holds more."""
    return -(-MINUTE // per_minute)


def idle(pace: Pace, at: datetime, per_minute: int) -> bool:
    """Whether the next place is free at once: nobody waits, or they wait in the schedule of another pace."""
    return pace.per_minute != per_minute or pace.next_at < pace.clock(at)


def keeps(slot: Slot | None, pace: Pace, at: datetime, per_minute: int) -> bool:
    """Whether a job's place is still good."""
    return slot is not None and slot.per_minute == per_minute and at - pace.time_of(slot) <= TOO_LATE
