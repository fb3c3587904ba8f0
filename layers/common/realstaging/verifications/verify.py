"""The picture check of a pair, made once whatever comes twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from realstaging.config import Settings
from realstaging.errors import ConflictError, InternalError, NotFoundError, UploadExpiredError
from realstaging.gateways.media import Media, pair_key, verification_overlay_key
from realstaging.models.base import Failure
from realstaging.models.picture_checks import ReportView
from realstaging.models.verifications import Source, Verification, VerificationStatus
from realstaging.observability import count, follow, log
from realstaging.stores.table import LostRaceError
from realstaging.stores.verifications import VerificationStore
from realstaging.verifications.sources import Sources
from realstaging.verifications.unusable import UnusablePictureError


class Verifier:
    """What one verification needs, bound once per process."""

    def __init__(self, settings: Settings, *, verifications: VerificationStore, sources: Sources, media: Media) -> None:
        self._settings, self._verifications = settings, verifications
        self._sources, self._media = sources, media

    def verify(self, owner: str, verification_id: str, at: datetime) -> None:
        """Check the pair if both files are there. A repeated message changes nothing; a late file is removed."""
        found = self._verifications.find(owner, verification_id, at)
        if found is None or found.status.final:
            self._media.remove(*(pair_key(owner, verification_id, part) for part in ("original", "altered")))
            log.info("verification already dealt with", verification_id=verification_id)
            return
        follow(found.traceparent, found.correlation_id, about=found.id)
        try:
            self._verify(found, at)
        except LostRaceError:
            log.info("verification dealt with elsewhere", verification_id=verification_id)

    def _verify(self, verification: Verification, at: datetime) -> None:
        if at >= verification.give_up_at:
            # Also what crashed this function each time it was tried.
            self._fail(verification, _given_up(verification))
            return
        missing = [key for key in self._uploads(verification) if not self._media.has(key)]
        if missing:
            log.info("verification waits for its files", verification_id=verification.id, missing=len(missing))
            return
        if verification.status is VerificationStatus.AWAITING_UPLOAD:
            verification = self._verifications.begin(verification)
        try:
            report = self._report(verification)
        except UnusablePictureError as error:
            self._fail(verification, _explained(error))
            return
        self._verifications.finish(verification, report)
        self._media.remove(*self._uploads(verification))
        count("PictureVerified")
        log.info("pair verified", verification_id=verification.id, verdict=report.verdict)

    def _report(self, verification: Verification) -> ReportView:
        with ThreadPoolExecutor(2) as pool:
            original = pool.submit(self._read, verification, "original", verification.original)
            altered = pool.submit(self._read, verification, "altered", verification.altered)
            from realstaging.verifications.pictures import compare  # loaded meanwhile

        compared = compare(original.result(), altered.result(), verification.mode, self._settings)
        self._media.put(verification_overlay_key(verification.owner, verification.id), compared.overlay, "image/jpeg")
        return compared.report

    def _read(self, verification: Verification, part: str, source: Source) -> bytes:
        try:
            if source.is_upload:
                key = pair_key(verification.owner, verification.id, part)
            else:
                key = self._sources.key(verification.owner, source)
            data = self._media.read_if_there(key)
            if data is None:
                raise NotFoundError("file")
        except (NotFoundError, ConflictError) as error:
            raise UnusablePictureError(part, error) from error
        return data

    def _fail(self, verification: Verification, why: Failure) -> None:
        self._verifications.fail(verification, why)
        self._media.remove(*self._uploads(verification))
        log.info("verification failed", verification_id=verification.id, code=why.code)

    def _uploads(self, verification: Verification) -> list[str]:
        parts = (("original", verification.original), ("altered", verification.altered))
        return [pair_key(verification.owner, verification.id, part) for part, source in parts if source.is_upload]


def _given_up(verification: Verification) -> Failure:
    if verification.status is VerificationStatus.AWAITING_UPLOAD:
        return Failure.of(UploadExpiredError("Not all files arrived within an hour. Verify the pair again."))
    return Failure.of(InternalError("The pair could not be checked. Try again, or export the pictures smaller."))


def _explained(error: UnusablePictureError) -> Failure:
    why = Failure.of(error.cause)
    return why.model_copy(update={"detail": f"The {error.part}: {why.detail}"})
