"""What the end of a run means for its job: decided here, done in finish.py."""

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


class Missing(StrEnum):
    """Why there is no run to look at."""

    NEVER_MADE = "the provider certainly made no run for this attempt"
    GONE = "the provider knows the run no more, or its list says nothing of one that is too old"
    UNKNOWABLE = "nothing in the runs tells which one is ours"
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
    """The job ends here. `run` is None where nobody can tell what became of it."""

    error: StagingError
    run: Prediction | None = None


Decision = Wait | Defer | Deliver | Retry | Fail


def decide(answer: Prediction | Missing, *, may_start_again: bool) -> Decision:
    """`answer`: the run as the provider tells of it. `may_start_again`: the job has not waited too long for that."""
    never_started = StagingTimedOutError("The model never started on this photo. Try again.")
    match answer:
        case Missing.NEVER_MADE:
            too_long = StagingTimedOutError("The model was not available for too long. Try again later.")
            return Defer() if may_start_again else Fail(too_long)
        case Missing.GONE:
            return Retry(never_started)
        case Missing.UNKNOWABLE:
            return Fail(LostRunError("It is not known whether the model took this photo. Try again."))
        case Missing.NEVER_ENDED:
            return Fail(LostRunError("The model's result never arrived. Try again."))
    if not answer.finished:
        return Wait()
    if answer.status == "succeeded":
        return Deliver(answer)
    if answer.status == "aborted":
        return Retry(never_started, answer)
    if answer.status == "canceled":
        return Retry(StagingTimedOutError("The model took too long for this photo. Try again."), answer)
    if REFUSAL.search(answer.error or ""):
        return Fail(
            ContentRefusedError("The model's content filter refused it. Use another photo or change the prompt."),
            answer,
        )
    return Retry(StagingError("The model failed on this photo. Try again, or choose another style or model."), answer)
