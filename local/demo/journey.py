"""The way of all photos through the API: one call for the plan, uploads side by side, results as they come."""

import asyncio
import contextlib
from pathlib import Path

import httpx

from local.demo.answers import Form, Item, Plan, Problem
from local.demo.client import Client, RefusedError
from local.demo.following import listen, reread
from local.demo.results import UnusableError, bring_home
from local.demo.shots import Board, Shot, Step

UPLOADS = 4  # at a time
ATTEMPTS = 3
SOCKET_PATIENCE = 5.0  # seconds; without a socket the reads must do
READ_EVERY = 10.0  # seconds
PATIENCE = 600.0  # seconds without any news; a model that nobody used lately takes minutes to start


async def stage(client: Client, board: Board, *, project: str, style: str, folder: Path | None) -> None:
    """Returns when every photo is ready, and saved where there is a folder for it, or failed with a reason."""
    background: list[asyncio.Task[None]] = [asyncio.create_task(listen(client, board))]
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(board.greeted.wait(), SOCKET_PATIENCE)
        project_id = await client.create_project(project)
        plan = await client.plan(project_id, style, [shot.photo for shot in board.shots])
        board.planned(plan)
        background.append(asyncio.create_task(reread(client, board, every=READ_EVERY, patience=PATIENCE)))
        await _all_through(client, board, plan, folder)
    finally:
        for task in background:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _all_through(client: Client, board: Board, plan: Plan, folder: Path | None) -> None:
    places = asyncio.Semaphore(UPLOADS)

    async def through(item: Item) -> None:
        shot = board.shots[item.index]
        if item.upload:
            async with places:
                await _upload(client, board, shot, item.upload)
        await shot.over.wait()
        if folder and shot.step is Step.READY:
            await _bring_home(client, board, shot, folder)

    async with asyncio.TaskGroup() as group:
        for item in plan.items:
            group.create_task(through(item))


async def _upload(client: Client, board: Board, shot: Shot, form: Form) -> None:
    """Sent again when the line breaks: storage takes a photo twice without harm."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await client.send(form, shot.photo, lambda part: board.sent(shot, part))
            return
        except RefusedError as error:
            board.failed(shot, error.problem)
            return
        except httpx.TransportError as error:
            if attempt == ATTEMPTS:
                board.failed(shot, Problem(title="The upload broke off", detail=f"{error}, {attempt} times."))


async def _bring_home(client: Client, board: Board, shot: Shot, folder: Path) -> None:
    try:
        await bring_home(shot, client, folder)
    except (RefusedError, UnusableError) as error:
        board.failed(shot, error.problem)
    except httpx.TransportError as error:
        board.failed(shot, Problem(title="The download broke off", detail=str(error)))
