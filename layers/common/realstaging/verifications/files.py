"""The overlay of a verification, and a signed address for it."""

from datetime import datetime

from realstaging.errors import VerificationNotReadyError
from realstaging.gateways.media import Media, verification_overlay_key
from realstaging.models.images import FileView
from realstaging.models.verifications import Verification, VerificationStatus
from realstaging.verifications.sources import Sources


def verification_file(
    verification: Verification, at: datetime, seconds: int, *, download: bool, media: Media, sources: Sources
) -> FileView:
    """Raises VerificationNotReadyError until it is ready, and NotFoundError once a picture of it was deleted: the
    overlay shows the room."""
    if verification.status is not VerificationStatus.READY:
        raise VerificationNotReadyError(
            f"The verification is {verification.status}; it has an overlay once it is ready."
        )
    for source in (verification.original, verification.altered):
        if not source.is_upload:
            sources.key(verification.owner, source)
    key = verification_overlay_key(verification.owner, verification.id)
    name = f"{verification.id}-overlay.jpg" if download else None
    return media.file(key, "image/jpeg", at, seconds, name=name)
