"""POST /_local/warm?<function>=<workers>&...: starts workers before the first request needs them.

A cold start per function would be the first thing a demo shows.
"""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ministack.core.lambda_runtime as runtime
import ministack.services.lambda_svc as functions
from ministack import app
from ministack.core.concurrency import run_offloop

from local.emulator.invocations import WORKERS
from local.emulator.shapes import Record
from local.emulator.workers import FailedError

_before_body: Callable[..., Any] = app._handle_pre_body_request


def _warm(name: str, count: int) -> Record:
    record, config = functions._get_func_record_for_qualifier(name, None)
    if record is None:
        return {"function": name, "error": "there is no such function"}
    leased = [runtime.acquire_worker(name, config, record["code_zip"])[0] for _ in range(min(count, WORKERS))]
    try:
        for worker in leased:
            runtime.ensure_spawned(worker)
    except FailedError as error:
        return {"function": name, "error": error.payload}
    finally:
        for worker in leased:
            runtime.release_worker(worker)
    return {"function": name, "init_ms": [round(worker.init_ms) for worker in leased]}


def _warm_all(wanted: dict[str, list[str]]) -> list[Record]:
    account, region = functions.get_account_id(), functions.get_region()

    def one(item: tuple[str, list[str]]) -> Record:
        functions._request_account_id.set(account)
        functions._request_region.set(region)
        return _warm(item[0], int(item[1][0]))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, wanted.items()))


async def before_body(method: str, path: str, headers: dict[str, str], query: dict[str, list[str]], *rest: Any) -> Any:
    if (method, path) != ("POST", "/_local/warm"):
        return await _before_body(method, path, headers, query, *rest)
    done = await run_offloop(_warm_all, query)
    return 200, {"Content-Type": "application/json"}, json.dumps(done).encode()


def install() -> None:
    app._handle_pre_body_request = before_body
