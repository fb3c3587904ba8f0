"""Creating a verification, idempotently: which files it waits for, and where they go."""

from dataclasses import dataclass
from datetime import timedelta

from realstaging.config import Settings
from realstaging.errors import ValidationFailedError
from realstaging.gateways.media import Media, pair_key
from realstaging.gateways.queues import VerifyQueue
from realstaging.idempotency import IdempotentRequest, RequestResult
from realstaging.ids import new_id
from realstaging.models.base import view
from realstaging.models.images import PresignedPost
from realstaging.models.verifications import (
    NewOriginal,
    NewVerification,
    Source,
    UploadForms,
    Verification,
    VerificationAnswer,
    VerificationStatus,
)
from realstaging.stores.table import LostRaceError
from realstaging.stores.verifications import VerificationStore
from realstaging.verifications.sources import Sources

KEPT = timedelta(days=7)
# For the files to come, and for the check itself.
GIVE_UP_AFTER = timedelta(hours=1)
# By then a message or an upload event may have been lost.
LOOK_AGAIN_AFTER = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Creator:
    """What creating needs, bound once per process."""

    settings: Settings
    verifications: VerificationStore
    sources: Sources
    media: Media
    queue: VerifyQueue

    def create(self, new: NewVerification, once: IdempotentRequest, *, trace: str, request_id: str) -> RequestResult:
        """Raises NotFoundError, ImageNotReadyError, JobNotReadyError and ValidationFailedError."""
        if earlier := once.earlier():
            return earlier
        self._check_sizes(new)
        verification = self._row(new, once, trace, request_id)
        for source in (verification.original, verification.altered):
            if not source.is_upload:
                self.sources.key(once.owner, source)
        forms = UploadForms(
            original=self._form(verification, "original", new.original),
            altered=self._form(verification, "altered", new.altered),
        )
        outcome = RequestResult.created(view(VerificationAnswer, verification, uploads=forms))
        try:
            self.verifications.create(verification, *once.remember(outcome))
        except LostRaceError:
            return once.repeated()
        if verification.status is VerificationStatus.PROCESSING:
            # Written before sent: a lost message is made up for by the sweep.
            self.queue.send(verification)
        return outcome

    def _check_sizes(self, new: NewVerification) -> None:
        most = self.settings.uploads.max_bytes
        found = [
            {"pointer": f"/{name}/size_bytes", "message": f"At most {most} bytes ({most // 2**20} MiB)."}
            for name, source in (("original", new.original), ("altered", new.altered))
            if source.size_bytes and source.size_bytes > most
        ]
        if found:
            raise ValidationFailedError(found)

    def _row(self, new: NewVerification, once: IdempotentRequest, trace: str, request_id: str) -> Verification:
        original, altered = view(Source, new.original), view(Source, new.altered)
        waits = original.is_upload or altered.is_upload
        return Verification(
            id=new_id("ver", once.at, once.seed),
            owner=once.owner,
            status=VerificationStatus.AWAITING_UPLOAD if waits else VerificationStatus.PROCESSING,
            mode=new.mode,
            original=original,
            altered=altered,
            created_at=once.at,
            give_up_at=once.at + GIVE_UP_AFTER,
            expires_at=int((once.at + KEPT).timestamp()),
            due_at=once.at + LOOK_AGAIN_AFTER,
            traceparent=trace,
            correlation_id=request_id,
        )

    def _form(self, verification: Verification, part: str, new: NewOriginal) -> PresignedPost | None:
        if not new.content_type:
            return None
        limits, key = self.settings.uploads, pair_key(verification.owner, verification.id, part)
        at = verification.created_at
        return self.media.form(key, new.content_type, at, max_bytes=limits.max_bytes, seconds=limits.url_seconds)
