"""How the board learns what happens: the socket tells at once, reading the batch now and then makes sure.

A push is a hint and may get lost; the batch is the record. Neither is believed over a higher version.
"""

import asyncio
import json
import time
from typing import NoReturn

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from local.demo.answers import Image, Job, Problem
from local.demo.client import Client, RefusedError
from local.demo.shots import Board

HELLO, PING = '{"action": "hello"}', '{"action": "ping"}'
PING_SECONDS = 240.0  # a gateway closes a socket that is silent for ten minutes
PAUSE = 1.0  # seconds before a lost socket is opened again
UNREACHABLE = (OSError, WebSocketException, httpx.TransportError, RefusedError)


async def listen(client: Client, board: Board) -> NoReturn:
    """Keep a socket open; whenever one was opened, read what was said while nobody listened."""
    while True:
        try:
            async with connect(await client.socket_url(), proxy=None) as socket:
                await socket.send(HELLO)
                await _hear(socket, client, board)
        except UNREACHABLE:
            await asyncio.sleep(PAUSE)


async def reread(client: Client, board: Board, *, every: float, patience: float) -> None:
    """Read the batch every so many seconds; give up when nothing moved for `patience` seconds."""
    while time.monotonic() - board.moved < patience:
        await asyncio.sleep(every)
        try:
            await look(client, board)
        except UNREACHABLE:
            continue
    for shot in board.shots:
        if not shot.over.is_set():
            detail = f"It was {shot.step} when nothing more was heard for {patience:.0f} seconds."
            board.failed(shot, Problem(title="Nothing happened any more", detail=detail))


async def look(client: Client, board: Board) -> None:
    if board.batch_id:
        board.reads += 1
        for job in (await client.batch(board.batch_id)).jobs:
            board.take_job(job)


async def _hear(socket: ClientConnection, client: Client, board: Board) -> NoReturn:
    while True:
        try:
            message = json.loads(await asyncio.wait_for(socket.recv(), PING_SECONDS))
        except TimeoutError:
            await socket.send(PING)
            continue
        match message["type"]:
            case "hello":  # from here on nothing is missed
                board.greeted.set()
                await look(client, board)
            case "job.updated":
                board.pushes += 1
                board.take_job(Job.model_validate(message["job"]))
            case "image.updated":
                board.pushes += 1
                board.take_image(Image.model_validate(message["image"]))
