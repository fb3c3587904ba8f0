"""When a run may start: places in one schedule, evenly spaced, given only a little ahead and to all owners in turn."""

import math
import random
from datetime import datetime, timedelta

from realstaging.models.provider import Slot, StartSchedule

MINUTE = 60_000_000
# A worker that waits no longer than this holds its place itself; a longer wait is the queue's.
WORTH_WAITING = timedelta(seconds=1)
# Who comes so late takes another place: those who were kept away together must not start together.
TOO_LATE = timedelta(seconds=60)
# How far ahead places are given: a place that nobody comes for costs everybody no more than that.
HORIZON = 30_000_000
FEWEST_AHEAD = 4
LONGEST_SECONDS = 900
# Those without a place ask again within so many times the time that their messages stood in line: messages of
# those with a place stand in the same line, and come too late where it is longer than TOO_LATE.
SPREAD_OF_LINE = 8


def step(per_minute: int) -> int:
    """Microseconds between two places; rounded up, so that a minute never holds more."""
    return -(-MINUTE // per_minute)


def horizon(per_minute: int) -> int:
    """Microseconds; a few places where each of them is long."""
    return max(HORIZON, FEWEST_AHEAD * step(per_minute))


def idle(pace: StartSchedule, at: datetime, per_minute: int) -> bool:
    """Whether the next place is free at once: nobody waits, or they wait in the schedule of another pace."""
    return pace.per_minute != per_minute or pace.next_at < pace.clock(at)


def next_time(pace: StartSchedule, at: datetime, per_minute: int | None) -> datetime:
    """When the next place comes; without a limit, at once."""
    if per_minute is None:
        return at
    if idle(pace, at, per_minute):
        return max(at, pace.time_of(Slot(at=pace.clock(at), per_minute=per_minute)))
    return pace.time_of(Slot(at=pace.next_at, per_minute=per_minute))


def keeps(slot: Slot | None, pace: StartSchedule, at: datetime, per_minute: int) -> bool:
    """Whether a job's place is still good."""
    return slot is not None and slot.per_minute == per_minute and at - pace.time_of(slot) <= TOO_LATE


def opens_in(pace: StartSchedule, last: Slot | None, at: datetime, per_minute: int) -> timedelta:
    """How long the next place is none for this owner, whose latest one is `last`; zero: it may be taken now.

    Nobody's own places reach further than half of the horizon, so the other half is open to whoever has
    none: of all who wait, the owner whose latest place comes first is next.
    """
    if idle(pace, at, per_minute):
        return timedelta()
    reach = horizon(per_minute)
    first = pace.next_at - reach
    if last is not None and last.per_minute == per_minute:
        first = max(first, last.at - reach // 2)
    if first <= pace.clock(at):
        return timedelta()
    return pace.time_of(Slot(at=first, per_minute=per_minute)) - at


def look_again_in(opens: timedelta, waited: timedelta, in_line: timedelta, per_minute: int) -> int:
    """Seconds until a job without a place asks again: when one may be there for it, spread at random.

    The spread is too short to leave a place free as long as it has not waited for long. It grows with what
    a job has waited: a crowd that will wait for hours need not ask every few seconds. And it grows with the line
    that the crowd itself makes.
    """
    crowd = max(waited.total_seconds() / 16, in_line.total_seconds() * SPREAD_OF_LINE)
    spread = max(horizon(per_minute) / 4_000_000, crowd)
    seconds = opens.total_seconds() + random.uniform(0, spread)  # noqa: S311 (not a secret)
    return min(math.ceil(seconds), LONGEST_SECONDS)


def backoff(deferrals: int, most: float) -> int:
    """Seconds until a job that the provider did not take is tried again, where it does not say how long."""
    return int(min(5 * 2 ** min(deferrals, 6), most)) + 1
