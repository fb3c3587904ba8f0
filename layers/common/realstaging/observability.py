"""The one logger, the metrics, and the W3C trace context that follows a photo through the system."""

import os
import re
import secrets
import warnings

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

log = Logger(utc=True, use_rfc3339=True)
metrics = Metrics(namespace="RealStaging")
# Beside `service`: alarms and graphs must not mix the stages that share an account.
metrics.set_default_dimensions(stage=os.environ.get("STAGE", "unknown"))

# Most invocations have nothing to count; Powertools would warn about each of them.
warnings.filterwarnings("ignore", message="No application metrics to publish")

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def count(name: str, value: int = 1) -> None:
    """One more of something; names are listed in docs/runbook.md."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def count_check(model: str, verdict: str) -> None:
    """A picture check, by the model that made the picture and the verdict: two dimensions of few values."""
    metrics.add_metric(name="PictureChecked", unit=MetricUnit.Count, value=1)
    with single_metric(
        name="PictureCheckedByModel", unit=MetricUnit.Count, value=1, namespace="RealStaging"
    ) as by_model:
        for name, value in (("stage", os.environ.get("STAGE", "unknown")), ("model", model), ("verdict", verdict)):
            by_model.add_dimension(name=name, value=value)


def duration(name: str, milliseconds: float) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=milliseconds)


def traceparent(received: str | None) -> str:
    """The trace to go on with: the caller's with a new span, or a new one if there is none.

    W3C Trace Context, version 00: trace id and span id must not be all zeros.
    """
    match = _TRACEPARENT.fullmatch(received or "")
    valid = match and set(match[1]) != {"0"} and set(match[2]) != {"0"}
    trace, flags = (match[1], match[3]) if match and valid else (secrets.token_hex(16), "01")
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"


def follow(trace: str, correlation_id: str | None = None) -> None:
    """Put the trace on every log line from here to the end of this record."""
    log.append_keys(trace_id=trace.split("-")[1] if trace.count("-") == 3 else trace, traceparent=trace)
    if correlation_id:
        log.set_correlation_id(correlation_id)
