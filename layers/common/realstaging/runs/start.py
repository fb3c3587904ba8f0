"""Starting a queued job: one claim, one paid run, no waiting for it."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from realstaging.config import Settings
from realstaging.errors import InputRefusedError, StagingTimedOutError
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.gateways.replicate.client import Replicate
from realstaging.gateways.replicate.errors import (
    AccountError,
    NotTakenError,
    RefusedError,
    UnreachableError,
    UnsureError,
)
from realstaging.models.base import Failure
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.runs import Prediction, ResultMessage, StageMessage
from realstaging.observability import count, log
from realstaging.runs.admission import Admission, Permit, Throttled
from realstaging.runs.model_input import ModelInputBuilder, Plan
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore
from realstaging.stores.table import LostRaceError


class Starter:
    """Everything one start needs, bound once per process."""

    def __init__(
        self,
        terms: RuntimeSettings,
        *,
        jobs: JobStore,
        provider: ProviderStore,
        planner: ModelInputBuilder,
        admission: Admission,
        replicate: Replicate,
        queue: StageQueue,
        results: ResultQueue,
        webhook_base: str,
    ) -> None:
        self._terms, self._jobs, self._provider = terms, jobs, provider
        self._planner, self._admission = planner, admission
        self._replicate, self._queue, self._results = replicate, queue, results
        self._webhook_base = webhook_base

    def start(self, message: StageMessage, at: datetime) -> None:
        """Claim the job and start one run. A message that comes twice, or late, finds nothing to claim."""
        scene = self._provider.scene(message.owner, message.job_id)
        job, settings = scene.job, self._terms.under(scene.live)
        if job is None or job.status is not JobStatus.QUEUED:
            log.info("job not waiting to start", job_id=message.job_id, status=job and job.status)
            return
        if wait := self._admission.closed(scene, at):
            self._wait(job, wait, settings, at)
            return
        # Whom we sent away is asked for once before that ends it; in an outage, it ends nobody.
        fresh = not (job.held_back or job.deferrals or scene.breaker.until)
        if fresh and _waited_too_long(job, settings, at):
            self._give_up(job, at)
            return
        try:
            plan = self._planner.plan(job, settings)
        except InputRefusedError as error:
            self._close(job, error, at)
            return
        self._replicate.prepare()  # what fails here costs neither a place nor an attempt
        turn = self._admission.turn(scene, job, settings, at)
        if isinstance(turn, Throttled):
            self._wait(job, turn, settings, at)
            return
        limits = settings.replicate
        try:
            # Until the run is known, ask again soon; afterwards, only when it is overdue.
            unsure = at + timedelta(seconds=limits.timeout_seconds + limits.unsure_after_seconds)
            claimed = self._jobs.claim(job, at, unsure, plan.chosen)
        except LostRaceError:
            log.info("job claimed elsewhere", job_id=job.id)
            return
        self._run(claimed, plan, turn, settings, at)

    def _run(self, job: Job, plan: Plan, turn: Permit, settings: Settings, at: datetime) -> None:
        limits = settings.replicate
        try:
            taken = self._replicate.create(
                model=plan.model.id,
                version=plan.model.version,
                input=plan.input,
                webhook=self._webhook(job) if limits.results == "webhook" else None,
                cancel_after=limits.cancel_after_seconds,
            )
        except NotTakenError as error:
            self._put_off(job, error, turn, settings, at)
        except RefusedError as error:
            log.warning("input refused", job_id=job.id, reason=str(error))
            self._close(job, InputRefusedError("The model does not accept these settings. Choose others."), at)
            self._admission.answered(turn)
        except UnsureError as error:
            # Perhaps paid for: nothing is started again until the webhook or the sweep has told.
            count("StartUnsure")
            log.warning("start unsure", job_id=job.id, attempt=job.attempt, reason=str(error))
            self._admission.failed(turn, settings, at)
        else:
            self._note(job, taken, settings, at)
            self._admission.answered(turn)

    def _note(self, job: Job, run: Prediction, settings: Settings, at: datetime) -> None:
        count("RunStarted")
        limits = settings.replicate
        try:
            self._jobs.note_run(job, run.id, due=at + timedelta(seconds=limits.ask_after_seconds))
        except LostRaceError:
            now = self._jobs.find(job.owner, job.id)
            if now is None or now.status is JobStatus.CANCELED:
                log.info("run of a job that nobody waits for", job_id=job.id, prediction_id=run.id)
                self._results.send([_call_off(job, run)])
            else:
                log.info("run finished before it was noted", job_id=job.id)
            return
        log.info("run started", job_id=job.id, attempt=job.attempt, model=job.model, prediction_id=run.id)
        if limits.results == "poll":
            ask = ResultMessage(owner=job.owner, job_id=job.id, attempt=job.attempt, traceparent=job.traceparent)
            self._results.send([ask], limits.poll_seconds)

    def _put_off(self, job: Job, error: NotTakenError, turn: Permit, settings: Settings, at: datetime) -> None:
        """Back into the queue for a while: nobody's job fails because the provider is busy or we are out of credit."""
        limits = settings.replicate
        backoff = min(5 * 2 ** min(job.deferrals, 6), limits.max_retry_after_seconds)
        delay = int(error.retry_after if error.retry_after is not None else backoff) + 1
        if isinstance(error, AccountError):
            count("ProviderAccountClosed")
            log.error("provider account cannot be used", reason=error.reason)
            delay = self._admission.refused(turn, settings, at)
        elif isinstance(error, UnreachableError):
            count("ProviderUnreachable")
            self._admission.failed(turn, settings, at)
        else:
            count("RunThrottled")
            self._admission.throttled(turn, at, delay)
            if turn.probe is None and _waited_too_long(job, settings, at):
                self._give_up(job, at)
                return
        try:
            look_again = at + timedelta(seconds=delay + settings.jobs.resend_after_seconds)
            deferred = self._jobs.defer(job, at, look_again, turn.slot)
        except LostRaceError:
            return
        log.info("start put off", job_id=job.id, reason=error.reason, seconds=delay)
        self._queue.send([deferred], delay)

    def _wait(self, job: Job, wait: Throttled, settings: Settings, at: datetime) -> None:
        """Not claimed: the job stays queued, its date behind its turn, and its message comes again."""
        look_again = at + timedelta(seconds=wait.seconds + settings.jobs.resend_after_seconds)
        held = job.held_back and job.due_at is not None and job.due_at >= look_again
        if not held or wait.slot not in (None, job.slot):
            try:
                self._jobs.postpone(job, look_again, wait.slot)
            except LostRaceError:
                log.info("job moved on meanwhile", job_id=job.id)
                return
        log.info("start waits", job_id=job.id, reason=wait.why, seconds=wait.seconds)
        self._queue.send([job], wait.seconds)

    def _give_up(self, job: Job, at: datetime) -> None:
        self._close(job, StagingTimedOutError("The model was not available for too long. Try again later."), at)

    def _close(self, job: Job, error: InputRefusedError | StagingTimedOutError, at: datetime) -> None:
        try:
            self._jobs.close(job, JobStatus.FAILED, at, Failure.of(error))
        except LostRaceError:
            log.info("job moved on meanwhile", job_id=job.id)

    def _webhook(self, job: Job) -> str:
        query = urlencode({"owner": job.owner, "traceparent": job.traceparent})
        return f"{self._webhook_base}/v1/webhooks/replicate/{job.id}/{job.attempt}?{query}"


def _waited_too_long(job: Job, settings: Settings, at: datetime) -> bool:
    """Since the photo was there: how long that took is not the model's fault."""
    return at - (job.queued_at or job.created_at) > timedelta(hours=settings.jobs.max_hours)


def _call_off(job: Job, run: Prediction) -> ResultMessage:
    return ResultMessage(
        owner=job.owner, job_id=job.id, attempt=job.attempt, traceparent=job.traceparent, cancel=run.id
    )
