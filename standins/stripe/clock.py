"""The stand-in's clock, which a script can move forward or stop; and calendar arithmetic."""

import calendar
import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

HOUR = 3600
DAY = 24 * HOUR


class Clock:
    def __init__(self) -> None:
        self._offset = 0
        self._stopped_at: int | None = None
        self._reading: int | None = None

    def now(self) -> int:
        if self._reading is not None:
            return self._reading
        return int(time.time()) + self._offset if self._stopped_at is None else self._stopped_at

    @contextlib.contextmanager
    def one_reading(self) -> Iterator[None]:
        """Everything inside happens at one time, as at Stripe. Only for code that never awaits."""
        outer = self._reading
        self._reading = self.now()
        try:
            yield
        finally:
            self._reading = outer

    def move_to(self, at: int) -> None:
        """Forward only."""
        ahead = max(0, at - self.now())
        if self._stopped_at is None:
            self._offset += ahead
        else:
            self._stopped_at += ahead
        if self._reading is not None:
            self._reading += ahead

    def stop(self) -> None:
        self._stopped_at = self.now()

    def run(self) -> None:
        if self._stopped_at is not None:
            self._offset, self._stopped_at = self._stopped_at - int(time.time()), None


def period_end(anchor: int, start: int, interval: str, count: int) -> int:
    """The end of the period that begins at `start`. Periods count from the anchor: 31 January is followed by
    28 February and 31 March."""
    number = 1
    while (end := _later(anchor, interval, count * number)) <= start:
        number += 1
    return end


def _later(anchor: int, interval: str, count: int) -> int:
    at = datetime.fromtimestamp(anchor, UTC)
    match interval:
        case "day" | "week":
            return int((at + timedelta(days=count * (7 if interval == "week" else 1))).timestamp())
        case _:
            months = at.month - 1 + count * (12 if interval == "year" else 1)
            year, month = at.year + months // 12, months % 12 + 1
            day = min(at.day, calendar.monthrange(year, month)[1])
            return int(at.replace(year=year, month=month, day=day).timestamp())


def day(at: int) -> str:
    """`5 Nov 2026`, as on invoices."""
    return f"{datetime.fromtimestamp(at, UTC):%-d %b %Y}"
