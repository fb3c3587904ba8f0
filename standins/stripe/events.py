"""Events: what changed, as a snapshot, with what it was before."""

import copy
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from standins.stripe import ids
from standins.stripe.objects import Thing

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True)
class Origin:
    """The request that caused an event; nothing when the stand-in acts by itself."""

    id: str | None = None
    idempotency_key: str | None = None


NOBODY = Origin()
origin: ContextVar[Origin] = ContextVar("origin", default=NOBODY)


def event(type: str, thing: Thing, at: int, before: Thing | None = None) -> Thing:
    data: Thing = {"object": copy.deepcopy(thing)}
    if before is not None:
        data["previous_attributes"] = difference(before, thing)
    cause = origin.get()
    return {
        "id": ids.new("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": at,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": cause.id, "idempotency_key": cause.idempotency_key},
        "type": type,
    }


def difference(before: Thing, after: Thing) -> Thing:
    """The former values of what is different now; null for what was not there."""
    changed: dict[str, Any] = {}
    for name in before | after:
        was, is_now = before.get(name), after.get(name)
        if was == is_now:
            continue
        both = isinstance(was, dict) and isinstance(is_now, dict)
        changed[name] = difference(was, is_now) if both and was and is_now else copy.deepcopy(was)
    return changed
