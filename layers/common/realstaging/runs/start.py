"""Starts a queued job: one claim, one paid run, without waiting for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from realstaging.config import Settings
from realstaging.errors import (
    InputRefusedError,
    ModelUnavailableError,
    NotFoundError,
    StagingError,
    StagingTimedOutError,
)
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.gateways.replicate.accounts import ReplicateAccounts
from realstaging.gateways.replicate.errors import (
    AccountError,
    ModelRefusedError,
    NotTakenError,
    RefusedError,
    UnreachableError,
    UnsureError,
)
from realstaging.models.base import Failure
from realstaging.models.circuit_breaker import PROBE_SECONDS
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.provider import DEFAULT_ACCOUNT, Slot
from realstaging.models.runs import MAX_ROUNDS, MAX_ROUNDS_WITH_PLACE, Prediction, ResultMessage, Run, StageMessage
from realstaging.models.start_schedule import backoff
from realstaging.observability import count, count_by_account, log
from realstaging.runs import ladder
from realstaging.runs.admission import Admission, Permit, Throttled, has_other, is_outage, usable
from realstaging.runs.model_breakers import ModelCircuits, is_open
from realstaging.runs.model_input import ModelInputBuilder, Plan
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore, StartState
from realstaging.stores.table import LostRaceError
from realstaging.tracing.recorder import recorder


class Starter:
    """Starts jobs."""

    def __init__(
        self,
        settings: RuntimeSettings,
        *,
        jobs: JobStore,
        provider: ProviderStore,
        planner: ModelInputBuilder,
        admission: Admission,
        replicate: ReplicateAccounts,
        queue: StageQueue,
        results: ResultQueue,
        webhook_base: str,
    ) -> None:
        self._settings, self._jobs, self._provider = settings, jobs, provider
        self._planner, self._admission, self._circuits = planner, admission, ModelCircuits(provider)
        self._replicate, self._queue, self._results = replicate, queue, results
        self._webhook_base = webhook_base

    def start(self, message: StageMessage, at: datetime, in_line: timedelta = timedelta()) -> None:
        """Claim the job and start one run. A repeated or late message finds nothing to claim.

        `in_line`: how long the message stood behind others.
        """
        state = self._provider.read_state(message.owner, message.job_id, self._replicate.names)
        job, settings = state.job, self._settings.under(state.live)
        if job is None or job.status is not JobStatus.QUEUED or self._jobs.is_orphan(job):
            log.info("job not waiting to start", job_id=message.job_id, status=job and job.status)
            return
        rounds = message.rounds or 0
        if wait := self._admission.check_breaker(state, settings, at):
            self._wait(job, wait, settings, rounds, at)
            return
        # A deferred job gets one more try before it expires; during an outage none expire.
        fresh = not (job.held_back or job.deferrals or is_outage(state, settings))
        if fresh and _has_waited_too_long(job, settings, at):
            self._give_up(job, at)
            return
        try:
            plan = self._planner.plan(job, settings, lambda model: is_open(state.models, model, at))
        except (InputRefusedError, ModelUnavailableError) as error:
            self._close(job, error, at)
        else:
            self._begin(job, plan, state, settings, rounds=rounds, at=at, in_line=in_line)

    def _begin(
        self,
        job: Job,
        plan: Plan,
        state: StartState,
        settings: Settings,
        *,
        rounds: int,
        at: datetime,
        in_line: timedelta,
    ) -> None:
        """Get a permit, claim the job and run it; without a permit it waits."""
        # A failure here costs neither a slot nor an attempt.
        ready = self._replicate.prepared(usable(state, settings, at))
        permit = self._admission.admit(state, job, settings, at, accounts=ready, in_line=in_line)
        if isinstance(permit, Throttled):
            self._wait(job, permit, settings, rounds, at)
            return
        if not self._circuits.may_try(state.models, plan.model.id, at):
            self._admission.give_back(permit)
            self._wait(job, Throttled(PROBE_SECONDS, "another one tries its model", permit.slot), settings, rounds, at)
            return
        limits = settings.replicate
        try:
            # Due soon while the run is unknown; once it is known, only when it is overdue.
            unsure = at + timedelta(seconds=limits.timeout_seconds + limits.unsure_after_seconds)
            claimed = self._jobs.claim(job, at, unsure, plan.chosen | {"provider_account": permit.account})
        except LostRaceError:
            log.info("job already claimed", job_id=job.id)
            self._admission.give_back(permit)
            return
        self._run(claimed, plan, _Start(permit, state, settings, rounds, at))

    def _run(self, job: Job, plan: Plan, start: "_Start") -> None:
        permit, settings, at = start.permit, start.settings, start.at
        limits = settings.replicate
        try:
            taken = self._replicate.of(permit.account).create(
                model=plan.model.id,
                version=plan.model.version,
                input=plan.input,
                webhook=self._build_webhook_url(job) if limits.results == "webhook" else None,
                cancel_after=limits.cancel_after_seconds,
            )
        except ModelRefusedError as error:
            self._circuits.note_refusal(plan.model.id, error.reason, limits.breaker_seconds, at)
            self._hand_over(job, settings, at)
            self._admission.note_answer(permit)
        except NotTakenError as error:
            self._defer(job, error, start)
        except RefusedError as error:
            log.warning("input refused", job_id=job.id, reason=str(error))
            self._close(job, InputRefusedError("The model does not accept these settings. Choose others."), at)
            self._admission.note_answer(permit)
        except UnsureError as error:
            # The run may be billed: nothing is started again until the webhook or the sweep has found out.
            count("StartUnsure")
            log.warning("start unsure", job_id=job.id, attempt=job.attempt, reason=str(error))
            self._admission.note_failure(permit, settings, at)
        else:
            self._note_run(job, taken, settings, at)
            self._admission.note_answer(permit)
            self._circuits.note_answer(start.state.models, plan.model.id)

    def _hand_over(self, job: Job, settings: Settings, at: datetime) -> None:
        """Book the attempt for the refused model; the next start chooses another model, or ends the job."""
        ended = Run(
            attempt=job.start_number,
            model=job.model,
            outcome=ModelUnavailableError.code,
            account=job.provider_account,
        )
        try:
            self._jobs.requeue(job, at, at + timedelta(seconds=settings.jobs.resend_after_seconds), ended)
        except LostRaceError:
            log.info("stale update ignored", job_id=job.id)
            return
        self._queue.send([job])

    def _note_run(self, job: Job, run: Prediction, settings: Settings, at: datetime) -> None:
        count("RunStarted")
        if settings.replicate.accounts:
            count_by_account("AccountRunStarted", job.provider_account)
        limits = settings.replicate
        try:
            self._jobs.note_run(job, run.id, due=at + timedelta(seconds=limits.ask_after_seconds))
        except LostRaceError:
            now = self._jobs.find(job.owner, job.id)
            # A start that took so long that it was put off meanwhile has no line among the runs.
            if now is None or now.status is JobStatus.CANCELED or not now.has_booked(job.start_number):
                log.info("run of a job that nobody waits for", job_id=job.id, prediction_id=run.id)
                self._results.send([ResultMessage.stop(job, run.id)])
            else:
                log.info("run finished before its id was stored", job_id=job.id)
            return
        log.info(
            "run started",
            job_id=job.id,
            attempt=job.attempt,
            model=job.model,
            prediction_id=run.id,
            account=job.provider_account,
        )
        if limits.results == "poll":
            self._results.send([ResultMessage.ask(job)], limits.poll_seconds)

    def _defer(self, job: Job, error: NotTakenError, start: "_Start") -> None:
        """Back to the queue: no job fails because the provider is busy or we are out of credit. Where it is only one
        account that is, another one takes the job at once.
        """
        permit, settings, at, slot = start.permit, start.settings, start.at, start.permit.slot
        limits, goes_on = settings.replicate, has_other(start.state, settings, permit.account)
        told = error.retry_after
        delay = int(told) + 1 if told is not None else backoff(job.deferrals, limits.max_retry_after_seconds)
        if isinstance(error, AccountError):
            count("ProviderAccountClosed")
            log.error("provider account cannot be used", account=permit.account, reason=error.reason)
            delay = self._admission.note_refusal(permit, settings, at)
            delay, slot = (0, None) if goes_on else (delay, slot)
        elif isinstance(error, UnreachableError):
            count("ProviderUnreachable")
            self._admission.note_failure(permit, settings, at)
        else:
            count("RunThrottled")
            self._admission.note_throttling(permit, at, delay)
            if permit.probe is None and _has_waited_too_long(job, settings, at):
                self._give_up(job, at)
                return
            if slot and goes_on:  # it has made the account's schedule wait; without one, it must wait itself
                delay, slot = 0, None
        parked = _is_to_be_parked(start.rounds, slot)
        try:
            due = _compute_due(delay, parked, settings, at)
            deferred = self._jobs.defer(job, at, due, None if parked else slot, parked=parked)
        except LostRaceError:
            return
        log.info("start deferred", job_id=job.id, account=permit.account, reason=error.reason, seconds=delay)
        if not parked:
            self._queue.send([deferred], delay, rounds=start.rounds + 1)

    def _wait(self, job: Job, wait: Throttled, settings: Settings, rounds: int, at: datetime) -> None:
        """The job stays queued, is due after its turn, and its message is sent again."""
        parked = _is_to_be_parked(rounds, wait.slot)
        due = _compute_due(wait.seconds, parked, settings, at)
        held = job.held_back and not parked and job.due_at is not None and job.due_at >= due
        if not held or wait.slot not in (None, job.slot):
            try:
                self._jobs.postpone(job, due, wait.slot, parked=parked)
            except LostRaceError:
                log.info("stale update ignored", job_id=job.id)
                return
        log.info("start throttled", job_id=job.id, reason=wait.why, seconds=wait.seconds)
        if not parked:
            self._queue.send([job], wait.seconds, rounds=rounds + 1)

    def _give_up(self, job: Job, at: datetime) -> None:
        self._close(job, StagingTimedOutError("The model was not available for too long. Try again later."), at)

    def _close(self, job: Job, error: StagingError, at: datetime) -> None:
        """End the job with the best result of its attempts, not charged, or as failed."""
        best = job.best if ladder.takes_the_best(job) else None
        try:
            if best:
                self._jobs.deliver(job, at, best.details, None, charged=False)
            else:
                self._jobs.close(job, JobStatus.FAILED, at, Failure.of(error))
        except NotFoundError:
            log.info("project already deleted", job_id=job.id)  # the purge takes the job, and its files
            return
        except LostRaceError:
            log.info("stale update ignored", job_id=job.id)
            return
        if best:
            count("JobDelivered")
            count("JobDeliveredFree")
            log.info("job delivered", job_id=job.id, attempt=best.attempt, model=job.model, charged=False)
            return
        count("JobFailed")
        log.info("job failed", job_id=job.id, attempt=job.attempt, model=job.model, code=error.code)

    def _build_webhook_url(self, job: Job) -> str:
        query = {"owner": job.owner, "traceparent": recorder.onward(job.traceparent)}
        if job.provider_account != DEFAULT_ACCOUNT:
            query["account"] = job.provider_account
        return f"{self._webhook_base}/v1/webhooks/replicate/{job.id}/{job.start_number}?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class _Start:
    """What one start has read, and its permit."""

    permit: Permit
    state: StartState
    settings: Settings
    rounds: int
    at: datetime


def _is_to_be_parked(rounds: int, slot: Slot | None) -> bool:
    """Whether the sweep must send the message next: Lambda stops long chains of returns to a queue."""
    return rounds + 1 >= (MAX_ROUNDS_WITH_PLACE if slot else MAX_ROUNDS)


def _compute_due(seconds: int, parked: bool, settings: Settings, at: datetime) -> datetime:
    """When the job is due: at its turn if it is parked; otherwise when its message must have been lost."""
    return at + timedelta(seconds=seconds + (0 if parked else settings.jobs.resend_after_seconds))


def _has_waited_too_long(job: Job, settings: Settings, at: datetime) -> bool:
    """Counted from the photo's arrival: the time before is not the model's fault."""
    return at - (job.queued_at or job.created_at) > timedelta(hours=settings.jobs.max_hours)
