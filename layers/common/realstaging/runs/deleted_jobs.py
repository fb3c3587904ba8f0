"""Books the cost of runs whose jobs were deleted, once. Nothing is delivered."""

from realstaging.gateways.replicate.accounts import ReplicateAccounts
from realstaging.gateways.replicate.errors import UnsureError
from realstaging.models.runs import Prediction, ResultMessage, UnbookedRun
from realstaging.observability import log
from realstaging.runs import costs
from realstaging.stores.table import LostRaceError
from realstaging.stores.tombstones import TombstoneStore


class DeletedJobs:
    def __init__(self, tombstones: TombstoneStore, replicate: ReplicateAccounts) -> None:
        self._tombstones, self._replicate = tombstones, replicate

    def settle(self, message: ResultMessage) -> None:
        """Book the end of a run, as reported or looked up. While it is unknown, the purge asks again."""
        found = self._tombstones.find(message.owner, f"JOB#{message.job_id}")
        run = found.run if found else None
        if found is None or run is None or run.attempt != message.attempt:
            log.info("result of an unknown job", job_id=message.job_id, attempt=message.attempt)
            return
        if message.account != run.account:
            log.warning("report of another account", job_id=message.job_id, account=message.account)
            return
        told = message.prediction or self._find_run(run)
        if told is None or not told.finished or not _is_report_of(told, run):
            log.info("deleted job's run not settled yet", job_id=message.job_id, attempt=message.attempt)
            return
        try:
            self._tombstones.book(found, run, billed=costs.is_billed(told))
        except LostRaceError:
            log.info("run already booked", job_id=message.job_id)
            return
        log.info("run ended after its job was deleted", job_id=message.job_id, attempt=message.attempt)

    def _find_run(self, run: UnbookedRun) -> Prediction | None:
        try:
            return self._replicate.of(run.account).find(run.prediction_id) if run.prediction_id else None
        except UnsureError:
            return None


def _is_report_of(told: Prediction, run: UnbookedRun) -> bool:
    if run.prediction_id:
        return told.id == run.prediction_id
    return run.marker in told.marks.split()
