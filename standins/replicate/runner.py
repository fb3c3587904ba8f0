"""Runs a prediction: start, fetch, draw, end, notify; with the faults of the script."""

import asyncio
import random
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import httpx

from standins.replicate import inputs
from standins.replicate.drawing import draw
from standins.replicate.drawing.mistakes import Mistake
from standins.replicate.drawing.order import PictureError
from standins.replicate.inputs import InputError, fetch
from standins.replicate.outputs import Outputs
from standins.replicate.predictions import Prediction
from standins.replicate.script import ERRORS, Director
from standins.replicate.webhooks import Sender

DRAWING_THREADS = 2
START_SHARE = 0.15


class Runner:
    def __init__(self, http: httpx.AsyncClient, director: Director, outputs: Outputs, sender: Sender):
        self._http, self._director = http, director
        self._outputs, self._sender = outputs, sender
        self._pool = ThreadPoolExecutor(DRAWING_THREADS, thread_name_prefix="drawing")
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._background: set[asyncio.Task[None]] = set()

    def begin(self, prediction: Prediction) -> None:
        self._tasks[prediction.id] = asyncio.create_task(self._supervise(prediction))

    async def cancel(self, prediction: Prediction) -> None:
        """Best effort, as at Replicate: a finished prediction stays as it is."""
        task = self._tasks.get(prediction.id)
        if task and not prediction.over.is_set():
            task.cancel()
            await prediction.over.wait()

    def close(self) -> None:
        for task in [*self._tasks.values(), *self._background]:
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _supervise(self, prediction: Prediction) -> None:
        try:
            async with asyncio.timeout(self._seconds_left(prediction)):
                await self._run(prediction)
        except TimeoutError:
            prediction.end("canceled" if prediction.started_at else "aborted")
        except asyncio.CancelledError:
            prediction.end("canceled")
        except (InputError, PictureError) as error:
            prediction.end("failed", error=str(error))
        self._in_background(self._notify(prediction))
        keep = self._director.script.keep_seconds
        asyncio.get_running_loop().call_later(keep, self._forget, prediction)
        del self._tasks[prediction.id]

    def _in_background(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _notify(self, prediction: Prediction) -> None:
        # Replicate documents no webhook for a prediction that never started: clients must poll.
        if prediction.status != "aborted" or prediction.plan.run.announced:
            await self._sender.notify(prediction, "completed")
        prediction.announced.set()

    def _forget(self, prediction: Prediction) -> None:
        self._outputs.remove(prediction.id)
        prediction.forget()

    @staticmethod
    def _seconds_left(prediction: Prediction) -> float | None:
        if prediction.deadline is None:
            return None
        return (prediction.deadline - datetime.now(UTC)).total_seconds()

    async def _run(self, prediction: Prediction) -> None:
        plan = prediction.plan
        ends_at = asyncio.get_running_loop().time() + plan.latency
        if plan.run.outcome == "hang" and not plan.run.started:
            await asyncio.Event().wait()
        if plan.run.outcome == "abort":
            await asyncio.sleep(plan.latency)
            prediction.end("aborted")
            return
        await asyncio.sleep(plan.latency * START_SHARE)
        prediction.start()
        self._in_background(self._sender.notify(prediction, "start"))
        if plan.run.outcome == "hang":
            await asyncio.Event().wait()
        result = None if plan.run.outcome in ERRORS else await self._draw(prediction)
        await asyncio.sleep(ends_at - asyncio.get_running_loop().time())
        self._end(prediction, result)

    def _end(self, prediction: Prediction, result: object) -> None:
        run = prediction.plan.run
        if run.outcome in ERRORS:
            prediction.end("failed", error=run.error or ERRORS[run.outcome])
            return
        for event in ("logs", "output"):
            self._in_background(self._sender.notify(prediction, event))
        prediction.end(run.status if run.outcome == "unknown_status" else "succeeded", output=result)

    async def _draw(self, prediction: Prediction) -> object:
        """The URL of the drawn picture, or a list with it, as this model (or the script) returns it."""
        given = prediction.model.defaults | (prediction.input or {})
        photos = inputs.image_uris(given)
        if not photos:
            raise InputError("At least one image is required")
        rooms = [await fetch(uri, self._http) for uri in photos]
        seed = given.get("seed")
        seed = random.randrange(2**32) if seed is None else seed
        prediction.logs = f"Using seed: {seed}\n"
        fault = prediction.plan.result
        kind = fault.kind if fault else None
        order = inputs.drawing_order(prediction.model, given, seed)
        if kind == "square":
            order = replace(order, aspect_ratio="1:1")
        if fault and kind in get_args(Mistake):
            order = replace(order, mistake=kind, by=fault.by)
        loop = asyncio.get_running_loop()
        content = await loop.run_in_executor(self._pool, draw, rooms[0], order)
        prediction.logs += "Generated 1 image\n"
        if kind == "none":
            return None
        url = self._outputs.keep(prediction.id, order.output_format, content, fault)
        if kind == "foreign" and fault:
            url = fault.url
        return [url] if prediction.model.answers_with_a_list and kind != "string" else url
