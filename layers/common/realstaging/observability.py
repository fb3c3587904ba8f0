"""The one logger, the metrics, and the W3C trace context that follows a photo through the system."""

import functools
import gc
import hashlib
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from realstaging.tracing.calls import tally
from realstaging.tracing.context import TraceContext, new_span_id, new_trace_id, parse
from realstaging.tracing.recorder import recorder
from realstaging.tracing.span import Kind, Value

log = Logger(utc=True, use_rfc3339=True)
metrics = Metrics(namespace="RealStaging")
# Beside `service`: alarms and graphs must not mix the stages that share an account.
metrics.set_default_dimensions(stage=os.environ.get("STAGE", "unknown"))

# Most invocations have nothing to count; Powertools would warn about each of them.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def count(name: str, value: int = 1) -> None:
    """One more of something; names are listed in docs/runbook.md."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def count_check(model: str, verdict: str) -> None:
    """A picture check, by the model that made the picture and the verdict: two dimensions of few values."""
    metrics.add_metric(name="PictureChecked", unit=MetricUnit.Count, value=1)
    _count_by("PictureCheckedByModel", model=model, verdict=verdict)


def count_by_account(name: str, account: str) -> None:
    """One more of something, by the provider's account: as many values as are configured."""
    _count_by(name, account=account)


def _count_by(name: str, **dimensions: str) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace="RealStaging") as metric:
        for dimension, value in {"stage": os.environ.get("STAGE", "unknown"), **dimensions}.items():
            metric.add_dimension(name=dimension, value=value)


def duration(name: str, milliseconds: float) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=milliseconds)


def traceparent(received: str | None) -> str:
    """The trace to go on with: the caller's with a new span, or a new one if there is none."""
    caller = parse(received)
    trace_id, flags = (caller.trace_id, caller.flags) if caller else (new_trace_id(), "01")
    return str(TraceContext(trace_id, new_span_id(), flags))


def join(received: str | None, correlation_id: str | None = None) -> str:
    """A request goes on with its caller's trace, or begins one. What to keep in rows and to hand on."""
    trace = recorder.join(received, is_edge=True) or traceparent(received)
    _log_trace(trace, correlation_id)
    return trace


def follow(trace: str, correlation_id: str | None = None, *, about: str | None = None) -> None:
    """This record goes on with the trace that its message or row carries. `about`: the job's or the image's id."""
    recorder.join(trace)
    if span := recorder.base:
        span.put({"realstaging.about": about})
    _log_trace(trace, correlation_id)


def _log_trace(trace: str, correlation_id: str | None) -> None:
    """On every log line from here to the end of this record."""
    log.append_keys(trace_id=trace.split("-")[1] if trace.count("-") == 3 else trace, traceparent=trace)
    if correlation_id:
        log.set_correlation_id(correlation_id)


# -- one line for each request and each record ----------------------------------------------------------

_began = time.perf_counter()
_is_cold = True


def observed[Answer](handler: Callable[[dict[str, Any], Any], Answer]) -> Callable[[dict[str, Any], Any], Answer]:
    """The edge of every function: its log context, its metrics and its trace. The last thing that a handler defines."""
    _end_of_imports()

    @functools.wraps(handler)
    def traced(event: dict[str, Any], context: Any) -> Answer:
        global _is_cold  # noqa: PLW0603 (one process is one execution environment)
        _begin()
        known: dict[str, Value | None] = {
            "faas.invocation_id": str(context.aws_request_id),
            "faas.coldstart": _is_cold,
            "faas.trigger": _trigger(event),
        }
        _is_cold = False
        try:
            with recorder.invocation(log.service, Kind.SERVER, known) as span:
                answer = handler(event, context)
                if span and isinstance(answer, dict) and (status := answer.get("statusCode")):
                    span.put({"http.response.status_code": status})
                    if status >= 500:
                        span.fail(str(status))
                return answer
        finally:
            if lost := recorder.flush():
                count("SpansLost", lost)

    wrapped: Callable[[dict[str, Any], Any], Answer] = log.inject_lambda_context(clear_state=True)(
        metrics.log_metrics(traced)
    )
    return wrapped


@contextmanager
def record(**known: str | None) -> Iterator[None]:
    """One record of an event. Its line says how long it took and what it used of the table."""
    log.remove_keys(["trace_id", "traceparent"])
    _begin()
    failed: str | None = None
    try:
        with recorder.record(f"process {log.service}", Kind.CONSUMER, {**known}):
            yield
    except BaseException as error:
        failed = type(error).__name__
        raise
    finally:
        log.info("record handled", error=failed, **_used())


def request_answered(
    method: str, route: str | None, status: int, *, code: str | None = None, owner: str | None = None
) -> None:
    """The line of one request. Of its owner there is a hash: enough to count and to compare."""
    span = recorder.base
    if span:
        span.name = f"{method} {route}" if route else method
        span.put({"http.request.method": method, "http.route": route})
        span.put({"realstaging.code": code})
    who = hashlib.sha256(owner.encode()).hexdigest()[:12] if owner else None
    log.info("request answered", method=method, route=route, status=status, code=code, owner_hash=who, **_used())


def _end_of_imports() -> None:
    """What is there now stays, so collections need not look at it."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _begin() -> None:
    global _began  # noqa: PLW0603
    _began = time.perf_counter()
    tally.reset()


def _used() -> dict[str, Any]:
    ms = round((time.perf_counter() - _began) * 1000, 1)
    return {"ms": ms, "table_calls": tally.calls, "table_units": tally.units}


def _trigger(event: Any) -> str:
    """By the semantic conventions for functions."""
    if not isinstance(event, dict):
        return "other"
    if "requestContext" in event:
        return "http"
    [first] = event.get("Records", [{}])[:1] or [{}]
    source = first.get("eventSource", "")
    return "pubsub" if source == "aws:sqs" else "datasource" if source else "timer"
