"""Figures of single processes: cold starts, the settings' first load, jobs into a queue."""

import statistics
from collections.abc import Callable, Iterator
from functools import partial

from events.loading import load
from local import aws
from local.state import Cloud
from tools.bench.deployed import Function, InsideError, functions, run, until_ready
from tools.bench.figures import Figure

ROUNDS = 7
MOST_ROUNDS, NEAR = 21, 0.1  # as many more as it takes, while the ratio is within a tenth of its bar
API_RATIO, WORKER_RATIO = 1.35, 1.15  # to boto3 and one client
STARTS, FIRST_PICTURE = ("empty", "sdk", "ready"), ("empty", "sdk", "first_picture")
APIS = ("Api", "UploadUrls")
PICTURES = {  # what a handler leaves for its first picture
    "UploadComplete": "realstaging.imaging.normalize",
    "FinishJob": "realstaging.runs.pictures",
    "VerifyPictures": "realstaging.verifications.pictures",
}


def measured(cloud: Cloud, token: Callable[[str], str]) -> Iterator[Figure]:
    deployed = functions(cloud)
    yield from _cold_starts(deployed, cloud)
    yield _first_request(next(function for function in deployed if function.name == "JobsApi"), cloud, token("first"))
    worker = next(function for function in deployed if function.name == "StageImage")
    yield _enqueueing(worker, cloud)
    yield _settings(worker, cloud)
    yield from _recorder(worker, cloud)


def _cold_starts(deployed: list[Function], cloud: Cloud) -> Iterator[Figure]:
    """Of each function against the SDK with one client, and against nothing. One after the other in each round.

    A busy machine slows all of them down: the ratio of a round stays what it is, milliseconds do not.
    """
    for function in deployed:
        is_api = function.name.endswith(APIS)
        what, bar = f"cold start, {function.name}", API_RATIO if is_api else WORKER_RATIO
        try:
            _round(function, STARTS, cloud)  # once for the disk's cache
            rounds = decided(partial(_round, function, STARTS, cloud), bar)
        except InsideError as error:
            yield Figure(what, None, "×", str(error), most=bar)
            continue
        yield Figure(what, *compared(rounds), most=bar)
        if function.name in PICTURES:
            yield _first_picture(function, cloud)


def _round(function: Function, scripts: tuple[str, ...], cloud: Cloud, argument: str | None = None) -> list[float]:
    return [until_ready(function, script, cloud, argument) for script in scripts]


def decided(measure: Callable[[], list[float]], bar: float) -> list[list[float]]:
    """Rounds of (nothing, SDK, function): more of them where few cannot tell on which side of its bar the ratio is."""
    rounds = [measure() for _ in range(ROUNDS)]
    while len(rounds) < MOST_ROUNDS and abs(compared(rounds)[0] / bar - 1) < NEAR:
        rounds.append(measure())
    return rounds


def compared(rounds: list[list[float]]) -> tuple[float, str, str]:
    """The ratio of a function to the SDK, its unit, and how it came about; rounds of (nothing, SDK, function)."""
    ratio = statistics.median(function / sdk for _, sdk, function in rounds)
    empty, sdk, own = (statistics.median(each) for each in zip(*rounds, strict=True))
    detail = f"{own:.0f} ms; boto3 and a client {sdk:.0f}, an empty Python {empty:.0f} ({own / empty:.1f}×)"
    return ratio, "×", f"{detail}, {len(rounds)} rounds"


def _first_picture(function: Function, cloud: Cloud) -> Figure:
    """What the start put off for the first picture: no bar, for some of it overlaps with the download."""
    what = f"{function.name} with its first picture's libraries"
    try:
        rounds = [_round(function, FIRST_PICTURE, cloud, PICTURES[function.name]) for _ in range(ROUNDS)]
    except InsideError as error:
        return Figure(what, None, "×", str(error))
    return Figure(what, *compared(rounds))


def _first_request(function: Function, cloud: Cloud, token: str) -> Figure:
    """Start and first request, against the SDK and its first call: what is put off until then is in it."""
    what = f"{function.name} with its first request"
    event = load("http-get-job", {"token": token})
    try:
        asked = [run(function, "request", event, cloud) for _ in range(ROUNDS)]
        called = [run(function, "sdk_call", function.environment["TABLE_NAME"], cloud) for _ in range(ROUNDS)]
    except InsideError as error:
        return Figure(what, None, "×", str(error))
    start, all = (statistics.median(each[part] for each in asked) for part in ("start", "all"))
    sdk = statistics.median(called)
    detail = (
        f"processor's time: {start:.0f} ms to start, {all - start:.0f} for GET /v1/jobs/{{id}} ({asked[0]['status']})"
    )
    return Figure(what, all / sdk, "×", f"{detail}; boto3, a client and its first call {sdk:.0f}")


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


def _recorder(worker: Function, cloud: Cloud) -> Iterator[Figure]:
    names, bars = ("recorder of spans, to be there", "recorder of spans, an invocation"), (5, 1)
    try:
        took = [run(worker, "recorder", None, cloud) for _ in range(ROUNDS)]
    except InsideError as error:
        yield from (Figure(what, None, "ms", str(error), most=most) for what, most in zip(names, bars, strict=True))
        return
    for what, part, most in zip(names, ("init", "invocation"), bars, strict=True):
        detail = f"processor's time; a record and ten calls an invocation; median of {ROUNDS} processes"
        yield Figure(what, statistics.median(each[part] for each in took), "ms", detail, most=most)
