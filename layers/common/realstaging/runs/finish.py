"""Finishes a paid run: its result is delivered, or the job is retried or fails. The quota is settled either way."""

from collections.abc import Callable
from datetime import datetime, timedelta

from realstaging.config import Settings
from realstaging.errors import (
    LostRunError,
    NotFoundError,
    OutputUnusableError,
    StagingError,
    StagingTimedOutError,
    StructureChangedError,
)
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.gateways.replicate.accounts import ReplicateAccounts
from realstaging.gateways.replicate.errors import UnsureError
from realstaging.gateways.result_download import ResultDownload
from realstaging.image_models import prompts
from realstaging.image_models.run_price import pixels_matter
from realstaging.models import start_schedule
from realstaging.models.base import Failure
from realstaging.models.jobs import Candidate, Job, JobStatus
from realstaging.models.runs import DELIVERED, Prediction, ResultMessage, Run
from realstaging.observability import count, duration, log
from realstaging.runs import costs, ladder, model_selection
from realstaging.runs.decision import Defer, Deliver, Fail, Missing, Retry, Wait, decide
from realstaging.runs.deleted_jobs import DeletedJobs
from realstaging.runs.results import ResultMaker
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.checks import CheckStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore
from realstaging.stores.table import LostRaceError

TRIES = 5
# The objective of slos.yaml: this long from the queue to the result.
LATE = timedelta(minutes=5)
# The provider lists inputs, which contain our marker, for one hour.
INPUTS_SHOWN = timedelta(minutes=50)


class Finisher:
    """Settles results. `terms`: the runtime settings, read only if an attempt has failed."""

    def __init__(
        self,
        settings: Settings,
        terms: RuntimeSettings,
        *,
        jobs: JobStore,
        images: ImageStore,
        media: Media,
        provider: ProviderStore,
        replicate: ReplicateAccounts,
        deliveries: ResultDownload,
        queue: StageQueue,
        results: ResultQueue,
        deleted: DeletedJobs,
        checks: CheckStore,
    ) -> None:
        self._settings, self._terms = settings, terms
        self._jobs, self._images, self._media = jobs, images, media
        self._provider, self._replicate = provider, replicate
        self._maker = ResultMaker(settings, media=media, downloads=deliveries, checks=checks)
        self._queue, self._results, self._deleted = queue, results, deleted

    def settle(self, message: ResultMessage, at: datetime) -> None:
        """Settle the run of a message, reported or looked up. Repeated, late and foreign reports change nothing."""
        if message.cancel:
            self._replicate.cancel(message.account, message.cancel)
            log.info("run canceled", job_id=message.job_id, prediction_id=message.cancel)
            return
        job = self._jobs.find(message.owner, message.job_id)
        if job is None:
            self._deleted.settle(message)
            return
        current = job.start_number == message.attempt and not job.booked
        if current and job.status is JobStatus.PROCESSING:
            self._settle(job, message, at)
        elif message.prediction and (told := costs.find_unbooked(job, message.attempt)):
            self._book_late(job, told, message, at)
        else:
            log.info("result of an old attempt", job_id=message.job_id, attempt=message.attempt)

    def _settle(self, job: Job, message: ResultMessage, at: datetime) -> None:
        try:
            answer = _match_report(job, message) or self._find_run(job, at)
            if isinstance(answer, Prediction) and not answer.finished and self._is_overdue(job, at):
                answer = self._cancel_overdue(job, answer)
        except UnsureError as error:
            count("AskUnsure")
            log.warning("provider gave no clear answer", job_id=job.id, reason=str(error))
            self._look_again(job, at, self._settings.replicate.unsure_after_seconds)
            return
        except LostRaceError:
            log.info("stale update ignored", job_id=job.id)
            return
        match decide(answer, may_start_again=not self._has_waited_too_long(job, at)):
            case Wait():
                self._wait(job, at)
            case Defer():
                self._defer(job, at)
            case Deliver(run):
                self._deliver(job, run, at)
            case Retry(why, ended):
                _log_provider_error(ended)
                self._retry(job, why, self._build_run(job, why, ended), at)
            case Fail(why, ended):
                _log_provider_error(ended)
                # A run whose end is unknown is booked when the provider reports it after all.
                self._fail(job, why, None if isinstance(why, LostRunError) else self._build_run(job, why, ended), at)

    def _book_late(self, job: Job, told: Job, message: ResultMessage, at: datetime) -> None:
        """Book a run that ended after its job, or after the attempt `told`: not delivered, but it may be billed."""
        line = next((each for each in job.runs if each.attempt == told.start_number), None)
        if told is not job:
            # A start that was put off has no line: whichever of our accounts reports it has run it.
            told = told.model_copy(update={"provider_account": line.account if line else message.account})
        run = _match_report(told, message)
        if run is None:
            return
        photo = self._images.find(job.owner, job.image_id) if pixels_matter(told) else None
        known = line and line.outcome
        was_put_off = message.attempt != job.start_number or not job.has_unbooked_run
        outcome = known or (StagingTimedOutError.code if was_put_off else job.status.value)
        ended = costs.build_run(told, outcome, run, photo)
        if ended.cost_usd or not (known or was_put_off):
            self._book(job, ended, at)

    def _write_end(self, job: Job, ended: Run | None, at: datetime, write: Callable[[Job], object]) -> bool:
        """Write the end of an attempt; False if another call has ended it.

        If only an earlier attempt was booked meanwhile, the job has a new version, and the write is repeated.
        Raises LostRaceError after TRIES, so that the message is delivered again.
        """
        for _ in range(TRIES):
            try:
                write(job)
            except LostRaceError:
                now = self._jobs.find(job.owner, job.id)
                if now is None or not _is_same_attempt(now, job):
                    self._book_lost_race(job, now, ended, at)
                    return False
                job = now
            else:
                return True
        raise LostRaceError({})

    def _book_lost_race(self, job: Job, now: Job | None, ended: Run | None, at: datetime) -> None:
        """Another call has ended the job: book the run's cost, unless it was booked."""
        log.info("stale update ignored", job_id=job.id)
        if ended and now and now.status.final and now.start_number == job.start_number and not now.booked:
            self._book(now, ended.model_copy(update={"outcome": now.status.value}), at)

    def _book(self, job: Job, ended: Run, at: datetime) -> None:
        try:
            self._jobs.book(job, at, ended)
        except LostRaceError:
            log.info("run already booked", job_id=job.id)
            return
        log.info("run ended after its job", job_id=job.id, attempt=job.attempt)

    def _find_run(self, job: Job, at: datetime) -> Prediction | Missing:
        """This attempt's run as the provider reports it. Raises UnsureError, LostRaceError."""
        # Counted from the start: the photo and the queue may have taken a day.
        limits, started = self._settings.replicate, job.started_at or job.updated_at
        account = [job.provider_account]
        if at - started > timedelta(hours=self._terms.settings().jobs.max_hours) and self._provider.answers(account):
            return Missing.NEVER_ENDED
        if job.provider_account not in self._replicate.names and self._is_overdue(job, at):
            # Until then it may be configured again.
            return Missing.NO_ACCOUNT
        replicate = self._replicate.of(job.provider_account)
        if job.prediction_id:
            return replicate.find(job.prediction_id) or Missing.GONE
        if limits.inputs == "inline":
            # The input has no marker of ours. Better no result than two bills.
            return Missing.UNKNOWABLE
        margin = timedelta(seconds=60)
        run = replicate.find_marked(
            job.marker, started - margin, started + timedelta(seconds=limits.timeout_seconds) + margin
        )
        if run is None:
            return Missing.NEVER_MADE if at - started < INPUTS_SHOWN else Missing.GONE
        self._jobs.note_run(job, run.id, due=at + timedelta(seconds=limits.ask_after_seconds))
        return run

    def _is_overdue(self, job: Job, at: datetime) -> bool:
        return at - (job.started_at or at) > timedelta(seconds=self._settings.replicate.cancel_after_seconds + 120)

    def _has_waited_too_long(self, job: Job, at: datetime) -> bool:
        """False during an outage: jobs wait for its end."""
        settings = self._terms.settings()
        most = timedelta(hours=settings.jobs.max_hours)
        return at - (job.queued_at or job.created_at) > most and self._provider.answers(settings.replicate.paces)

    def _cancel_overdue(self, job: Job, run: Prediction) -> Prediction:
        """Cancel a run that takes too long; returns it as the provider will report it, without waiting for that."""
        self._replicate.cancel(job.provider_account, run.id)
        return run.model_copy(update={"status": "aborted" if run.status == "starting" else "canceled"})

    def _build_run(self, job: Job, error: StagingError, run: Prediction | None) -> Run:
        photo = self._images.find(job.owner, job.image_id) if pixels_matter(job) else None
        return costs.build_run(job, error.code, run, photo)

    # -- one method for each decision -----------------------------------------------------------------

    def _wait(self, job: Job, at: datetime) -> None:
        limits = self._settings.replicate
        if limits.results == "poll":
            self._results.send([ResultMessage.ask(job)], limits.poll_seconds)
        self._look_again(job, at, limits.ask_after_seconds)

    def _look_again(self, job: Job, at: datetime, seconds: float) -> None:
        try:
            self._jobs.look_again(job, at + timedelta(seconds=seconds))
        except LostRaceError:
            log.info("stale update ignored", job_id=job.id)

    def _defer(self, job: Job, at: datetime) -> None:
        settings = self._terms.settings()
        seconds = start_schedule.backoff(job.deferrals, settings.replicate.max_retry_after_seconds)
        look_again = at + timedelta(seconds=seconds + settings.jobs.resend_after_seconds)
        if self._write_end(job, None, at, lambda it: self._jobs.defer(it, at, look_again)):
            log.info("start deferred", job_id=job.id, reason="no run was made", seconds=seconds)
            self._queue.send([job], seconds)

    def _deliver(self, job: Job, run: Prediction, at: datetime) -> None:
        photo = self._images.find(job.owner, job.image_id)
        if self._jobs.is_orphan(job):
            self._close(job, _build_deleted_error(), costs.build_run(job, JobStatus.CANCELED, run, photo), at)
            return
        if photo is None or photo.sha256 is None:
            # No other model could help: there is no photo to stage.
            gone = OutputUnusableError("The photo was deleted while it was being staged.")
            self._close(job, gone, costs.build_run(job, gone.code, run, photo), at)
            return
        try:
            found = self._maker.make(job, photo, run, at)
        except OutputUnusableError as error:
            self._retry(job, error, costs.build_run(job, error.code, run, photo, error.made), at)
            return
        if ladder.is_delivered(job, found.check):
            ended = costs.build_run(job, DELIVERED, run, photo, found.made)
            self._deliver_result(job, found, ended, at, charged=ladder.is_charged(job, found.check))
        else:
            changed = StructureChangedError(ladder.explained(found.check))
            self._retry(job, changed, costs.build_run(job, changed.code, run, photo, found.made), at, found)

    def _deliver_result(self, job: Job, found: Candidate, ended: Run | None, at: datetime, *, charged: bool) -> None:
        """Deliver a result, of this attempt or an earlier one."""
        try:
            delivered = self._write_end(
                job, ended, at, lambda it: self._jobs.deliver(it, at, found.details, ended, charged=charged)
            )
        except NotFoundError:
            self._media.remove(*found.files)
            self._close(job, _build_deleted_error(), ended, at)
            return
        if not delivered:
            # The same message has delivered it before, or the attempt has ended: then these files are not used.
            now = self._jobs.find(job.owner, job.id)
            if now is None or found.result_key not in (now.result_key, now.best and now.best.result_key):
                self._media.remove(*found.files)
            return
        count("JobDelivered")
        if not charged:
            count("JobDeliveredFree")
        if at - job.waits_since > LATE:
            count("JobLate")
        duration("TimeToStaged", (at - job.waits_since) / timedelta(milliseconds=1))
        duration("JobDuration", (at - (job.started_at or at)) / timedelta(milliseconds=1))
        log.info("job delivered", job_id=job.id, attempt=job.attempt, model=job.model, charged=charged)

    def _retry(self, job: Job, error: StagingError, ended: Run, at: datetime, found: Candidate | None = None) -> None:
        """Another attempt, if one is left and a model for it; otherwise the job ends, not charged."""
        settings = self._terms.settings()
        attempts_left = error.retryable and model_selection.attempts_made(job) < settings.jobs.max_attempts
        if not (attempts_left and self._has_model_left(job, ended, settings)):
            self._fail(job, error, ended, at, found)
            return
        log.info("attempt failed", job_id=job.id, attempt=job.attempt, model=job.model, code=error.code)
        # A bad result is no reason to wait: the next model starts at once.
        done = isinstance(error, OutputUnusableError | StructureChangedError)
        waits = 0 if done else settings.jobs.retry_delay_seconds * job.attempt
        look_again = at + timedelta(seconds=waits + settings.jobs.resend_after_seconds)
        if self._write_end(
            job, ended, at, lambda it: self._jobs.requeue(it, at, look_again, ended, ladder.better(it, found))
        ):
            count("JobRetried")
            self._queue.send([job], waits)

    def _fail(
        self, job: Job, error: StagingError, ended: Run | None, at: datetime, found: Candidate | None = None
    ) -> None:
        """End a job without a result that passed: deliver the best one, not charged, or fail."""
        best = ladder.better(job, found)
        if best and ladder.takes_the_best(job):
            self._deliver_result(job, best, ended, at, charged=False)
        else:
            self._close(job, error, ended, at, found)

    def _close(
        self, job: Job, error: StagingError, ended: Run | None, at: datetime, found: Candidate | None = None
    ) -> None:
        log.info("job failed", job_id=job.id, attempt=job.attempt, model=job.model, code=error.code)
        failure = Failure.of(error)
        report = found.reported if found else None
        if self._write_end(
            job, ended, at, lambda it: self._jobs.close(it, JobStatus.FAILED, at, failure, ended, more=report)
        ):
            count("JobFailed")

    def _has_model_left(self, job: Job, ended: Run, settings: Settings) -> bool:
        """Whether a model can make the next attempt. A missing API key is noticed at the start."""
        tried = job.model_copy(update={"runs": [*job.runs, ended]})
        photo = self._images.find(job.owner, job.image_id) if model_selection.shape_matters(job, settings) else None
        order = model_selection.order_of(job, prompts.ordered(job.ordered(), settings).text, photo)
        return (
            model_selection.choose(tried, settings, lambda model: model_selection.takes_over(model, tried, order))
            is not None
        )


def _build_deleted_error() -> StagingError:
    return OutputUnusableError("The project was deleted while the photo was being staged.")


def _match_report(job: Job, message: ResultMessage) -> Prediction | None:
    """The report, if it is about this attempt. The URL of a webhook is not signed; its body is, by an account."""
    run = message.prediction
    if run and message.account != job.provider_account:
        log.warning("report of another account", job_id=job.id, prediction_id=run.id, account=message.account)
        return None
    if run is None or run.id == job.prediction_id:
        return run
    if job.prediction_id is None and job.marker in run.marks.split():
        return run
    log.warning("result of an unknown run", job_id=job.id, prediction_id=run.id)
    return None


def _is_same_attempt(now: Job, job: Job) -> bool:
    """Whether the attempt that was read is still running."""
    return now.status is JobStatus.PROCESSING and now.start_number == job.start_number and not now.booked


def _log_provider_error(run: Prediction | None) -> None:
    """The provider's message is only logged; owners see ours."""
    if run:
        log.info("run failed", prediction_id=run.id, provider_status=run.status, provider_error=run.error)
