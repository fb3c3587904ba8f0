"""The AWS emulator: ministack (pinned) with the gaps closed that this application meets.

ministack runs the real template, but not all of it as AWS does. Every section below hooks one part of the
pinned version and says what it closes; tests/contract holds the pin to each of them. `poll_streams` and
`_run_stream_batch` follow ministack's own stream poller (MIT, copyright MiniStack Contributors).

 1  HTTP APIs from a template      routes, authorizers, CORS and stable ids
 2  tables from a template         time to live
 3  stream event sources           partial failures, retries, bisecting, on-failure queue; their own threads
 4  Lambda workers                 clean interpreter and environment, shared unpacked layers, bounded, logged
 5  WebSocket invocations          through the same workers; no answers nobody asked for
 6  HTTP invocations               AWS's 500, cookies, CORS headers on refusals
 7  parameters and the transform   the values of this deployment, not the defaults
 8  fair queues                    one tenant's thousand messages do not hold up another's one
 9  permissions of batch calls     SQS knows no action of their own
 10 POST /_local/warm              starts workers before the first request needs them

Run with the emulator's interpreter, from the project's folder: `.venvs/emulator/bin/python -m local.emulator`
(local/processes.py sets the variables). LOCAL_WORKERS bounds the workers of one function, LAMBDA_PYTHON is
their interpreter, LOCAL_LOGS the folder of their logs.
"""

import contextlib
import copy
import hashlib
import inspect
import io
import json
import os
import queue
import re
import select
import subprocess
import tempfile
import threading
import time
import zipfile
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ministack.core.iam_actions as permissions
import ministack.core.lambda_runtime as runtime
import ministack.services.apigateway as gateway
import ministack.services.lambda_svc as functions
from ministack import app
from ministack.core.concurrency import run_offloop
from ministack.core.responses import new_uuid
from ministack.services import dynamodb, sqs
from ministack.services.cloudformation import changesets, engine, handlers, provisioners

from local.places import Places
from local.worker import END_OF_LOG

type Record = dict[str, Any]
type Answer = tuple[int, dict[str, Any], bytes]

# --- 1. HTTP APIs from a template ---
# What SAM makes of HttpApi has it all in `Body`, which ministack ignores: an API without routes, and green.

METHODS = {"get", "put", "post", "delete", "head", "patch", "options", "trace"}
ANY_METHOD = "x-amazon-apigateway-any-method"


def _camel(value: Any) -> Any:
    """Templates spell CORS settings in PascalCase, ministack's data plane reads camelCase."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(inner) for key, inner in value.items()}
    return [_camel(inner) for inner in value] if isinstance(value, list) else value


def _import_authorizers(api_id: str, body: Record) -> dict[str, str]:
    """Store the document's authorizers; their ids by name."""
    ids = {}
    for name, scheme in (body.get("components", {}).get("securitySchemes") or {}).items():
        found = scheme.get("x-amazon-apigateway-authorizer")
        if not found:
            continue
        jwt, source = found.get("jwtConfiguration") or {}, found.get("identitySource")
        if isinstance(source, str):
            source = [part.strip() for part in source.split(",")]
        ids[name] = new_uuid()[:8]
        gateway._authorizers[api_id][ids[name]] = {
            "authorizerId": ids[name],
            "name": name,
            "authorizerType": str(found.get("type", "jwt")).upper(),
            "identitySource": source if source is not None else ["$request.header.Authorization"] if jwt else [],
            "jwtConfiguration": {"audience": jwt.get("audience", []), "issuer": jwt.get("issuer", "")},
            "authorizerUri": found.get("authorizerUri", ""),
            "authorizerPayloadFormatVersion": str(found.get("authorizerPayloadFormatVersion", "2.0")),
            "authorizerResultTtlInSeconds": int(found.get("authorizerResultTtlInSeconds", 300 if source else 0)),
            "enableSimpleResponses": found.get("enableSimpleResponses") in (True, "true"),
            "authorizerCredentialsArn": found.get("authorizerCredentials", ""),
        }
    return ids


def _import_operation(api_id: str, path: str, method: str, operation: Record, authorizers: dict[str, str]) -> None:
    integration = operation["x-amazon-apigateway-integration"]
    integration_id, route_id = new_uuid()[:8], new_uuid()[:8]
    gateway._integrations[api_id][integration_id] = {
        "integrationId": integration_id,
        "integrationType": str(integration.get("type", "aws_proxy")).upper(),
        "integrationUri": integration.get("uri", ""),
        "integrationMethod": integration.get("httpMethod", "POST"),
        "payloadFormatVersion": str(integration.get("payloadFormatVersion", "2.0")),
        "connectionType": "INTERNET",
        "timeoutInMillis": int(integration.get("timeoutInMillis", 30000)),
        "requestParameters": integration.get("requestParameters", {}),
    }
    key = "$default" if path.endswith("$default") else f"{'ANY' if method == ANY_METHOD else method.upper()} {path}"
    route = {
        "routeId": route_id,
        "routeKey": key,
        "target": f"integrations/{integration_id}",
        "authorizationType": "NONE",
        "authorizationScopes": [],
    }
    for name, scopes in (pair for wanted in operation.get("security") or [] for pair in wanted.items()):
        if name in authorizers:
            kind = gateway._authorizers[api_id][authorizers[name]]["authorizerType"]
            route["authorizerId"], route["authorizationScopes"] = authorizers[name], list(scopes or [])
            route["authorizationType"] = "JWT" if kind == "JWT" else "CUSTOM"
    gateway._routes[api_id][route_id] = route


def _import_api(api_id: str, properties: Record) -> None:
    """Give the API what its document and its CORS property say."""
    body = properties.get("Body")
    if isinstance(body, dict):
        for store in (gateway._routes, gateway._integrations, gateway._authorizers):
            store[api_id] = {}
        authorizers = _import_authorizers(api_id, body)
        for path, item in (body.get("paths") or {}).items():
            for method, operation in item.items():
                if method in METHODS | {ANY_METHOD} and operation.get("x-amazon-apigateway-integration"):
                    _import_operation(api_id, path, method, operation, authorizers)
    cors = properties.get("CorsConfiguration") or (body or {}).get("x-amazon-apigateway-cors")
    if cors:
        settings = _camel(cors)
        for name in ("allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders"):
            if isinstance(settings.get(name), str):
                settings[name] = settings[name].split(",")
        gateway._apis[api_id]["corsConfiguration"] = settings


def _with_body_tags(properties: Record) -> Record:
    """SAM writes an HttpApi's tags into its body; `ms-custom-id`, a stable id, is only read from Tags."""
    tags = (properties.get("Body") or {}).get("tags") or []
    named = {tag["name"]: tag.get("x-amazon-apigateway-tag-value", "") for tag in tags}
    return {**properties, "Tags": {**named, **(properties.get("Tags") or {})}} if named else properties


_api = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
_api_create, _api_update = _api["create"], _api["update"]


def create_api(logical_id: str, properties: Record, stack: str) -> tuple[str, Record]:
    made: tuple[str, Record] = _api_create(logical_id, _with_body_tags(properties), stack)
    _import_api(made[0], properties)
    return made


def update_api(physical_id: str, old: Record, new: Record, stack: str, *rest: Any, **named: Any) -> tuple[str, Record]:
    made: tuple[str, Record] = _api_update(physical_id, old, new, stack, *rest, **named)
    _import_api(made[0], new)
    return made


_api.update(create=create_api, update=update_api)

# --- 2. Tables from a template ---
# ministack drops TimeToLiveSpecification.

_table = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
_table_create, _table_update = _table["create"], _table["update"]


def _set_time_to_live(table: str, properties: Record) -> None:
    if wanted := properties.get("TimeToLiveSpecification"):
        dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": wanted})


def create_table(logical_id: str, properties: Record, stack: str) -> tuple[str, Record]:
    made: tuple[str, Record] = _table_create(logical_id, properties, stack)
    _set_time_to_live(made[0], properties)
    return made


def update_table(physical_id: str, old: Record, new: Record, *rest: Any, **named: Any) -> tuple[str, Record]:
    made: tuple[str, Record] = _table_update(physical_id, old, new, *rest, **named)
    if old.get("TimeToLiveSpecification") != new.get("TimeToLiveSpecification"):
        _set_time_to_live(made[0], new)
    return made


_table.update(create=create_table, update=update_table)

# --- 3. Stream event sources ---
# ministack ignores ReportBatchItemFailures, MaximumRetryAttempts, BisectBatchOnFunctionError, OnFailure: one
# bad record blocks the table for ever. Its stream handlers also run on the one thread that polls the queues.


def _checkpoint(source_id: str, position: int) -> None:
    with functions._dynamodb_stream_positions_lock:
        functions._dynamodb_stream_positions[source_id] = position


def _first_failed(source: Record, result: Record, records: list[Record], low: int, high: int) -> int | None:
    """Index of the first record to try again: Lambda goes back to the lowest number reported as failed."""
    if result.get("error"):
        return low
    body = result.get("body")
    if "ReportBatchItemFailures" not in (source.get("FunctionResponseTypes") or []) or not isinstance(body, dict):
        return None
    failed = {str(item.get("itemIdentifier", "")) for item in body.get("batchItemFailures") or []}
    if not failed:
        return None
    known = (at for at in range(low, high) if str(records[at]["dynamodb"].get("SequenceNumber")) in failed)
    return min(known, default=low)  # an unknown identifier fails the whole batch


def _too_old(source: Record, batch: list[Record]) -> bool:
    limit = int(source.get("MaximumRecordAgeInSeconds", -1))
    oldest = min(float(record["dynamodb"].get("ApproximateCreationDateTime", time.time())) for record in batch)
    return 0 < limit < time.time() - oldest


def _run_stream_batch(source: Record, function: Record, records: list[Record], position: int, stream: str) -> None:
    """Deliver these records in order, with the source's own rules for what fails."""
    source_id, limit = source["UUID"], int(source.get("MaximumRetryAttempts", -1))
    waiting = [(0, len(records), 0)]
    while waiting:
        low, high, tries = waiting.pop()
        batch = functions._apply_filter_criteria(records[low:high], source)
        result = functions._execute_function(function, {"Records": batch}) if batch else {}
        first = _first_failed(source, result, records, low, high)
        if first is None:
            _checkpoint(source_id, position + high)
            source["LastProcessingResult"] = f"OK - {len(batch)} records"
            continue
        source["LastProcessingResult"] = "FAILED"
        functions.logger.warning(
            "%s failed a stream batch (attempt %d): %s", source["FunctionName"], tries + 1, result.get("body")
        )
        _checkpoint(source_id, position + first)
        too_old = _too_old(source, batch)
        if too_old or 0 <= limit <= tries:
            left = functions._apply_filter_criteria(records[first:high], source)
            why = "MaxRecordAgeExceeded" if too_old else "RetryAttemptsExhausted"
            functions._send_ddb_stream_failure_record(source, function, left, stream, result, why)
            _checkpoint(source_id, position + high)
            continue
        time.sleep(min(0.2 * 2**tries, 5))
        if source.get("BisectBatchOnFunctionError") and high - first > 1:
            middle = (first + high) // 2
            waiting += [(middle, high, tries), (first, middle, tries)]  # a split does not count as a retry
        else:
            waiting.append((first, high, tries + 1))
        if source_id not in functions._esms or not source.get("Enabled", True):
            return


def _poll_stream(source: Record) -> bool:
    """Start what this source has waiting, on a thread of its own; True if there was something."""
    stream, source_id = source.get("EventSourceArn", ""), source["UUID"]
    if not source.get("Enabled", True) or ":dynamodb:" not in stream or functions._esm_inflight.get(source_id):
        return False
    table = functions._dynamodb_stream_table_from_arn_spec(functions.parse_arn(stream))
    function, _ = functions._get_func_record_for_qualifier(source["FunctionName"], source.get("Qualifier"))
    if table is None or function is None or (dynamodb._tables.get(table[0]) or {}).get("LatestStreamArn") != stream:
        return False
    oldest = dynamodb.stream_start_position(table[0])
    from_start = source.get("StartingPosition") == "TRIM_HORIZON"
    with functions._dynamodb_stream_positions_lock:
        start = oldest if from_start else dynamodb.stream_end_position(table[0])
        position = max(functions._dynamodb_stream_positions.get(source_id, start), oldest)
        functions._dynamodb_stream_positions[source_id] = position
    records = dynamodb.stream_records_since(table[0], position, source.get("BatchSize", 100))
    if records:
        functions._dispatch_esm_batch(source_id, _run_stream_batch, source, function, records, position, stream)
    return bool(records)


def poll_streams() -> bool:
    busy = False
    for account, region, source in functions._iter_all_esms():
        account_token = functions._request_account_id.set(account)
        region_token = functions._request_region.set(region)
        try:
            busy = _poll_stream(source) or busy
        finally:
            functions._request_account_id.reset(account_token)
            functions._request_region.reset(region_token)
    return busy


functions._poll_dynamodb_streams = poll_streams
# A wake-up that found nothing makes ministack sleep this long: with a batch under way that is every other
# write, and the status message that follows would be late by as much.
functions._ESM_IDLE_WAKE_GAP_SECONDS = 0.005

# --- 4. Lambda workers ---
# ministack unzips the code and every layer for each worker, starts as many workers as there are invocations,
# runs them under its own interpreter with the whole environment of its shell, puts layers before the code,
# and waits 50 ms for log lines that never come. An exception kills the worker and loses its type.

WORKERS = int(os.environ.get("LOCAL_WORKERS", "2"))
PYTHON = os.environ.get("LAMBDA_PYTHON", "")
LOGS = Path(os.environ.get("LOCAL_LOGS") or tempfile.mkdtemp(prefix="logs-"))
UNPACKED = Path(tempfile.gettempdir()) / "unpacked"
BOOTSTRAP = Path(__file__).with_name("worker.py")
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


_places: dict[str, Places] = {}
_places_lock = threading.Lock()


def places_for(config: Record, reserved: int | None) -> Places:
    key, wanted = config["FunctionArn"], min(WORKERS, reserved or WORKERS)
    with _places_lock:
        return _places.setdefault(f"{key}:{wanted}", Places(wanted))


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
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._proc.stdout], [], [], max(0.0, ends - time.monotonic()))
            if not ready:
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


runtime._worker_class_for = worker_class
functions._execute_function_warm = execute
functions._sqs_esm_concurrency = queue_concurrency
# Whoever exceeds the reserved concurrency waits above: throttled, an S3 event would be lost in the end.
functions._reserved_concurrency = lambda function, config: 0 if _reserved(function, config) == 0 else None

# --- 5. WebSocket invocations ---
# ministack runs them on a bare worker, without logs; sends a handler's `body` to the client even if the route
# has no route response; and sends an exception's text as it is.


class Leased:
    """What the WebSocket path gets instead of a bare worker: the executor of everything else."""

    def __init__(self, name: str, config: Record, _code: bytes, **_: str) -> None:
        self.name, self.config = name, config

    def invoke(self, event: Any, _request_id: str) -> Record:
        record, _ = functions._get_func_record_for_qualifier(self.name, None)
        result = functions._execute_function(functions._execution_record_for_config(record, self.config), event)
        failed = {"statusCode": 500, "failed": True}
        return {"status": "ok", "result": failed if result.get("error") else result.get("body")}


_invoke_websocket = gateway._invoke_ws_lambda
_websocket_call = inspect.signature(_invoke_websocket)


async def invoke_websocket(*given: Any, **named: Any) -> Any:
    result = await _invoke_websocket(*given, **named)
    call = _websocket_call.bind(*given, **named).arguments
    if call["event_type"] != "MESSAGE" or not isinstance(result, dict):
        return result
    if "failed" in result:
        who = {"connectionId": call["connection_id"], "requestId": call["message_id"]}
        return {"statusCode": 500, "body": {"message": "Internal server error", **who}}
    return result if call["route"].get("routeResponseSelectionExpression") else {**result, "body": None}


gateway._invoke_ws_lambda = invoke_websocket
runtime.get_or_create_worker = Leased

# --- 6. HTTP invocations ---
# A failing function answers 502 with the error's text, payload 2.0 lacks `cookies`, refusals lack CORS.

_invoke_proxy, _handle_execute = gateway._invoke_lambda_proxy, gateway._handle_execute_in_scope
_execute_in_scope = functions._execute_function_with_config_scope


def execute_http(record: Record, event: Any) -> Any:
    is_request = isinstance(event, dict) and event.get("version") == "2.0" and "type" not in event
    if is_request and "cookie" in event.get("headers", {}):
        event["cookies"] = [cookie.strip() for cookie in event["headers"]["cookie"].split(";")]
    return _execute_in_scope(record, event)


async def invoke_proxy(*given: Any, **named: Any) -> Answer:
    status, headers, body = await _invoke_proxy(*given, **named)
    if status == 502:
        return 500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'
    return status, headers, body


async def handle_execute(
    api_id: str, stage: str, path: str, method: str, headers: dict[str, str], *rest: Any, **named: Any
) -> Answer:
    status, answered, body = await _handle_execute(api_id, stage, path, method, headers, *rest, **named)
    cors = (gateway._apis.get(api_id) or {}).get("corsConfiguration")
    if cors and method != "OPTIONS" and "Access-Control-Allow-Origin" not in answered:
        origin = headers.get("origin") or headers.get("Origin", "")
        answered.update(gateway._cors_response_headers(cors, origin))
    return status, answered, body


functions._execute_function_with_config_scope = execute_http
gateway._invoke_lambda_proxy, gateway._handle_execute_in_scope = invoke_proxy, handle_execute

# --- 7. Parameters and the transform ---
# Where SAM resolves a Ref itself (CORS origins, alias names) ministack lets it see only the defaults.

_apply_transforms = engine._apply_transforms


def apply_transforms(template: Record, provided: Any = None, previous: Any = None) -> Any:
    if engine._SAM_TRANSFORM not in engine.declared_transforms(template) or not template.get("Parameters"):
        return _apply_transforms(template, provided, previous)
    seen = copy.deepcopy(template)
    for name, value in engine._transform_parameters(template, provided, previous).items():
        seen["Parameters"][name]["Default"] = value
    expanded = _apply_transforms(seen, provided, previous)
    if isinstance(expanded, dict) and isinstance(expanded.get("Parameters"), dict):
        expanded["Parameters"] |= copy.deepcopy(template["Parameters"])
    return expanded


for _module in (engine, handlers, changesets):
    if hasattr(_module, "_apply_transforms"):
        _module._apply_transforms = apply_transforms

# --- 8. Fair queues ---
# ministack takes MessageGroupId on a standard queue, and then delivers in order of arrival all the same.

_collect_messages = sqs._collect_msgs


def collect_fairly(queue: Record, limit: int, visibility: int) -> list[Record]:
    """The next messages: of the group with the fewest in flight first, of each group the oldest first."""
    if queue["is_fifo"]:
        in_order: list[Record] = _collect_messages(queue, limit, visibility)
        return in_order
    now, in_flight, waiting = time.time(), Counter[str | None](), dict[str | None, deque[Record]]()
    for message in queue["messages"]:
        group = message.get("group_id")
        if message.get("visible_at", 0) <= now:
            waiting.setdefault(group, deque()).append(message)
        elif message.get("receive_count"):
            in_flight[group] += 1
    chosen: list[Record] = []
    while waiting and len(chosen) < limit:
        group = min(waiting, key=lambda one: in_flight[one])
        chosen.append(waiting[group].popleft())
        in_flight[group] += 1
        if not waiting[group]:
            del waiting[group]
    taken: list[Record] = _collect_messages({**queue, "messages": chosen}, limit, visibility)
    return taken


sqs._collect_msgs = collect_fairly

# --- 9. Permissions of batch calls ---
# AWS authorizes SendMessageBatch, DeleteMessageBatch, ... by the action for one message; ministack by their names.

_action_of: Callable[..., str | None] = permissions.extract_iam_action


def action_of(*request: Any) -> str | None:
    action = _action_of(*request)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


permissions.extract_iam_action = action_of

# A transaction's hundred writes ask the same few questions of the same role: ask each once.
_transaction_checks: Callable[..., list[tuple[str, str]]] = permissions.dynamodb_transaction_checks


def transaction_checks(*request: Any) -> list[tuple[str, str]]:
    return list(dict.fromkeys(_transaction_checks(*request)))


permissions.dynamodb_transaction_checks = transaction_checks

# --- 10. POST /_local/warm?<function>=<workers>&... ---
# Starts workers without invoking anybody: a cold start per function would be the first thing a demo shows.

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


app._handle_pre_body_request = before_body

if __name__ == "__main__":
    UNPACKED.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    app.main()
