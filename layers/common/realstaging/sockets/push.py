"""Telling an owner's open sockets what changed. A hint: the table is the record."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from realstaging.accounts import quota
from realstaging.errors import ForbiddenError
from realstaging.gateways.connections import Connections
from realstaging.models.accounts import Usage
from realstaging.models.base import view
from realstaging.models.images import Image, ImageView
from realstaging.models.jobs import Job, JobView
from realstaging.models.verifications import Verification, VerificationView
from realstaging.observability import log
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.connections import ConnectionStore
from realstaging.stores.quota import QuotaStore
from realstaging.tracing.recorder import recorder
from realstaging.tracing.span import Span

PARALLEL = 16
# A message, and the change that it tells of.
type News = tuple[str, Span | None]
OPENING = timedelta(seconds=30)


# What of a user's row decides how much they may use.
GRANTS = ("subscribed", "plan_override", "extra_images")


def announcement(
    new: Mapping[str, Any],
    old: Mapping[str, Any],
    at: datetime,
    *,
    live: RuntimeSettings,
    counters: QuotaStore,
) -> str | None:
    """What a changed row means to its owner; None if nothing of it is news to them."""
    kind = str(new["sk"]).split("#")[0]
    if kind in ("USAGE", "PROFILE"):
        return _usage(kind, new, old, at, live=live, counters=counters)
    if new.get("status") == old.get("status"):
        return None
    if kind == "JOB":
        return _message("job", view(JobView, Job.model_validate(new)))
    if kind == "VERIFICATION":
        return _message("verification", view(VerificationView, Verification.model_validate(new)))
    return _message("image", view(ImageView, Image.model_validate(new)))


def _usage(
    kind: str,
    new: Mapping[str, Any],
    old: Mapping[str, Any],
    at: datetime,
    *,
    live: RuntimeSettings,
    counters: QuotaStore,
) -> str | None:
    """Both the counters and what they are measured against: either may have changed."""
    watched = ("used",) if kind == "USAGE" else GRANTS
    if all(new.get(name) == old.get(name) for name in watched):
        return None
    owner = str(new["owner"])
    try:
        granted = live.of(owner, at).allowance
    except ForbiddenError:  # the account is going, and nobody listens any more
        return None
    if kind == "USAGE" and new.get("period") != granted.period:
        return None
    usage = Usage.model_validate(new) if kind == "USAGE" else counters.usage(owner, granted.period)
    return _message("usage", quota.overview(usage, granted))


def _message(what: str, shown: BaseModel) -> str:
    return json.dumps({"type": f"{what}.updated", what: shown.model_dump(mode="json")})


class Pusher:
    """Collects what a batch of changes means, then sends it: each thing's news in order, things side by side."""

    def __init__(self, connections: ConnectionStore, sockets: Connections) -> None:
        self._connections, self._sockets = connections, sockets
        self._news: dict[tuple[str, str], list[News]] = {}
        self._pool = ThreadPoolExecutor(PARALLEL)

    def note(self, owner: str, thing: str, message: str) -> None:
        self._news.setdefault((owner, thing), []).append((message, recorder.current))

    def send(self, at: datetime) -> None:
        news, self._news = self._news, {}
        open_sockets = {owner: self._connections.of(owner, at) for owner in {owner for owner, _ in news}}
        heard = [
            (owner, connection_id, messages)
            for (owner, _), messages in news.items()
            for connection_id in open_sockets[owner]
        ]
        deaf = {
            (owner, connection_id)
            for (owner, connection_id, _), there in zip(heard, self._pool.map(self._tell, heard), strict=True)
            if not there
        }
        for owner, connection_id in deaf:
            # A row is there a moment before its socket: one opened just now is not gone but not yet there.
            if at - open_sockets[owner][connection_id] > OPENING:
                self._connections.forget(owner, connection_id)
                log.info("socket gone", connection_id=connection_id)

    def _tell(self, heard: tuple[str, str, list[News]]) -> bool:
        _, connection_id, messages = heard
        return all(self._post(connection_id, message, cause) for message, cause in messages)

    def _post(self, connection_id: str, message: str, cause: Span | None) -> bool:
        with recorder.under(cause):
            return self._sockets.post(connection_id, message)
