"""Recursive loops through queues: a function may go round its own queue sixteen times, unless it is allowed to.

ministack counts invocations that a function makes directly, not those through SQS, and does not read RecursiveLoop
from a template. On AWS the count travels in the trace header that the SDK adds inside Lambda; so it does here.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import ministack.services.lambda_svc as functions
from ministack.services import sqs
from ministack.services.cloudformation import provisioners

from local.emulator.shapes import Answer, Record
from local.emulator.workers import LOGS

MOST_ROUNDS = 16
REMEMBERED = 5000  # traces of invocations that may still be sending

# How often each function took part in the chain of requests so far.
_running: ContextVar[dict[str, int]] = ContextVar("rounds of the batch that is run", default={})  # noqa: B039 (never changed)
_sending: ContextVar[dict[str, int]] = ContextVar("rounds of the one who sends", default={})  # noqa: B039
_rounds_of_trace: OrderedDict[str, dict[str, int]] = OrderedDict()

_run_sqs_batch = functions._run_sqs_batch
_send_message: Callable[[Record, str], Record]
_handle_request = sqs.handle_request
_trace_id = functions._xray_trace_id_for_invocation
_function = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
_function_create, _function_update = _function["create"], _function["update"]


def run_sqs_batch(source: Record, function: Record, event: Record, batch: list[Record], *rest: Any) -> None:
    name = function["config"]["FunctionName"]
    rounds: dict[str, int] = {}
    for message in batch:
        for each, count in (message.get("rounds") or {}).items():
            rounds[each] = max(count, rounds.get(each, 0))
    rounds[name] = rounds.get(name, 0) + 1
    if rounds[name] > MOST_ROUNDS and function.get("recursive_loop") != "Allow":
        report(name)
        return  # its messages come again, and end in the dead letters
    before = _running.set(rounds)
    try:
        _run_sqs_batch(source, function, event, batch, *rest)
    finally:
        _running.reset(before)


def report(name: str) -> None:
    """Where the log of the function is, so that whoever looks for lost messages finds it."""
    said = f"[ERROR] RecursiveInvocationsDropped: {name} went round its own queue {MOST_ROUNDS} times"
    functions.logger.error(said)
    with (LOGS / "recursion.log").open("a", encoding="utf-8") as file:
        file.write(said + "\n")


def trace_id(config: Record, inbound: str | None = None) -> str | None:
    """Every invocation has a trace, as on AWS; it leads back to the rounds that are behind it."""
    found = _trace_id(config, inbound)
    if not found:
        found = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
    if rounds := _running.get():
        _rounds_of_trace[_root(found)] = rounds
        while len(_rounds_of_trace) > REMEMBERED:
            _rounds_of_trace.popitem(last=False)
    return str(found)


def _root(trace: str) -> str:
    return next((part for part in trace.split(";") if part.startswith("Root=")), trace)


async def handle_request(method: str, path: str, headers: dict[str, str], *rest: Any) -> Answer:
    before = _sending.set(_rounds_of_trace.get(_root(headers.get("x-amzn-trace-id", "")), {}))
    try:
        answer: Answer = await _handle_request(method, path, headers, *rest)
        return answer
    finally:
        _sending.reset(before)


def send_message(request: Record, url: str) -> Record:
    answer: Record = _send_message(request, url)
    if rounds := _sending.get():
        newest = sqs._get_q(request.get("QueueUrl", url), "sqs:SendMessage")["messages"][-1]
        if newest["id"] == answer["MessageId"]:
            newest["rounds"] = rounds
    return answer


def create_function(logical_id: str, properties: Record, stack: str) -> tuple[str, Record]:
    made: tuple[str, Record] = _function_create(logical_id, properties, stack)
    functions._functions[made[0]]["recursive_loop"] = properties.get("RecursiveLoop", "Terminate")
    return made


def update_function(
    physical_id: str, old: Record, new: Record, stack: str, *rest: Any, **named: Any
) -> tuple[str, Record]:
    made: tuple[str, Record] = _function_update(physical_id, old, new, stack, *rest, **named)
    functions._functions[made[0]]["recursive_loop"] = new.get("RecursiveLoop", "Terminate")
    return made


def install() -> None:
    global _send_message  # noqa: PLW0603  (what other modules of ours made of it)
    _send_message = sqs._act_send_message
    functions._run_sqs_batch, functions._xray_trace_id_for_invocation = run_sqs_batch, trace_id
    sqs._act_send_message, sqs.handle_request = send_message, handle_request
    sqs._HANDLERS["SendMessage"] = send_message
    _function.update(create=create_function, update=update_function)
