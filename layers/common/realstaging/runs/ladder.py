"""What the picture check decides: a result is delivered and charged, delivered free, tried again, or refused."""

from realstaging.errors import StructureChangedError
from realstaging.models.jobs import Candidate, Job
from realstaging.models.picture_checks import CheckView
from realstaging.models.verdicts import Reason

_WORDS: dict[Reason, str] = {
    "blank": "it shows nothing",
    "near_identical": "nothing was changed",
    "other_view": "it shows another view",
    "reframed": "part of the room is cut off",
    "stretched": "the room is stretched",
    "lines_lost": "walls, windows or doors have changed",
    "lines_added": "lines were added that the photo does not have",
    "surfaces_changed": "a wall, the floor or the ceiling has another surface",
}


def is_delivered(job: Job, check: CheckView) -> bool:
    """Whether a result is what its job ends with, whatever attempts are left."""
    return check.verdict != "fail" or job.check_policy == "report"


def is_charged(job: Job, check: CheckView) -> bool:
    """A changed room is free, unless its owner allowed changes."""
    return check.verdict != "fail" or (job.check_policy == "report" and not job.keep_structure)


def takes_the_best(job: Job) -> bool:
    """Whether a job without a better result may end with one that failed its check."""
    return job.check_policy == "reroll"


def better(job: Job, found: Candidate | None) -> Candidate | None:
    """The best result so far; of two alike the earlier one."""
    if found is None or job.best is None:
        return found or job.best
    return found if found.check.score > job.best.check.score else job.best


def rerolls(job: Job) -> int:
    """How many results failed their checks: each next one gets another seed."""
    return sum(run.outcome == StructureChangedError.code for run in job.runs)


def explained(check: CheckView) -> str:
    """For the owner: what was wrong with a result, and what to do."""
    found = "; ".join(_WORDS[reason] for reason in check.reasons) or "the room has changed"
    return f"The result does not keep the room: {found}. Try another model or style, or set check to report."
