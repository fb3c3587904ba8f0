"""The recorder of spans: processor's milliseconds to be there, and for one invocation with a record and ten calls."""

import json
import statistics
import time
from typing import Any

# What a function has loaded by then in any case.
import aws_lambda_powertools.metrics  # noqa: F401
import botocore.client  # noqa: F401

import realstaging  # noqa: F401

INVOCATIONS, CALLS = 300, 10
KNOWN: dict[str, Any] = {"rpc.method": "GetItem", "db.system.name": "aws.dynamodb", "http.response.status_code": 200}

began = time.process_time_ns()
from realstaging.tracing.config import Config  # noqa: E402
from realstaging.tracing.exporter import exporter  # noqa: E402, F401
from realstaging.tracing.recorder import Recorder  # noqa: E402
from realstaging.tracing.span import Kind  # noqa: E402

recorder = Recorder(Config(daemon="127.0.0.1:9", resource={"service.name": "bench"}))  # nobody hears it
init = time.process_time_ns() - began


def invocation() -> int:
    began = time.process_time_ns()
    with (
        recorder.invocation("finish_job", Kind.SERVER, {"faas.trigger": "pubsub"}),
        recorder.record("process finish_job", Kind.CONSUMER, {"messaging.system": "aws_sqs"}),
    ):
        recorder.join("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        for _ in range(CALLS):
            with recorder.span("DynamoDB.GetItem", Kind.CLIENT, KNOWN):
                pass
    recorder.flush()
    return time.process_time_ns() - began


took = [invocation() for _ in range(INVOCATIONS)]
print(json.dumps({"init": init / 1e6, "invocation": statistics.median(took) / 1e6}))
