"""Repairs what is overdue: lost messages, webhooks and events, uploads that never came, requests that died.

A row's due date is moved before anything is sent, so that two sweeps at once send once, and a later sweep makes up
for one that dies.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from realstaging.config import Settings
from realstaging.errors import UploadExpiredError
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue, VerifyQueue
from realstaging.gateways.upload_events import UploadEvents
from realstaging.models.base import Failure
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.runs import MAX_ROUNDS, ROUNDS_AFTER_PARKING, ResultMessage
from realstaging.observability import count, follow, log, record
from realstaging.stores.batches import BatchStore
from realstaging.stores.due_index import DueRow
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import LostRaceError
from realstaging.stores.tombstones import TombstoneStore
from realstaging.stores.verifications import VerificationStore
from realstaging.uploads.rejection import expire

ASK_AGAIN_SECONDS = 120
LOOK_AT_PAIR_AGAIN_SECONDS = 600


class Sweeper:
    def __init__(
        self,
        settings: Settings,
        *,
        images: ImageStore,
        jobs: JobStore,
        batches: BatchStore,
        media: Media,
        queue: StageQueue,
        results: ResultQueue,
        intake: UploadEvents,
        tombstones: TombstoneStore,
        verifications: VerificationStore,
        to_verify: VerifyQueue,
    ) -> None:
        self._settings = settings
        self._images, self._jobs, self._batches, self._media = images, jobs, batches, media
        self._queue, self._results, self._intake = queue, results, intake
        self._tombstones = tombstones
        self._verifications, self._to_verify = verifications, to_verify

    def look_at(self, due: DueRow, at: datetime) -> None:
        """Repair one overdue row; the index may lag, so the row itself is read first."""
        try:
            if due.kind == "IMAGE":
                image = self._images.find(due.owner, due.id)
                if image and image.due_at and image.due_at <= at:
                    follow(image.traceparent, image.correlation_id, about=image.id)
                    self._image(image, at)
            elif due.kind == "JOB":
                job = self._jobs.find(due.owner, due.id)
                if job and job.due_at and job.due_at <= at:
                    follow(job.traceparent, job.correlation_id, about=job.id)
                    self._job(job, at)
            elif due.kind == "VERIFICATION":
                self._verification(due, at)
            else:
                self._batch(due, at)
        except LostRaceError:
            log.info("stale update ignored", kind=due.kind, id=due.id)

    def _image(self, image: Image, at: datetime) -> None:
        uploads = self._settings.uploads
        if self._media.was_uploaded(image.owner, image.id):
            self._images.look_again(image, at + timedelta(seconds=uploads.check_after_seconds))
            self._intake.look_at(image.owner, image.id)
            count("UploadEventLost")
            log.warning("upload without an event", image_id=image.id)
        elif image.upload_by <= at:
            expire(image, at, images=self._images, jobs=self._jobs)
            count("UploadExpired")
        else:
            self._images.look_again(image, image.upload_by)

    def _job(self, job: Job, at: datetime) -> None:
        if job.status is JobStatus.QUEUED:
            look_again = at + timedelta(seconds=self._settings.jobs.resend_after_seconds)
            self._jobs.look_again(job, look_again, {"parked": False} if job.parked else None)
            self._queue.send([job], rounds=MAX_ROUNDS - ROUNDS_AFTER_PARKING if job.parked else 0)
            if job.parked:
                log.info("parked job sent", job_id=job.id)
            else:
                count("JobResent")
                log.warning("job resent", job_id=job.id)
        elif job.status is JobStatus.PROCESSING:
            self._jobs.look_again(job, at + timedelta(seconds=ASK_AGAIN_SECONDS))
            self._results.send([ResultMessage.ask(job)])
            count("ResultAskedFor")
            log.warning("asking for a result", job_id=job.id, attempt=job.attempt)
        elif job.status is JobStatus.AWAITING_UPLOAD:
            self._forgotten(job, at)

    def _forgotten(self, job: Job, at: datetime) -> None:
        """A job whose image has changed its state without it."""
        if self._jobs.is_orphan(job):
            # Written by a repeat of a request after its project was purged.
            self._tombstones.delete_jobs([job], at)
            return
        image = self._images.find(job.owner, job.image_id)
        if image and image.status is ImageStatus.AWAITING_UPLOAD:
            self._jobs.look_again(job, max(image.upload_by, at) + timedelta(hours=1))
        elif image and image.status is ImageStatus.READY:
            look_again = at + timedelta(seconds=self._settings.jobs.resend_after_seconds)
            self._queue.send([self._jobs.release(job, at, look_again)])
        else:
            gone = UploadExpiredError("No file arrived for this image. Upload the photo again as a new image.")
            why = image.error if image and image.error else Failure.of(gone)
            self._jobs.close(job, JobStatus.FAILED, at, why)

    def _verification(self, due: DueRow, at: datetime) -> None:
        """A message or an upload event may have been lost; whoever gets this one also gives up what takes too long."""
        verification = self._verifications.find(due.owner, due.id, at)
        if verification and verification.due_at and verification.due_at <= at:
            follow(verification.traceparent, verification.correlation_id, about=verification.id)
            self._verifications.look_again(verification, at + timedelta(seconds=LOOK_AT_PAIR_AGAIN_SECONDS))
            self._to_verify.send(verification)
            log.info("verification sent again", verification_id=verification.id)

    def _batch(self, due: DueRow, at: datetime) -> None:
        batch = self._batches.find(due.owner, due.id)
        if batch and batch.due_at and batch.due_at <= at:
            self._batches.abandon(batch)
            count("ReservationGivenBack", batch.unplaced)
            log.warning("reservation given back", batch_id=batch.id, jobs=batch.unplaced)


def read_shards(read: Callable[[int], Sequence[DueRow]], shards: Iterable[int]) -> list[DueRow]:
    """The overdue rows of all shards, oldest first. A shard that cannot be read is counted, and hides no other."""
    found: list[DueRow] = []
    for shard in shards:
        try:
            found += read(shard)
        except Exception:
            count("SweepFailed")
            log.exception("shard not read", shard=shard)
    return sorted(found, key=lambda row: row.since)


def sweep(
    found: Sequence[DueRow],
    at: datetime,
    look_at: Callable[[DueRow, datetime], None],
    *,
    put_off: Callable[[DueRow, datetime], None],
    until: float,
) -> tuple[int, int]:
    """Look at each overdue row until the monotonic clock says `until`: how many were looked at, how many failed.

    This is the sweep's edge: one row that cannot be dealt with must not hide the others. It is
    counted, logged and put off a little, behind those that were waiting with it.
    """
    failed: list[DueRow] = []
    looked = 0
    for due in found:
        if time.monotonic() > until:
            log.warning("sweep out of time", left=len(found) - looked)
            break
        looked += 1
        try:
            with record():
                look_at(due, at)
        except Exception:
            failed.append(due)
            count("SweepFailed")
            log.exception("overdue row failed", kind=due.kind, id=due.id)
    for due in failed:
        put_off(due, at)
    return looked, len(failed)
