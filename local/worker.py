"""One Lambda execution environment: imports a function's handler once, then answers invocations.

The emulator starts it with a clean interpreter that has boto3 and nothing else (`python -P worker.py`).
Standard library only, and nothing of ours: whatever is imported here would be found by the function too.

stdin:  one JSON line that describes the function, then one line per invocation.
stdout: one JSON line per answer. What the handler prints goes to stderr, like everything it logs; before each
        answer stderr gets a line that starts with END_OF_LOG: the reader knows that it has seen everything.
"""

import importlib
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

END_OF_LOG = "\0end of log"
LARGEST_ANSWER = 6 * 1024 * 1024 + 100  # what Lambda lets through
OPEN_FILES = 1024  # of one environment (Lambda quotas, "File descriptors"); the emulator itself needs more

Handler = Callable[[Any, "Context"], Any]


class Context:
    """What a handler is told about its invocation."""

    identity = None
    client_context = None

    def __init__(self, function: dict[str, Any], request_id: str) -> None:
        self.function_name = function["name"]
        self.function_version = function["version"]
        self.memory_limit_in_mb = function["memory"]
        self.invoked_function_arn = function["arn"]
        self.log_group_name = function["log_group"]
        self.log_stream_name = function["log_stream"]
        self.aws_request_id = request_id
        self._ends = time.monotonic() + function["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep both pipes for ourselves: the handler and its children print to the log, and read nothing."""
    messages, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return messages, answers


def limit_open_files() -> None:
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    unbounded = allowed == resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES if unbounded else min(allowed, OPEN_FILES), most))


def load(function: dict[str, Any]) -> Handler:
    """Import the handler, with the search path of Lambda: the code, then the layers, then the runtime."""
    sys.path[:0] = [function["code"], *function["layers"]]
    module_name, _, name = function["handler"].replace("/", ".").rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ImportError(f"Unable to import module '{module_name}': {error}") from error
    return getattr(module, name)  # type: ignore[no-any-return]  # whatever the template names


def report(error: BaseException, kind: str | None = None) -> dict[str, Any]:
    """Print an error the way the runtime does, and shape it as the invocation's answer."""
    kind = kind or type(error).__name__
    lines = traceback.format_exception(error)
    print(f"[ERROR] {kind}: {error}\n{''.join(lines)}", end="", file=sys.stderr, flush=True)
    return {"raised": {"errorType": kind, "errorMessage": str(error), "stackTrace": lines}}


def run(handler: Handler, function: dict[str, Any], message: dict[str, Any]) -> bytes:
    """One invocation, to the line that answers it."""
    os.environ.pop("_X_AMZN_TRACE_ID", None)
    if message["trace_id"]:
        os.environ["_X_AMZN_TRACE_ID"] = message["trace_id"]
    try:
        result = handler(message["event"], Context(function, message["request_id"]))
    except Exception as error:  # an edge: whatever the handler raises is the invocation's answer
        return json.dumps(report(error)).encode()
    try:
        answer = json.dumps({"result": result}).encode()
    except (TypeError, ValueError) as error:
        return json.dumps(report(error, "Runtime.MarshalError")).encode()
    if len(answer) > LARGEST_ANSWER:
        refusal = ValueError(f"Response payload of {len(answer)} bytes exceeded the maximum of 6291556 bytes")
        return json.dumps(report(refusal, "Function.ResponseSizeTooLarge")).encode()
    return answer


def main() -> None:
    messages, answers = own_pipes()
    limit_open_files()
    function = json.loads(messages.readline())
    try:
        handler = load(function)
    except ImportError as error:
        answers.write(json.dumps(report(error, "Runtime.ImportModuleError")).encode() + b"\n")
        return
    except Exception as error:  # an edge: a module that fails at import is an init error, whatever it raised
        answers.write(json.dumps(report(error)).encode() + b"\n")
        return
    answers.write(b'{"ready": true}\n')
    for line in messages:
        message = json.loads(line)
        answer = run(handler, function, message)
        sys.stderr.flush()
        os.write(2, f"{END_OF_LOG} {message['request_id']}\n".encode())
        view = memoryview(answer + b"\n")
        while view:  # an unbuffered pipe takes what fits
            view = view[answers.write(view) :]


if __name__ == "__main__":
    main()
