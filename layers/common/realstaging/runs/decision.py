"""Decides what the end of a run means for its job; finish.py carries it out."""

import re
from dataclasses import dataclass
from enum import StrEnum

from realstaging.errors import ContentRefusedError, LostRunError, StagingError, StagingTimedOutError
from realstaging.models.runs import Prediction

# Whole phrases of the provider's and its models' for "not this content". A lone word is not enough: faults
# name safety checkers and content filters, too.
REFUSAL = re.compile(
    r"\bE005\b"
    r"|flagged as sensitive"
    r"|NSFW (content|image)s? (was |were )?(detected|found)"
    r"|(flagged|blocked|rejected|refused) by (the |our |a )?(\w+ )?(content|safety|moderation)"
    r"|(content|safety) (policy|filter|system|moderation) (violation|blocked|flagged|rejected|refused)"
    r"|violat\w+ (of )?(the |our |any )?(\w+ )?(content|safety|usage) polic",
    re.IGNORECASE,
)
NEVER_STARTED = "The model never started on this photo. Try again."


class Missing(StrEnum):
    """Why there is no run to decide on."""

    NEVER_MADE = "the provider certainly made no run for this attempt"
    GONE = "the provider knows the run no more, or its list says nothing of one that is too old"
    UNKNOWABLE = "nothing in the runs tells which one is ours"
    NO_ACCOUNT = "our account that ran it is not configured any more"
    NEVER_ENDED = "too much time has passed"


@dataclass(frozen=True, slots=True)
class Wait:
    """It is still running: ask again later."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Nothing was run: the job starts again, and no attempt is counted."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """There is a result to fetch."""

    run: Prediction


@dataclass(frozen=True, slots=True)
class Retry:
    """The attempt failed; another one may help."""

    error: StagingError
    run: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """The job ends. `run` is None if the run's end is unknown."""

    error: StagingError
    run: Prediction | None = None


Decision = Wait | Defer | Deliver | Retry | Fail


def decide(answer: Prediction | Missing, *, may_start_again: bool) -> Decision:
    """`answer`: the run as the provider reports it. `may_start_again`: the job has not waited too long for that."""
    if isinstance(answer, Missing):
        return _decide_without_run(answer, may_start_again)
    if not answer.finished:
        return Wait()
    return Deliver(answer) if answer.status == "succeeded" else _decide_after_failure(answer)


def _decide_without_run(missing: Missing, may_start_again: bool) -> Decision:
    decision: Decision = Retry(StagingTimedOutError(NEVER_STARTED))
    if missing is Missing.NEVER_MADE:
        too_long = StagingTimedOutError("The model was not available for too long. Try again later.")
        decision = Defer() if may_start_again else Fail(too_long)
    elif missing is Missing.UNKNOWABLE:
        decision = Fail(LostRunError("It is not known whether the model took this photo. Try again."))
    elif missing in (Missing.NEVER_ENDED, Missing.NO_ACCOUNT):
        decision = Fail(LostRunError("The model's result never arrived. Try again."))
    return decision


def _decide_after_failure(run: Prediction) -> Decision:
    if run.status == "aborted":
        return Retry(StagingTimedOutError(NEVER_STARTED), run)
    if run.status == "canceled":
        return Retry(StagingTimedOutError("The model took too long for this photo. Try again."), run)
    if REFUSAL.search(run.error or ""):
        why = "The model's content filter refused it. Use another photo or change the prompt."
        return Fail(ContentRefusedError(why), run)
    return Retry(StagingError("The model failed on this photo. Try again, or choose another style or model."), run)
