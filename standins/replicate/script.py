"""What happens to the next predictions, set by `POST /_script` (see README.md)."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from standins.replicate.rate_limit import Bucket, Limit

Name = Literal[
    "succeed",
    "fail",
    "error_pa",
    "error_director",
    "out_of_memory",
    "start_timeout",
    "unavailable",
    "sensitive",
    "abort",
    "hang",
    "unknown_status",
    "create:402",
    "create:422",
    "create:429",
    "create:500",
    "create:502",
    "create:503",
    "create:timeout_before_create",
    "create:timeout_after_create",
    "create:reset_before_create",
    "create:reset_after_create",
    "webhook:drop",
    "webhook:duplicate",
    "webhook:late",
    "webhook:unsigned",
    "webhook:forged",
    "webhook:tampered",
    "webhook:stale",
    "webhook:before_response",
    "result:square",
    "result:text",
    "result:html",
    "result:truncated",
    "result:too_large",
    "result:gone",
    "result:flaky",
    "result:slow",
    "result:string",
    "result:none",
    "result:foreign",
    "result:zoomed",
    "result:shifted",
    "result:stretched",
    "result:other_view",
    "result:window_removed",
    "result:wall_recoloured",
    "result:blank",
    "result:unchanged",
]

# Error texts of failed predictions, as Replicate words them.
ERRORS = {
    "fail": "Something went wrong while the model was running.",
    "error_pa": "Prediction interrupted; please retry (code: PA)",
    "error_director": "Director: unexpected error handling prediction (E9828)",
    "out_of_memory": "Out of memory (E1001)",
    "start_timeout": "Director: unexpected error handling prediction (E6716)",
    "unavailable": "Service is temporarily unavailable. Please try again later. (E003)",
    "sensitive": "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Outcome(Strict):
    """A name from the list, and the settings that some of them take."""

    outcome: Name
    latency: float | None = Field(default=None, ge=0)
    error: str | None = None
    status: str = "reviewing"
    started: bool = True
    announced: bool = False
    seconds: float | None = Field(default=None, ge=0)
    header: int | None = None
    body: int | None = None
    html: bool = False
    real_after: float | None = Field(default=None, ge=0)
    bytes: int = 64 * 1024 * 1024
    times: int = 1
    by: float | None = Field(default=None, gt=0, le=0.5)
    url: str = "http://foreign.invalid/out-0.webp"

    @property
    def stage(self) -> str:
        stage, colon, _ = self.outcome.partition(":")
        return stage if colon else "run"

    @property
    def kind(self) -> str:
        return self.outcome.rpartition(":")[2]


class Match(Strict):
    """All given fields must match; `nth` counts the creations that match the others."""

    prompt_contains: str | None = None
    image_contains: str | None = None
    webhook_contains: str | None = None
    model: str | None = None
    token: str | None = None
    nth: int | list[int] | None = None


class Rule(Strict):
    match: Match = Match()
    times: int | None = Field(default=None, ge=1)
    then: list[Outcome]

    @field_validator("then", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> list[Any]:
        many = given if isinstance(given, list) else [given]
        return [{"outcome": each} if isinstance(each, str) else each for each in many]


class Script(Strict):
    latency: float | None = Field(default=None, ge=0)
    webhook_retries: list[float] = [1, 2, 4, 8, 15, 30]
    keep_seconds: float = Field(default=3600, ge=0)
    limit: Limit | None = None
    limits: dict[str, Limit] = {}
    rules: list[Rule] = []
    append: bool = False


SUCCEED = Outcome(outcome="succeed")


@dataclass(frozen=True)
class Plan:
    """The outcomes chosen for one creation, one for each stage."""

    latency: float
    run: Outcome = SUCCEED
    create: Outcome | None = None
    webhook: Outcome | None = None
    result: Outcome | None = None

    @property
    def names(self) -> list[str]:
        chosen = (self.run, self.create, self.webhook, self.result)
        return [each.outcome for each in chosen if each and each.outcome != "succeed"]


@dataclass(frozen=True)
class Request:
    """The parts of a creation that rules look at."""

    model: str
    prompt: str
    images: str
    webhook: str
    token: str


@dataclass
class _Count:
    rule: Rule
    seen: int = 0
    used: int = 0

    def fits(self, request: Request) -> bool:
        wanted = self.rule.match
        pairs = (
            (wanted.prompt_contains, request.prompt),
            (wanted.image_contains, request.images),
            (wanted.webhook_contains, request.webhook),
        )
        if any(part is not None and part not in whole for part, whole in pairs):
            return False
        if wanted.model not in (None, request.model) or wanted.token not in (None, request.token):
            return False
        self.seen += 1
        nth = [wanted.nth] if isinstance(wanted.nth, int) else wanted.nth
        return (not nth or self.seen in nth) and (not self.rule.times or self.used < self.rule.times)


@dataclass
class Director:
    """Holds the script and applies the first rule that matches a creation."""

    usual_latency: float
    script: Script = field(default_factory=Script)
    _counts: list[_Count] = field(default_factory=list)
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def follow(self, script: Script) -> None:
        kept = self._counts if script.append else []
        self._counts = [*kept, *(_Count(rule) for rule in script.rules)]
        if script.append:
            script = self.script.model_copy(update=script.model_dump(exclude_unset=True, exclude={"rules"}))
        self.script = script
        self._buckets = {}

    def wait(self, token: str, now: float) -> int | None:
        """Seconds a creation of an account must wait for its limit; None if it may pass."""
        limit = self.script.limits.get(token, self.script.limit)
        return self._buckets.setdefault(token, Bucket(limit)).take(now) if limit else None

    def choose(self, request: Request) -> Plan:
        script_latency = self.script.latency
        latency = self.usual_latency if script_latency is None else script_latency
        # Every rule counts its matches, even if an earlier rule applies: `nth` does not depend on other rules.
        takers = [count for count in self._counts if count.fits(request)]
        if not takers:
            return Plan(latency)
        takers[0].used += 1
        then = takers[0].rule.then
        chosen: dict[str, Any] = {each.stage: each for each in then}
        own = [each.latency for each in then if each.latency is not None]
        return Plan(own[0] if own else latency, **chosen)

    def as_json(self) -> dict[str, Any]:
        page = self.script.model_dump(exclude={"rules", "append"})
        page["rules"] = [
            count.rule.model_dump(exclude_defaults=True) | {"seen": count.seen, "used": count.used}
            for count in self._counts
        ]
        return page
