"""Models that the provider refuses: each is left out for a while by itself, and then tried by one run."""

from collections.abc import Callable
from datetime import datetime, timedelta

from realstaging.models import circuit_breaker as breaking
from realstaging.models.provider import Breaker, ModelBreakers
from realstaging.observability import count, log
from realstaging.stores.provider import ProviderStore

TRIES = 10


def is_open(read: ModelBreakers, model: str, at: datetime) -> bool:
    """Whether no run of this model may be started; when its pause is over, one may try."""
    breaker = read.models.get(model)
    return breaker is not None and bool(breaking.open_for(breaker, at))


class ModelCircuits:
    """One row for all models: it is read with every start and changes only when a model is refused or comes back."""

    def __init__(self, provider: ProviderStore) -> None:
        self._provider = provider

    def may_try(self, read: ModelBreakers, model: str, at: datetime) -> bool:
        """Whether a start may be made with this model. While its breaker is open, the first who asks after a pause
        may; the next pause, twice as long, begins with that."""
        breaker = read.models.get(model)
        if breaker is None:
            return True
        if breaking.open_for(breaker, at):
            return False
        seconds = breaking.next_seconds(breaker)
        until = at + timedelta(seconds=seconds)
        tried = breaker.model_copy(update={"until": until, "seconds": seconds, "probes": breaker.probes + 1})
        return self._provider.change_models(read, dict(read.models) | {model: tried})

    def refused(self, model: str, reason: str, seconds: int, at: datetime) -> None:
        count("ModelRefused")
        log.error("model refused", model=model, reason=reason)
        opened = Breaker(until=at + timedelta(seconds=seconds), seconds=seconds, reason=reason)
        # One whose pause is running keeps it: it is longer after each try.
        self._change(lambda models: models if model in models else models | {model: opened})

    def answered(self, read: ModelBreakers, model: str) -> None:
        """It runs again. Costs a write only where it was refused before."""
        if model in read.models:
            self._change(lambda models: {id: each for id, each in models.items() if id != model})
            log.warning("model runs again", model=model)

    def _change(self, change: Callable[[dict[str, Breaker]], dict[str, Breaker]]) -> None:
        for _ in range(TRIES):
            read = self._provider.model_breakers()
            models = change(dict(read.models))
            if models == read.models or self._provider.change_models(read, models):
                return
        raise RuntimeError("the breakers of the models kept changing")
