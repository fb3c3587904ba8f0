"""How long a change of status takes to the socket: from the time in the pushed object to its arrival."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from websockets.asyncio.client import ClientConnection, connect

from local.bench.batch import instant_model
from local.bench.figures import Figure, percentile
from local.bench.rooms import different
from local.demo.client import Client
from local.demo.following import HELLO
from local.demo.journey import stage
from local.demo.photos import chosen
from local.demo.shots import Board
from local.state import Cloud

PHOTOS = 20


def measured(cloud: Cloud, token: str) -> Iterator[Figure]:
    with instant_model(cloud), tempfile.TemporaryDirectory() as folder:
        photos = different(PHOTOS, Path(folder))
        alone = asyncio.run(_delays(cloud, token, [[photo] for photo in photos]))
        together = asyncio.run(_delays(cloud, token, [photos]))
    detail = f"p50 {percentile(alone, 50):.0f} ms of {len(alone)} changes, the work before the write included"
    yield Figure("status change to socket, p95", percentile(alone, 95), "ms", detail, most=100)
    detail = f"p50 {percentile(together, 50):.0f} ms of {len(together)} changes"
    yield Figure(f"… with {PHOTOS} photos at once, p95", percentile(together, 95), "ms", detail)


async def _delays(cloud: Cloud, token: str, batches: list[list[Path]]) -> list[float]:
    """Milliseconds of every change, while one batch after the other is staged."""
    delays: list[float] = []
    async with Client(cloud.api, token) as client, connect(await client.socket_url(), proxy=None) as socket:
        await socket.send(HELLO)
        listening = asyncio.create_task(_hear(socket, delays))
        for photos in batches:
            board = Board(chosen(photos), lambda _: None)
            await stage(client, board, project="Benchmark", style="modern", folder=None)
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
    return delays


async def _hear(socket: ClientConnection, delays: list[float]) -> NoReturn:
    while True:
        message = json.loads(await socket.recv())
        now = datetime.now(UTC)
        kind, _, event = message["type"].partition(".")
        if kind in ("job", "image") and event == "updated":
            changed = datetime.fromisoformat(message[kind]["updated_at"])
            delays.append((now - changed).total_seconds() * 1000)
