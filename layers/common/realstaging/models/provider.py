"""How it stands with the provider: whether it takes runs of one of our accounts there, and how many a minute."""

from datetime import UTC, datetime

from pydantic import AwareDatetime, Field

from realstaging.models.base import Frozen

# The account at the provider that every deployment has; rows, messages and addresses without a name mean it.
DEFAULT_ACCOUNT = "default"


class Breaker(Frozen):
    """How starts have been answered lately. Open, so that nothing is started, while `until` is set.

    `seconds` is the length of the running pause, `probes` how many single runs have tried in vain.
    """

    failures: int = 0
    until: AwareDatetime | None = None
    seconds: int = 0
    probes: int = 0
    reason: str | None = None


class ModelBreakers(Frozen):
    """Which models the provider refuses now: an open breaker for each. `version` grows with each change."""

    version: int = 0
    models: dict[str, Breaker] = Field(default_factory=dict)


class Slot(Frozen):
    """A job's place in the schedule of an account's starts, in the schedule's own time."""

    at: int
    per_minute: int
    account: str = DEFAULT_ACCOUNT


class StartSchedule(Frozen):
    """The schedule of starts, in microseconds of a clock that stood still for `held` of them.

    Places keep their distances when the provider makes everybody wait: the clock stands still until
    `held_until`, and no row but this one changes.
    """

    per_minute: int = 0
    next_at: int = 0
    held: int = 0
    held_until: int = 0

    def clock(self, at: datetime) -> int:
        return max(micros(at), self.held_until) - self.held

    def time_of(self, slot: Slot) -> datetime:
        """When it is this place's turn, as it looks now."""
        return datetime.fromtimestamp((slot.at + self.held) / 1_000_000, UTC)


def micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
