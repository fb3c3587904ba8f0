"""Closing the breaker by hand, when the provider is well again and jobs still wait."""

from datetime import datetime

from realstaging.errors import VersionConflictError
from realstaging.models.admin_operations import BreakerView
from realstaging.stores.audit import AuditStore
from realstaging.stores.provider import ProviderStore

TRIES = 3


def close(provider: ProviderStore, audit: AuditStore, at: datetime, *, by: str) -> BreakerView:
    """What it was. Closing what is closed changes nothing and is not recorded. Raises VersionConflictError."""
    for _ in range(TRIES):
        breaker = provider.breaker()
        was = BreakerView(was_open=breaker.until is not None, reason=breaker.reason, until=breaker.until)
        if not was.was_open:
            return was
        # A run that tries moves `until` on; then it is read again.
        if provider.close(breaker):
            before = was.model_dump(mode="json", exclude={"was_open"})
            audit.record(at, by=by, action="breaker.close", subject="provider/breaker", before=before, after=None)
            return was
    raise VersionConflictError("Runs keep trying at this moment. Try again.")
