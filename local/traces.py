"""A small OTLP receiver: keeps the spans of the local cloud's functions in memory, the newest traces only.

    POST /v1/traces        what functions send, OTLP in protobuf
    GET  /traces/<id>      the spans of one trace as JSON, by their start
    GET  /traces           the ids of all traces that are kept, the newest last

`python -m local.traces --port 4604` serves it on 127.0.0.1 until stopped.
"""

import argparse
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from local.ports import HOST

KEPT = 5000  # traces
Span = dict[str, Any]
KINDS = {value: name.removeprefix("SPAN_KIND_").lower() for name, value in trace_pb2.Span.SpanKind.items()}


class Traces:
    """Spans by trace id; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: dict[str, list[Span]] = {}

    def take(self, body: bytes) -> None:
        """Raises DecodeError for what is no ExportTraceServiceRequest."""
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        with self._lock:
            for resource in request.resource_spans:
                about = _plain(resource.resource.attributes)
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self._spans.setdefault(span.trace_id.hex(), []).append(_span(span, about))
            for oldest in list(self._spans)[:-KEPT]:
                del self._spans[oldest]

    def ids(self) -> list[str]:
        with self._lock:
            return list(self._spans)

    def of(self, trace_id: str) -> list[Span]:
        with self._lock:
            return sorted(self._spans.get(trace_id, []), key=lambda span: int(span["start_ns"]))


def _span(span: trace_pb2.Span, about: dict[str, Any]) -> Span:
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_id": span.parent_span_id.hex(),
        "name": span.name,
        "kind": KINDS[span.kind],
        "service": about.get("service.name", ""),
        "start_ns": span.start_time_unix_nano,
        "end_ns": span.end_time_unix_nano,
        "attributes": _plain(span.attributes),
        "links": [{"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex()} for link in span.links],
        "is_error": span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
    }


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def server(port: int) -> ThreadingHTTPServer:
    traces = Traces()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two writes: without this, each answer would wait 40 ms for the reader's acknowledgment.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != "/v1/traces":
                return self._answer(404, {"error": "POST /v1/traces"})
            try:
                traces.take(body)
            except DecodeError as error:
                return self._answer(400, {"error": str(error)})
            return self._answer(200, None)

        def do_GET(self) -> None:
            first, _, trace_id = self.path.strip("/").partition("/")
            if first == "health":
                return self._answer(200, {"ok": True})
            if first != "traces":
                return self._answer(404, {"error": "GET /traces/<id>"})
            return self._answer(200, {"spans": traces.of(trace_id)} if trace_id else {"traces": traces.ids()})

        def _answer(self, status: int, page: Any) -> None:
            body = b"" if page is None else json.dumps(page).encode()
            self.send_response(status)
            # An empty body is an ExportTraceServiceResponse that refuses nothing.
            self.send_header("Content-Type", "application/x-protobuf" if page is None else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Every invocation posts once."""

    ThreadingHTTPServer.daemon_threads = True
    return ThreadingHTTPServer((HOST, port), Handler)


def main() -> None:
    parser = argparse.ArgumentParser(prog="local.traces", description="A small OTLP receiver.")
    parser.add_argument("--port", type=int, default=4604)
    server(parser.parse_args().port).serve_forever()


if __name__ == "__main__":
    main()
