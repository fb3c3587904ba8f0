"""How long a change of status takes to the socket: from the time in the pushed object to its arrival."""

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
from websockets.sync.client import ClientConnection, connect

from local.state import Cloud
from tools.bench.batch import instant_model
from tools.bench.figures import Figure, percentile
from tools.bench.rooms import different
from tools.bench.staging import staged

PHOTOS = 20


def measured(cloud: Cloud, token: str) -> Iterator[Figure]:
    with instant_model(cloud), tempfile.TemporaryDirectory() as folder:
        photos = different(PHOTOS, Path(folder))
        alone = _delays(cloud, token, [[photo] for photo in photos])
        together = _delays(cloud, token, [photos])
    detail = f"p50 {percentile(alone, 50):.0f} ms of {len(alone)} changes, the work before the write included"
    yield Figure("status change to socket, p95", percentile(alone, 95), "ms", detail, most=100)
    detail = f"p50 {percentile(together, 50):.0f} ms of {len(together)} changes"
    yield Figure(f"… with {PHOTOS} photos at once, p95", percentile(together, 95), "ms", detail)


def _delays(cloud: Cloud, token: str, batches: list[list[Path]]) -> list[float]:
    """Milliseconds of every change, while one batch after the other is staged."""
    delays: list[float] = []
    headers = {"Authorization": f"Bearer {token}"}
    ticket = httpx.post(f"{cloud.api}/v1/account/socket-tickets", headers=headers, trust_env=False).raise_for_status()
    with connect(ticket.json()["url"], proxy=None) as socket:
        socket.send('{"action": "hello"}')
        listening = threading.Thread(target=_hear, args=(socket, delays))
        listening.start()
        for photos in batches:
            staged(cloud.api, token, photos)
        time.sleep(1)  # the last changes
        socket.close()
        listening.join()
    return delays


def _hear(socket: ClientConnection, delays: list[float]) -> None:
    for message in map(json.loads, socket):
        now = datetime.now(UTC)
        kind, _, event = message["type"].partition(".")
        if kind in ("job", "image") and event == "updated":
            changed = datetime.fromisoformat(message[kind]["updated_at"])
            delays.append((now - changed).total_seconds() * 1000)
