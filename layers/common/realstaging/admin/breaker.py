"""The provider's accounts as they are, and closing the breakers by hand, when jobs still wait and all is well again."""

from collections.abc import Iterable
from datetime import datetime

from realstaging.config import Settings
from realstaging.errors import ValidationFailedError, VersionConflictError
from realstaging.models.admin_operations import BreakerOrder, BreakerView, ProviderAccountView, ProviderView
from realstaging.models.provider import Breaker, ModelBreakers
from realstaging.stores.audit import AuditStore
from realstaging.stores.provider import ProviderStore

TRIES = 3


def show(provider: ProviderStore, settings: Settings) -> ProviderView:
    accounts = [
        ProviderAccountView(
            name=name,
            creations_per_minute=access.creations_per_minute,
            open=(breaker := provider.of(name).breaker()).until is not None,
            reason=breaker.reason,
            until=breaker.until,
        )
        for name, access in settings.replicate.every_account.items()
    ]
    return ProviderView(accounts=accounts, models=sorted(provider.model_breakers().models))


def close(
    provider: ProviderStore, audit: AuditStore, order: BreakerOrder, accounts: Iterable[str], at: datetime, *, by: str
) -> BreakerView:
    """What was open: the breakers of accounts, or of the one that was named; else also those of models. Closing what is
    closed changes nothing and is not recorded. Raises ValidationFailedError, VersionConflictError.
    """
    known = list(accounts)
    if order.account and order.account not in known:
        raise ValidationFailedError([{"pointer": "/account", "message": f"Must be one of {', '.join(known)}."}])
    closed = {name: _close_account(provider.of(name)) for name in ([order.account] if order.account else known)}
    was_open = {name: breaker for name, breaker in closed.items() if breaker.until}
    models = ModelBreakers() if order.account else _close_models(provider)
    first = next(iter(was_open.values()), Breaker())
    found = BreakerView(
        was_open=bool(was_open),
        reason=first.reason,
        until=first.until,
        accounts=list(was_open),
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
