"""Telling an owner's open sockets what changed. A hint: the table is the record."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from realstaging import quota
from realstaging.config import Settings
from realstaging.gateways.sockets import Sockets
from realstaging.models import Image, ImageView, Job, JobView, Usage, view
from realstaging.observability import log
from realstaging.stores.sockets import SocketStore

PARALLEL = 8


def announcement(new: Mapping[str, Any], old: Mapping[str, Any], settings: Settings, at: datetime) -> str | None:
    """What a changed row means to its owner; None if its status stayed as it was."""
    kind = str(new["sk"]).split("#")[0]
    if kind == "USAGE":
        if new.get("used") == old.get("used") or new.get("period") != quota.period(at):
            return None
        return _message("usage", quota.overview(Usage.model_validate(new), settings, at))
    if new.get("status") == old.get("status"):
        return None
    if kind == "JOB":
        return _message("job", view(JobView, Job.model_validate(new)))
    return _message("image", view(ImageView, Image.model_validate(new)))


def _message(what: str, shown: BaseModel) -> str:
    return json.dumps({"type": f"{what}.updated", what: shown.model_dump(mode="json")})


class Pusher:
    """Sends to all of an owner's sockets at once; remembers within one batch who is connected."""

    def __init__(self, connections: SocketStore, sockets: Sockets) -> None:
        self._connections, self._sockets = connections, sockets
        self._open: dict[str, list[str]] = {}
        self._pool = ThreadPoolExecutor(PARALLEL)

    def new_batch(self) -> None:
        self._open.clear()

    def push(self, owner: str, message: str) -> None:
        if owner not in self._open:
            self._open[owner] = self._connections.of(owner)
        connections = self._open[owner]
        if not connections:
            return
        sent = list(self._pool.map(lambda each: self._sockets.post(each, message), connections))
        for connection_id, there in zip(connections, sent, strict=True):
            if not there:
                self._connections.forget(owner, connection_id)
                log.info("socket gone", connection_id=connection_id)
        self._open[owner] = [each for each, there in zip(connections, sent, strict=True) if there]
