"""Rules of a script: for answers, for webhooks, and for unpaid invoices."""

from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

type Broken = Literal["unsigned", "forged", "tampered", "stale"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Counted(Strict):
    """Applies `times` times; without it, always."""

    times: int | None = Field(default=None, ge=0)
    used: int = 0

    def take(self) -> bool:
        if self.times is not None and self.used >= self.times:
            return False
        self.used += 1
        return True


class AnswerRule(Counted):
    """`*` in a path matches anything."""

    path: str = "/v1/*"
    method: Literal["GET", "POST", "DELETE"] | None = None

    def fits(self, method: str, path: str) -> bool:
        return self.method in (None, method) and fnmatchcase(path, self.path) and self.take()


class Fail(AnswerRule):
    """Refused before anything is done."""

    status: int = Field(default=500, ge=400, le=599)
    code: str | None = None


class Slow(AnswerRule):
    seconds: float = Field(ge=0)


class After(AnswerRule):
    """Done, but the answer is lost: the connection is cut."""


class DeliveryRule(Counted):
    type: str = "*"
    then: Literal["lose", "hold", "delay", "duplicate"] | Broken
    seconds: float = 5.0
    real_after: float | None = None

    def takes(self, type: str) -> bool:
        return fnmatchcase(type, self.type) and self.take()


class Dunning(Strict):
    """Days between attempts at an unpaid invoice, and the state of its subscription after the last."""

    days: list[float] = [1, 3, 5]
    then: Literal["canceled", "unpaid", "past_due"] = "canceled"


class Faults:
    """The active answer rules of each kind, in the order given."""

    def __init__(self) -> None:
        self.fail: list[Fail] = []
        self.slow: list[Slow] = []
        self.after: list[After] = []

    def as_json(self) -> dict[str, list[dict[str, object]]]:
        return {name: [each.model_dump() for each in getattr(self, name)] for name in ("fail", "slow", "after")}
