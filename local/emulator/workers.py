"""Lambda workers: clean interpreter and environment, shared unpacked layers, logged.

ministack unzips the code and every layer for each worker, runs them under its own interpreter with the whole
environment of its shell, puts layers before the code, and waits 50 ms for log lines that never come. An exception
kills the worker and loses its type.
"""

import contextlib
import hashlib
import io
import json
import os
import queue
import re
import selectors
import subprocess
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import ministack.core.lambda_runtime as runtime
import ministack.services.lambda_svc as functions

from local.emulator.shapes import Record
from local.worker import END_OF_LOG

PYTHON = os.environ.get("LAMBDA_PYTHON", "")
LOGS = Path(os.environ.get("LOCAL_LOGS") or tempfile.mkdtemp(prefix="logs-"))
UNPACKED = Path(tempfile.gettempdir()) / "unpacked"
BOOTSTRAP = Path(__file__).parents[1] / "worker.py"
LOG_PATIENCE = 1.0  # seconds; a process that closed its log must not hold its answer
INIT_LIMIT = 30.0  # Lambda gives 10 seconds, on a machine that nothing else shares
_unpacking = threading.Lock()


def unpacked(archive: bytes) -> Path:
    """The folder with this archive's files, made once for all workers."""
    folder = UNPACKED / hashlib.sha256(archive).hexdigest()[:32]
    with _unpacking:
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                packed.extractall(unfinished)
            unfinished.rename(folder)
    return folder


def log_name(function_name: str) -> str:
    """`<stack>-StageImage-0A1B2C3D4E5F6` logs to StageImage.log; a name of the template's own stays."""
    generated = re.fullmatch(r".*-([A-Za-z0-9]+)-[0-9A-F]{13}", function_name)
    return generated[1] if generated else function_name


class FailedError(Exception):
    """An invocation without a result; carries what the caller is told."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.payload = {
            "errorType": kind,
            "errorMessage": message,
            **({"stackTrace": trace} if trace else {}),
        }


class Worker(runtime.Worker):  # type: ignore[misc]  # ministack has no types
    """One process with one function's handler; ministack's pool holds it, everything else is ours."""

    _proc: Any
    _tmpdir: str | None

    def _spawn(self) -> None:
        self._log_lines: queue.Queue[str | None] = queue.Queue()
        self._unread = b""
        self._tmpdir = self._tmpdir or tempfile.mkdtemp(prefix=f"worker-{log_name(self.func_name)}-")
        code = unpacked(self.code_zip)
        started = time.monotonic()
        self._proc = subprocess.Popen(
            [PYTHON or runtime.sys.executable, "-P", BOOTSTRAP],
            cwd=code,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment(code),
        )
        threading.Thread(target=self._read_log, args=(self._proc.stderr, self._log_lines), daemon=True).start()
        self._send(self._description(code))
        try:
            answer = self._receive(INIT_LIMIT)
            if "raised" in answer:
                raise FailedError(*_raised(answer))
        except FailedError:
            self._end()
            raise
        self.init_ms: float | None = (time.monotonic() - started) * 1000

    def _description(self, code: Path) -> Record:
        # Lambda lays the layers over each other in /opt, the last one on top.
        layers = [unpacked(functions._resolve_layer_zip(layer)) for layer in self.config.get("Layers") or []]
        inside = (folder for layer in reversed(layers) for folder in _python_folders(layer))
        return {
            "code": str(code),
            "layers": [str(folder) for folder in inside],
            "handler": self.config["Handler"],
            "name": self.func_name,
            "version": self.config.get("Version", "$LATEST"),
            "memory": str(self.config.get("MemorySize", 128)),
            "arn": self.config["FunctionArn"],
            "timeout": self.config.get("Timeout", 3),
            "log_group": f"/aws/lambda/{self.func_name}",
            "log_stream": f"[{self.config.get('Version', '$LATEST')}]{id(self):x}",
        }

    def _environment(self, code: Path) -> dict[str, str]:
        """What Lambda provides, then the function's own; nothing of the shell that started the emulator."""
        _, region = runtime._account_region_from_function_config(self.config)
        own = (self.config.get("Environment") or {}).get("Variables") or {}
        endpoint = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
        return {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "TMPDIR": str(self._tmpdir),
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_LAMBDA_FUNCTION_NAME": self.func_name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.config.get("Version", "$LATEST"),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.config.get("MemorySize", 128)),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.func_name}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": self.config["Handler"],
            **runtime.execution_credentials(self.config),
            **{key: str(value) for key, value in own.items() if key not in runtime._RESERVED_RUNTIME_ENV_VARS},
            # An empty value would be AWS itself; the template declares one so that `sam local` can fill it.
            "AWS_ENDPOINT_URL": own.get("AWS_ENDPOINT_URL") or endpoint,
        }

    def _read_log(self, stream: Any, lines: "queue.Queue[str | None]") -> None:
        with (LOGS / f"{log_name(self.func_name)}.log").open("a", encoding="utf-8", buffering=1) as file:
            for raw in stream:
                line = raw.decode("utf-8", "replace").rstrip("\n")
                if not line.startswith(END_OF_LOG):
                    file.write(line + "\n")
                lines.put(line)
        lines.put(None)

    def _log(self, until: str) -> str:
        """What was logged up to this line; short of it when the process ends."""
        found: list[str] = []
        with contextlib.suppress(queue.Empty):
            while (line := self._log_lines.get(timeout=LOG_PATIENCE)) is not None and line != until:
                found.append(line)
        return "\n".join(found)

    def _send(self, message: Record) -> None:
        with contextlib.suppress(BrokenPipeError):  # it ended: what it has to say is read next
            self._proc.stdin.write(json.dumps(message).encode() + b"\n")
            self._proc.stdin.flush()

    def _receive(self, limit: float) -> Record:
        ends = time.monotonic() + limit
        # Not select(): it knows no descriptor above 1023, and every connection to the emulator has one.
        with selectors.PollSelector() as waiting:
            waiting.register(self._proc.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not waiting.select(max(0.0, ends - time.monotonic())):
                    raise FailedError("Sandbox.Timedout", f"Task timed out after {limit:.2f} seconds")
                some = os.read(self._proc.stdout.fileno(), 1 << 20)
                if not some:
                    raise FailedError("Runtime.ExitError", "Runtime exited before it answered")
                self._unread += some
        line, _, self._unread = self._unread.partition(b"\n")
        answer: Record = json.loads(line)
        return answer

    def _end(self) -> None:
        process, self._proc = self._proc, None
        process.kill()
        process.wait()

    def run(self, event: Any, request_id: str, trace_id: str | None) -> Record:
        """One invocation, as ministack's executor reports it. The timeout covers nothing but the handler."""
        with self._lock:
            began, cold = time.monotonic(), None
            try:
                if self._proc is None or self._proc.poll() is not None:
                    self._spawn()
                    cold = self.init_ms
                began = time.monotonic()
                self._send({"event": event, "request_id": request_id, "trace_id": trace_id})
                answer = self._receive(float(self.config.get("Timeout", 3)))
                if "raised" in answer:
                    raise FailedError(*_raised(answer))
                return {"body": answer["result"], "log": self._log(f"{END_OF_LOG} {request_id}")}
            except FailedError as error:
                log = self._after(error, request_id)
                return {"body": error.payload, "error": True, "log": log}
            finally:
                self._report(request_id, (time.monotonic() - began) * 1000, cold)

    def _after(self, error: FailedError, request_id: str) -> str:
        """The log of a failed invocation; a handler's exception leaves the worker as it is, as on Lambda."""
        if "stackTrace" in error.payload:
            return self._log(f"{END_OF_LOG} {request_id}")
        if self._proc is not None:
            self._end()
        self._note(f"[ERROR] {error.payload['errorType']}: {error}")
        return self._log(END_OF_LOG) + f"\n{error}"

    def _report(self, request_id: str, took: float, cold: float | None) -> None:
        init = f"\tInit Duration: {cold:.1f} ms" if cold else ""
        self._note(f"REPORT RequestId: {request_id}\tDuration: {took:.1f} ms{init}")

    def _note(self, line: str) -> None:
        with (LOGS / f"{log_name(self.func_name)}.log").open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _raised(answer: Record) -> tuple[str, str, list[str]]:
    raised = answer["raised"]
    return raised["errorType"], raised["errorMessage"], raised["stackTrace"]


def _python_folders(layer: Path) -> list[Path]:
    """Where Lambda looks inside /opt."""
    return [
        folder for folder in (*layer.glob("python/lib/python3.*/site-packages"), layer / "python") if folder.is_dir()
    ]
