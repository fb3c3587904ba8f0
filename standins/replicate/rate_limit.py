"""The limit on creations, as a token bucket: above it the API returns 429."""

import math

from pydantic import BaseModel, ConfigDict, Field


class Limit(BaseModel):
    """`per_minute` creations, `burst` of them at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_minute: int = Field(ge=1)
    burst: int = Field(default=1, ge=1)


class Bucket:
    def __init__(self, limit: Limit) -> None:
        self._limit, self._filled, self._at = limit, float(limit.burst), 0.0

    def take(self, now: float) -> int | None:
        """Whole seconds to wait; None if the creation may pass. `now`: monotonic seconds."""
        per_second = self._limit.per_minute / 60
        self._filled = min(self._limit.burst, self._filled + (now - self._at) * per_second)
        self._at = now
        if self._filled >= 1:
            self._filled -= 1
            return None
        return math.ceil((1 - self._filled) / per_second)
