"""A circuit breaker for each model: a refused one is not used for a while, and then probed by one run."""

from collections.abc import Callable
from datetime import datetime, timedelta

from realstaging.models import circuit_breaker as breaking
from realstaging.models.provider import Breaker, ModelBreakers
from realstaging.observability import count, log
from realstaging.stores.provider import ProviderStore

TRIES = 10


def is_open(read: ModelBreakers, model: str, at: datetime) -> bool:
    """Whether no run of this model may start; after its pause, one may."""
    breaker = read.models.get(model)
    return breaker is not None and bool(breaking.open_for(breaker, at))


class ModelCircuits:
    """One row for all models: read with every start, written only when a model is refused or works again."""

    def __init__(self, provider: ProviderStore) -> None:
        self._provider = provider

    def may_try(self, read: ModelBreakers, model: str, at: datetime) -> bool:
        """Whether a run of this model may start. After a pause the first caller may, and the next pause, twice as long,
        begins."""
        breaker = read.models.get(model)
        if breaker is None:
            return True
        if breaking.open_for(breaker, at):
            return False
        seconds = breaking.next_seconds(breaker)
        until = at + timedelta(seconds=seconds)
        tried = breaker.model_copy(update={"until": until, "seconds": seconds, "probes": breaker.probes + 1})
        return self._provider.change_models(read, dict(read.models) | {model: tried})

    def note_refusal(self, model: str, reason: str, seconds: int, at: datetime) -> None:
        count("ModelRefused")
        log.error("model refused", model=model, reason=reason)
        opened = Breaker(until=at + timedelta(seconds=seconds), seconds=seconds, reason=reason)
        # A running pause is kept: it grows with each probe.
        self._change(lambda models: models if model in models else models | {model: opened})

    def note_answer(self, read: ModelBreakers, model: str) -> None:
        """The model works. Writes only if it was refused before."""
        if model in read.models:
            self._change(lambda models: {id: each for id, each in models.items() if id != model})
            log.warning("model available again", model=model)

    def _change(self, change: Callable[[dict[str, Breaker]], dict[str, Breaker]]) -> None:
        for _ in range(TRIES):
            read = self._provider.model_breakers()
            models = change(dict(read.models))
            if models == read.models or self._provider.change_models(read, models):
                return
        raise RuntimeError("the breakers of the models kept changing")
