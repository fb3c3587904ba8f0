"""Invocations: each on one of a function's few workers, as soon as one is free.

ministack starts as many workers as there are invocations.
"""

import os
import threading
from typing import Any

import ministack.core.lambda_runtime as runtime
import ministack.services.lambda_svc as functions

from local.emulator.shapes import Record
from local.emulator.workers import Worker
from local.permits import Places

WORKERS = int(os.environ.get("LOCAL_WORKERS", "2"))

_places: dict[str, Places] = {}
_places_lock = threading.Lock()


def places_for(config: Record, reserved: int | None) -> Places:
    key, wanted = config["FunctionArn"], min(WORKERS, reserved or WORKERS)
    with _places_lock:
        return _places.setdefault(f"{key}:{wanted}", Places(wanted))


_worker_class = runtime._worker_class_for
_execute_warm = functions._execute_function_warm
_reserved = functions._reserved_concurrency
_queue_concurrency = functions._sqs_esm_concurrency


def worker_class(config: Record) -> type:
    return Worker if str(config.get("Runtime", "")).startswith("python") else _worker_class(config)


def execute(function: Record, event: Any, request_id: str) -> Record:
    """One invocation on a worker of the function, as soon as one may have it."""
    config, code = function.get("config") or function, function.get("code_zip")
    if not code or not str(config.get("Runtime", "")).startswith("python"):
        other: Record = _execute_warm(function, event, request_id)
        return other
    functions._ensure_reaper_thread()
    with places_for(config, _reserved(function, config)).taken():
        qualifier = config.get("Version", "$LATEST")
        worker, _ = runtime.acquire_worker(config["FunctionName"], config, code, qualifier=qualifier)
        try:
            result: Record = worker.run(event, request_id, functions._xray_trace_id_for_invocation(config))
            return result
        finally:
            runtime.release_worker(worker)


def queue_concurrency(source: Record, function: Record, config: Record, waiting: Record | None = None) -> int:
    """A batch that waits for a worker would use up its messages' visibility: leave it in the queue."""
    return min(WORKERS, int(_queue_concurrency(source, function, config, waiting)))


def install() -> None:
    runtime._worker_class_for = worker_class
    functions._execute_function_warm = execute
    functions._sqs_esm_concurrency = queue_concurrency
    # Whoever exceeds the reserved concurrency waits above: throttled, an S3 event would be lost in the end.
    functions._reserved_concurrency = lambda function, config: 0 if _reserved(function, config) == 0 else None
