"""What became of a paid run: delivered, tried again, or failed, with the quota settled either way."""

import re
from datetime import datetime, timedelta

from realstaging.config import Settings
from realstaging.errors import (
    ContentRefusedError,
    LostRunError,
    OutputUnusableError,
    StagingError,
    StagingTimedOutError,
)
from realstaging.gateways.media import Media, staged_key, staged_thumbnail_key
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.gateways.replicate.client import Replicate
from realstaging.gateways.replicate.errors import UnsureError
from realstaging.gateways.result_download import ResultDownload
from realstaging.image_models import prompts, registry
from realstaging.imaging.output import Result, finish
from realstaging.models.base import Failure
from realstaging.models.jobs import Job, JobStatus, ResultView
from realstaging.models.runs import DELIVERED, Prediction, ResultMessage, Run
from realstaging.observability import count, duration, log
from realstaging.runs import costs, model_selection
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore
from realstaging.stores.table import Item, LostRaceError

# Words of the provider's that mean "not this content" (its codes E005 and the model's own filters).
REFUSAL = re.compile(r"E005|flagged as sensitive|nsfw|content (policy|filter|moderation)|safety", re.IGNORECASE)


class Finisher:
    """Everything one result needs, bound once per process. `terms` are read only where an attempt has failed."""

    def __init__(
        self,
        settings: Settings,
        terms: RuntimeSettings,
        *,
        jobs: JobStore,
        images: ImageStore,
        media: Media,
        provider: ProviderStore,
        replicate: Replicate,
        deliveries: ResultDownload,
        queue: StageQueue,
        results: ResultQueue,
    ) -> None:
        self._settings, self._terms = settings, terms
        self._jobs, self._images, self._media = jobs, images, media
        self._provider, self._replicate, self._deliveries = provider, replicate, deliveries
        self._queue, self._results = queue, results

    def settle(self, message: ResultMessage, at: datetime) -> None:
        """Take a result, or go and ask for it. Repeated, late and foreign results change nothing."""
        if message.cancel:
            self._replicate.cancel(message.cancel)
            log.info("run called off", job_id=message.job_id, prediction_id=message.cancel)
            return
        job = self._jobs.find(message.owner, message.job_id)
        current = job is not None and job.attempt == message.attempt and not job.booked
        if job and current and job.status is JobStatus.PROCESSING:
            self._settle(job, message, at)
        elif job and message.prediction and (told := costs.not_booked(job, message.attempt)):
            self._book_late(job, told, message.prediction, at)
        else:
            log.info("result of no current attempt", job_id=message.job_id, attempt=message.attempt)

    def _settle(self, job: Job, message: ResultMessage, at: datetime) -> None:
        run: Prediction | None = None
        try:
            run = _trusted(job, message.prediction) or self._ask(job, at)
            if run and not run.finished and self._overdue(job, at):
                run = self._stopped(run)
            self._go_on(job, run, at)
        except UnsureError as error:
            count("AskUnsure")
            log.warning("provider gave no clear answer", job_id=job.id, reason=str(error))
            self._wait(job, at, self._settings.replicate.unsure_after_seconds)
        except LostRunError as error:
            # Nobody can say what became of it; should its end be told later, it is booked then.
            self._close(job, error, None, at)
        except StagingError as error:
            photo = self._images.find(job.owner, job.image_id) if costs.pixels_matter(job) else None
            self._failed(job, error, costs.ended(job, error.code, run, photo), at)
        except LostRaceError:
            log.info("job moved on meanwhile", job_id=job.id)

    def _book_late(self, job: Job, told: Job, reported: Prediction, at: datetime) -> None:
        """The job, or the attempt it is `told` of, was over before its run had ended: nothing is delivered, but it may
        be billed."""
        run = _trusted(told, reported)
        if run is None:
            return
        photo = self._images.find(job.owner, job.image_id) if costs.pixels_matter(told) else None
        known = next((each.outcome for each in job.runs if each.attempt == told.attempt), None)
        ended = costs.ended(told, known or job.status.value, run, photo)
        if known is None or ended.cost_usd:
            self._book(job, ended, at)

    def _moved_on(self, job: Job, ended: Run | None, at: datetime) -> None:
        """Somebody was quicker with the job; what its run cost is still to be written down, if nobody has."""
        log.info("job moved on meanwhile", job_id=job.id)
        now = self._jobs.find(job.owner, job.id)
        if ended and now and now.status.final and now.attempt == job.attempt and not now.booked:
            self._book(now, ended.model_copy(update={"outcome": now.status.value}), at)

    def _book(self, job: Job, ended: Run, at: datetime) -> None:
        try:
            self._jobs.book(job, at, ended)
        except LostRaceError:
            log.info("run booked elsewhere", job_id=job.id)
            return
        log.info("run ended after its job", job_id=job.id, attempt=job.attempt)

    def _go_on(self, job: Job, run: Prediction | None, at: datetime) -> None:
        if run is None or run.status == "aborted":
            raise StagingTimedOutError("The model never started on this photo. Try again.")
        if not run.finished:
            self._still_running(job, at)
        elif run.status == "succeeded":
            self._deliver(job, run, at)
        else:
            raise _failure(run)

    def _ask(self, job: Job, at: datetime) -> Prediction | None:
        """What the provider says of this attempt's run; None if there is none. Raises UnsureError, LostRunError."""
        # Since it was started: the photo, and its turn, may have taken a day by themselves.
        limits, started = self._settings.replicate, job.started_at or job.updated_at
        if at - started > timedelta(hours=self._terms.settings().jobs.max_hours) and self._provider.answers():
            raise LostRunError("The model's result never arrived. Try again.")
        if job.prediction_id:
            return self._replicate.find(job.prediction_id)
        if limits.inputs == "inline":
            # Nothing of ours is in the input to know it by: rather no result than two bills.
            raise LostRunError("It is not known whether the model took this photo. Try again.")
        margin = timedelta(seconds=60)
        run = self._replicate.find_marked(
            job.marker, started - margin, started + timedelta(seconds=limits.timeout_seconds) + margin
        )
        if run:
            self._jobs.note_run(job, run.id, due=at + timedelta(seconds=limits.ask_after_seconds))
        return run

    def _overdue(self, job: Job, at: datetime) -> bool:
        return at - (job.started_at or at) > timedelta(seconds=self._settings.replicate.cancel_after_seconds + 120)

    def _stopped(self, run: Prediction) -> Prediction:
        """Called off because it takes too long, and what the provider will say of it: we do not wait for that."""
        self._replicate.cancel(run.id)
        return run.model_copy(update={"status": "aborted" if run.status == "starting" else "canceled"})

    def _still_running(self, job: Job, at: datetime) -> None:
        limits = self._settings.replicate
        if limits.results == "poll":
            ask = ResultMessage(owner=job.owner, job_id=job.id, attempt=job.attempt, traceparent=job.traceparent)
            self._results.send([ask], limits.poll_seconds)
        self._wait(job, at, limits.ask_after_seconds)

    def _wait(self, job: Job, at: datetime, seconds: float) -> None:
        try:
            self._jobs.look_again(job, at + timedelta(seconds=seconds))
        except LostRaceError:
            log.info("job moved on meanwhile", job_id=job.id)

    def _deliver(self, job: Job, run: Prediction, at: datetime) -> None:
        photo = self._images.find(job.owner, job.image_id)
        try:
            url = registry.output_urls(run.output)[0]
            if photo is None or photo.master_width is None or photo.master_height is None:
                raise OutputUnusableError("The photo was deleted while it was being staged.")
            result = finish(
                self._deliveries.fetch(url),
                master_width=photo.master_width,
                master_height=photo.master_height,
                limits=self._settings.images,
            )
        except OutputUnusableError as error:
            self._failed(job, error, costs.ended(job, error.code, run, photo, error.made), at)
            return
        self._keep(job, run, result, costs.ended(job, DELIVERED, run, photo, result.made), at)

    def _keep(self, job: Job, run: Prediction, result: Result, ended: Run, at: datetime) -> None:
        key, thumbnail = (
            staged_key(job.owner, job.id, job.attempt),
            staged_thumbnail_key(job.owner, job.id, job.attempt),
        )
        self._media.put_once(key, result.picture, result.content_type)
        self._media.put_once(thumbnail, result.thumbnail, result.content_type)
        shown = ResultView(
            content_type=result.content_type, width=result.width, height=result.height, size_bytes=len(result.picture)
        )
        details: Item = {
            "result": shown.model_dump(mode="json"),
            "result_key": key,
            "thumbnail_key": thumbnail,
            "prediction_id": run.id,
        }
        try:
            self._jobs.deliver(job, at, details, ended)
        except LostRaceError:
            # Delivered by the same message before, or ended meanwhile: then nobody will ever ask for these files.
            current = self._jobs.find(job.owner, job.id)
            if current is None or current.result_key != key:
                self._media.remove(key, thumbnail)
            self._moved_on(job, ended, at)
            return
        count("JobDelivered")
        duration("JobDuration", (at - (job.started_at or at)) / timedelta(milliseconds=1))
        log.info("job delivered", job_id=job.id, attempt=job.attempt, model=job.model)

    def _failed(self, job: Job, error: StagingError, ended: Run, at: datetime) -> None:
        """Another attempt if that may help, one is left and a model for it; else the job fails and is not charged."""
        settings = self._terms.settings()
        attempts_left = error.retryable and job.attempt < settings.jobs.max_attempts
        if not (attempts_left and self._somebody_left(job, ended, settings)):
            self._close(job, error, ended, at)
            return
        log.info("attempt failed", job_id=job.id, attempt=job.attempt, model=job.model, code=error.code)
        # Another model has no reason to wait for what was wrong with this one's result.
        waits = 0 if isinstance(error, OutputUnusableError) else settings.jobs.retry_delay_seconds * job.attempt
        look_again = at + timedelta(seconds=waits + settings.jobs.resend_after_seconds)
        try:
            queued = self._jobs.requeue(job, at, look_again, ended)
        except LostRaceError:
            self._moved_on(job, ended, at)
            return
        count("JobRetried")
        self._queue.send([queued], waits)

    def _close(self, job: Job, error: StagingError, ended: Run | None, at: datetime) -> None:
        log.info("job failed", job_id=job.id, attempt=job.attempt, model=job.model, code=error.code)
        try:
            self._jobs.close(job, JobStatus.FAILED, at, Failure.of(error), ended)
        except LostRaceError:
            self._moved_on(job, ended, at)
            return
        count("JobFailed")

    def _somebody_left(self, job: Job, ended: Run, settings: Settings) -> bool:
        """Whether a model would take the next attempt; whose key is missing just now, the start sees."""
        tried = job.model_copy(update={"runs": [*job.runs, ended]})
        photo = self._images.find(job.owner, job.image_id) if model_selection.shape_matters(job, settings) else None
        order = model_selection.order_of(job, prompts.ordered(job.ordered(), settings).text, photo)
        return (
            model_selection.choose(tried, settings, lambda model: model_selection.takes_over(model, tried, order))
            is not None
        )


def _trusted(job: Job, run: Prediction | None) -> Prediction | None:
    """A report that is of this attempt. The address of a webhook is not signed, its body is."""
    if run is None or run.id == job.prediction_id:
        return run
    if job.prediction_id is None and job.marker in run.marks.split():
        return run
    log.warning("result of another run", job_id=job.id, prediction_id=run.id)
    return None


def _failure(run: Prediction) -> StagingError:
    """The provider's words turned into ours; theirs are only logged."""
    log.info("run failed", prediction_id=run.id, provider_status=run.status, provider_error=run.error)
    if run.status == "canceled":
        return StagingTimedOutError("The model took too long for this photo. Try again.")
    if REFUSAL.search(run.error or ""):
        return ContentRefusedError("The model's content filter refused it. Use another photo or change the prompt.")
    return StagingError("The model failed on this photo. Try again, or choose another style or model.")
