"""Starting a queued job: one claim, one paid run, no waiting for it."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from realstaging.config import Settings
from realstaging.errors import InputRefusedError, StagingTimedOutError
from realstaging.gateways.media import Media, master_key
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.gateways.replicate import Replicate
from realstaging.gateways.replicate_errors import AccountError, NotTakenError, RefusedError, UnsureError
from realstaging.models import Failure, Job, JobStatus, Prediction, ResultMessage, StageMessage
from realstaging.observability import count, log
from realstaging.staging import prompts, registry
from realstaging.staging.registry import Order, StagingModel
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import Item, LostRaceError

URL_MARGIN_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it will be asked for."""

    model: StagingModel
    input: Item
    prompt_version: str

    @property
    def details(self) -> Item:
        """What is remembered of it: neither the photo's address nor the prompt, nor any key of ours."""
        shown = {name: value for name, value in self.input.items() if name not in self.model.private}
        pinned = {"model_version": self.model.version} if self.model.version else {}
        return {"prompt_version": self.prompt_version, "input": shown, **pinned}


class Starter:
    """Everything one start needs, bound once per process."""

    def __init__(
        self,
        settings: Settings,
        *,
        jobs: JobStore,
        images: ImageStore,
        media: Media,
        replicate: Replicate,
        queue: StageQueue,
        results: ResultQueue,
        webhook_base: str,
    ) -> None:
        self._settings, self._jobs, self._images, self._media = settings, jobs, images, media
        self._replicate, self._queue, self._results = replicate, queue, results
        self._webhook_base = webhook_base

    def start(self, message: StageMessage, at: datetime) -> None:
        """Claim the job and start one run. A message that comes twice, or late, finds nothing to claim."""
        found = self._jobs.find(message.owner, message.job_id)
        if found is None or found.status is not JobStatus.QUEUED:
            log.info("job not waiting to start", job_id=message.job_id, status=found and found.status)
            return
        # Since the photo was there: how long that took is not the model's fault.
        if at - (found.queued_at or found.created_at) > timedelta(hours=self._settings.jobs.max_hours):
            waited = StagingTimedOutError("The model was not available for too long. Try again later.")
            self._close(found, waited, at)
            return
        limits = self._settings.replicate
        run = self._prepare(found, at)
        if run is None:
            return
        try:
            # Until the run is known, ask again soon; afterwards, only when it is overdue.
            unsure = at + timedelta(seconds=limits.timeout_seconds + limits.unsure_after_seconds)
            job = self._jobs.claim(found, at, unsure)
        except LostRaceError:
            log.info("job claimed elsewhere", job_id=found.id)
            return
        self._run(job, run, at)

    def _prepare(self, job: Job, at: datetime) -> Run | None:
        """All that can go wrong without the provider goes wrong here, before an attempt is counted."""
        try:
            model = registry.get(job.model)
        except KeyError:
            self._close(job, InputRefusedError("This model is not offered any more. Choose another one."), at)
            return None
        prompt = prompts.ordered(job, self._settings)
        try:
            return Run(model, model.fill(self._order(job, model, prompt.text)), prompt.version)
        except InputRefusedError as error:
            self._close(job, error, at)
            return None

    def _order(self, job: Job, model: StagingModel, prompt: str) -> Order:
        """The photo's size is read only for the few models that do not take any shape."""
        image = self._images.find(job.owner, job.image_id) if model.aspect_ratios else None
        width, height = (image.master_width, image.master_height) if image else (None, None)
        return Order(image=self._image(job), prompt=prompt, seed=job.seed, width=width, height=height)

    def _run(self, job: Job, run: Run, at: datetime) -> None:
        limits = self._settings.replicate
        try:
            taken = self._replicate.create(
                model=run.model.id,
                version=run.model.version,
                input=run.input,
                webhook=self._webhook(job) if limits.results == "webhook" else None,
                cancel_after=limits.cancel_after_seconds,
            )
        except NotTakenError as error:
            self._put_off(job, error, at)
        except RefusedError as error:
            log.warning("input refused", job_id=job.id, reason=str(error))
            self._close(job, InputRefusedError("The model does not accept these settings. Choose others."), at)
        except UnsureError as error:
            # Perhaps paid for: nothing is started again until the webhook or the sweep has told.
            count("StartUnsure")
            log.warning("start unsure", job_id=job.id, attempt=job.attempt, reason=str(error))
        else:
            self._note(job, taken, run.details, at)

    def _note(self, job: Job, run: Prediction, details: Item, at: datetime) -> None:
        count("RunStarted")
        limits = self._settings.replicate
        try:
            self._jobs.note_run(job, run.id, details, due=at + timedelta(seconds=limits.ask_after_seconds))
        except LostRaceError:
            now = self._jobs.find(job.owner, job.id)
            if now is None or now.status is JobStatus.CANCELED:
                log.info("run of a job that nobody waits for", job_id=job.id, prediction_id=run.id)
                self._results.send([_call_off(job, run)])
            else:
                log.info("run finished before it was noted", job_id=job.id)
            return
        log.info("run started", job_id=job.id, attempt=job.attempt, prediction_id=run.id)
        if limits.results == "poll":
            ask = ResultMessage(owner=job.owner, job_id=job.id, attempt=job.attempt, traceparent=job.traceparent)
            self._results.send([ask], limits.poll_seconds)

    def _put_off(self, job: Job, error: NotTakenError, at: datetime) -> None:
        """Back into the queue for a while: nobody's job fails because the provider is busy or we are out of credit."""
        limits = self._settings.replicate
        if isinstance(error, AccountError):
            count("ProviderAccountClosed")
            log.error("provider account cannot be used", reason=error.reason)
            delay = limits.out_of_credit_delay_seconds
        else:
            count("RunThrottled")
            backoff = min(5 * 2 ** min(job.deferrals, 6), limits.max_retry_after_seconds)
            delay = int(error.retry_after if error.retry_after is not None else backoff) + 1
        try:
            look_again = at + timedelta(seconds=delay + self._settings.jobs.resend_after_seconds)
            deferred = self._jobs.defer(job, at, look_again)
        except LostRaceError:
            return
        log.info("start put off", job_id=job.id, reason=error.reason, seconds=delay)
        self._queue.send([deferred], delay)

    def _close(self, job: Job, error: InputRefusedError | StagingTimedOutError, at: datetime) -> None:
        try:
            self._jobs.close(job, JobStatus.FAILED, at, Failure.of(error))
        except LostRaceError:
            log.info("job moved on meanwhile", job_id=job.id)

    def _image(self, job: Job) -> str:
        key = master_key(job.owner, job.image_id)
        if self._settings.replicate.inputs == "inline":
            return "data:image/jpeg;base64," + base64.b64encode(self._media.read(key)).decode()
        seconds = self._settings.replicate.cancel_after_seconds + URL_MARGIN_SECONDS
        return self._media.link(key, seconds, name=f"{job.id}-{job.attempt + 1}.jpg")

    def _webhook(self, job: Job) -> str:
        query = urlencode({"owner": job.owner, "traceparent": job.traceparent})
        return f"{self._webhook_base}/v1/webhooks/replicate/{job.id}/{job.attempt}?{query}"


def _call_off(job: Job, run: Prediction) -> ResultMessage:
    return ResultMessage(
        owner=job.owner, job_id=job.id, attempt=job.attempt, traceparent=job.traceparent, cancel=run.id
    )
