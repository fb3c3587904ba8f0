"""What became of a paid run: delivered, tried again, or failed, with the quota settled either way."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from realstaging.config import Settings
from realstaging.errors import (
    ContentRefusedError,
    LostRunError,
    OutputUnusableError,
    StagingError,
    StagingTimedOutError,
)
from realstaging.gateways.deliveries import Deliveries
from realstaging.gateways.media import Media, staged_key, staged_thumbnail_key
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.gateways.replicate import Replicate
from realstaging.gateways.replicate_errors import UnsureError
from realstaging.imaging.output import finish
from realstaging.models import Failure, Image, Job, JobStatus, Prediction, ResultMessage, ResultView
from realstaging.observability import count, duration, log
from realstaging.staging import registry
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import Item, LostRaceError

# Words of the provider's that mean "not this content" (its codes E005 and the model's own filters).
REFUSAL = re.compile(r"E005|flagged as sensitive|nsfw|content (policy|filter|moderation)|safety", re.IGNORECASE)


class Finisher:
    """Everything one result needs, bound once per process."""

    def __init__(
        self,
        settings: Settings,
        *,
        jobs: JobStore,
        images: ImageStore,
        media: Media,
        replicate: Replicate,
        deliveries: Deliveries,
        queue: StageQueue,
        results: ResultQueue,
    ) -> None:
        self._settings, self._jobs, self._images, self._media = settings, jobs, images, media
        self._replicate, self._deliveries, self._queue, self._results = replicate, deliveries, queue, results

    def settle(self, message: ResultMessage, at: datetime) -> None:
        """Take a result, or go and ask for it. Repeated, late and foreign results change nothing."""
        if message.cancel:
            self._replicate.cancel(message.cancel)
            log.info("run called off", job_id=message.job_id, prediction_id=message.cancel)
            return
        job = self._jobs.find(message.owner, message.job_id)
        if job is None or job.status is not JobStatus.PROCESSING or job.attempt != message.attempt:
            log.info("result of no current attempt", job_id=message.job_id, attempt=message.attempt)
            return
        try:
            self._go_on(job, _trusted(job, message.prediction) or self._ask(job, at), at)
        except UnsureError as error:
            count("AskUnsure")
            log.warning("provider gave no clear answer", job_id=job.id, reason=str(error))
            self._wait(job, at, self._settings.replicate.unsure_after_seconds)
        except StagingError as error:
            self._failed(job, error, at)
        except LostRaceError:
            log.info("job moved on meanwhile", job_id=job.id)

    def _go_on(self, job: Job, run: Prediction | None, at: datetime) -> None:
        if run is None or run.status == "aborted":
            raise StagingTimedOutError("The model never started on this photo. Try again.")
        if run.finished:
            self._deliver(job, run, at)
        else:
            self._still_running(job, at)

    def _ask(self, job: Job, at: datetime) -> Prediction | None:
        """What the provider says of this attempt's run; None if there is none. Raises UnsureError, LostRunError."""
        # Since the photo was there, as for starts: an upload may take a day by itself.
        if at - (job.queued_at or job.created_at) > timedelta(hours=self._settings.jobs.max_hours):
            raise LostRunError("The model's result never arrived. Try again.")
        if job.prediction_id:
            return self._replicate.find(job.prediction_id)
        limits, started = self._settings.replicate, job.started_at or job.updated_at
        if limits.inputs == "inline":
            # Nothing of ours is in the input to know it by: rather no result than two bills.
            raise LostRunError("It is not known whether the model took this photo. Try again.")
        margin = timedelta(seconds=60)
        run = self._replicate.find_marked(
            job.marker, started - margin, started + timedelta(seconds=limits.timeout_seconds) + margin
        )
        if run:
            self._jobs.note_run(job, run.id, {}, due=at + timedelta(seconds=limits.ask_after_seconds))
        return run

    def _still_running(self, job: Job, at: datetime) -> None:
        limits = self._settings.replicate
        overdue = at - (job.started_at or at) > timedelta(seconds=limits.cancel_after_seconds + 120)
        if overdue:
            if job.prediction_id:
                self._replicate.cancel(job.prediction_id)
            raise StagingTimedOutError("The model took too long for this photo. Try again.")
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
        if run.status != "succeeded":
            raise _failure(run)
        urls = registry.output_urls(run.output)
        image = self._images.find(job.owner, job.image_id)
        if image is None or image.master_width is None or image.master_height is None:
            raise OutputUnusableError("The photo was deleted while it was being staged.")
        result = finish(
            self._deliveries.fetch(urls[0]),
            master_width=image.master_width,
            master_height=image.master_height,
            limits=self._settings.images,
        )
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
            "cost_usd": str(_cost(job, result.width, result.height, image)),
        }
        try:
            self._jobs.deliver(job, at, details)
        except LostRaceError:
            # Delivered by the same message before, or ended meanwhile: then nobody will ever ask for these files.
            current = self._jobs.find(job.owner, job.id)
            if current is None or current.result_key != key:
                self._media.remove(key, thumbnail)
            raise
        count("JobDelivered")
        duration("JobDuration", (at - (job.started_at or at)) / timedelta(milliseconds=1))
        log.info("job delivered", job_id=job.id, attempt=job.attempt)

    def _failed(self, job: Job, error: StagingError, at: datetime) -> None:
        """Another attempt if that may help and one is left; else the job fails and costs nothing."""
        may_help = error.retryable and not isinstance(error, LostRunError)
        again = may_help and job.attempt < self._settings.jobs.max_attempts
        log.info("attempt failed", job_id=job.id, attempt=job.attempt, code=error.code, again=again)
        try:
            if not again:
                self._jobs.close(job, JobStatus.FAILED, at, Failure.of(error))
                count("JobFailed")
                return
            delay = self._settings.jobs.retry_delay_seconds * job.attempt
            look_again = at + timedelta(seconds=delay + self._settings.jobs.resend_after_seconds)
            queued = self._jobs.requeue(job, at, look_again)
        except LostRaceError:
            log.info("job moved on meanwhile", job_id=job.id)
            return
        count("JobRetried")
        self._queue.send([queued], delay)


def _cost(job: Job, width: int, height: int, photo: Image) -> Decimal:
    """What the provider bills for this result; the photo counts for models that bill what they are given."""
    given = (photo.master_width or width, photo.master_height or height)
    return registry.get(job.model).price.cost(width, height, given, job.input)


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
