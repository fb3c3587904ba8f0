"""Closing the breakers by hand, when the provider is well again and jobs still wait."""

from datetime import datetime

from realstaging.errors import VersionConflictError
from realstaging.models.admin_operations import BreakerView
from realstaging.models.provider import Breaker, ModelBreakers
from realstaging.stores.audit import AuditStore
from realstaging.stores.provider import ProviderStore

TRIES = 3


def close(provider: ProviderStore, audit: AuditStore, at: datetime, *, by: str) -> BreakerView:
    """What was open: the account's breaker, those of models. Closing what is closed changes nothing and is not
    recorded. Raises VersionConflictError.
    """
    breaker, models = _close_account(provider), _close_models(provider)
    found = BreakerView(
        was_open=breaker.until is not None,
        reason=breaker.reason,
        until=breaker.until,
        models=sorted(models.models),
    )
    if found.was_open or found.models:
        before = found.model_dump(mode="json", exclude={"was_open"})
        audit.record(at, by=by, action="breaker.close", subject="provider/breaker", before=before, after=None)
    return found


def _close_account(provider: ProviderStore) -> Breaker:
    for _ in range(TRIES):
        breaker = provider.breaker()
        # A run that tries moves `until` on; then it is read again.
        if breaker.until is None or provider.close(breaker):
            return breaker
    raise VersionConflictError("Runs keep trying at this moment. Try again.")


def _close_models(provider: ProviderStore) -> ModelBreakers:
    for _ in range(TRIES):
        models = provider.model_breakers()
        if not models.models or provider.change_models(models, {}):
            return models
    raise VersionConflictError("Runs keep trying at this moment. Try again.")
