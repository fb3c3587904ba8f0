"""Figures of single processes: cold starts, the settings' first load, jobs into a queue."""

import statistics
from collections.abc import Iterator

from local import aws
from local.state import Cloud
from tools.bench.deployed import Function, InsideError, functions, run
from tools.bench.figures import Figure

ROUNDS = 5
API_BAR, WORKER_BAR = 350.0, 260.0
APIS = ("Api", "UploadUrls")


def measured(cloud: Cloud) -> Iterator[Figure]:
    deployed = functions(cloud)
    for function in deployed:
        yield _cold_start(function, cloud)
    worker = next(function for function in deployed if function.name == "StageImage")
    yield _enqueueing(worker, cloud)
    yield _settings(worker, cloud)


def _cold_start(function: Function, cloud: Cloud) -> Figure:
    """The import of a handler; the interpreter's own start, which Lambda counts too, is some 20 ms more."""
    bar = API_BAR if function.name.endswith(APIS) else WORKER_BAR
    what = f"cold start, {function.name}"
    try:
        run(function, "start", None, cloud)  # once for the disk's cache
        took = [float(run(function, "start", None, cloud)) for _ in range(ROUNDS)]
    except InsideError as error:
        return Figure(what, None, "ms", str(error), most=bar)
    detail = f"median of {ROUNDS} imports, {min(took):.0f} to {max(took):.0f} ms"
    return Figure(what, statistics.median(took), "ms", detail, most=bar)


def _enqueueing(worker: Function, cloud: Cloud) -> Figure:
    """Into a queue of its own: nobody shall start these jobs."""
    what = "enqueueing 50 jobs, batched against one by one"
    sqs = aws.client("sqs", cloud.aws_endpoint)
    url = sqs.create_queue(QueueName="bench-enqueueing")["QueueUrl"]
    try:
        took = run(worker, "enqueue", url, cloud)
    except InsideError as error:
        return Figure(what, None, "×", str(error), least=5)
    finally:
        sqs.delete_queue(QueueUrl=url)
    detail = f"{took['together']:.0f} ms batched, {took['one_by_one']:.0f} ms one by one, best of 3"
    return Figure(what, took["one_by_one"] / took["together"], "×", detail, least=5)


def _settings(worker: Function, cloud: Cloud) -> Figure:
    what = "configuration, cold load"
    try:
        took = [run(worker, "settings", None, cloud) for _ in range(ROUNDS)]
    except InsideError as error:
        return Figure(what, None, "ms", str(error), most=5)
    module, load = (statistics.median(each[part] for each in took) for part in ("module", "load"))
    detail = f"module and models {module:.1f} ms, reading and checking {load:.1f} ms; median of {ROUNDS} processes"
    return Figure(what, module + load, "ms", detail, most=5)
