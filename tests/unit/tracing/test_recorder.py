"""What is recorded, in which trace, and where it is sent."""

import base64
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import urllib3
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from realstaging import observability
from realstaging.tracing import exporter
from realstaging.tracing.config import OFF, Config, read
from realstaging.tracing.exporter import Daemon, Http
from realstaging.tracing.recorder import MOST_SPANS, Recorder
from realstaging.tracing.span import Kind, Span
from tests.support.world import Context

CAUSE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE_ID = CAUSE.split("-")[1]
NOT_SAMPLED = CAUSE[:-2] + "00"


# Nobody listens on port 1; the rest is no address at all.
RECEIVERS_AWAY = [
    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
    {"OTEL_EXPORTER_OTLP_ENDPOINT": "receiver"},
    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[", "OTEL_EXPORTER_OTLP_HEADERS": "a=%0a"},
    {"AWS_XRAY_DAEMON_ADDRESS": "localhost"},
]


class Kept:
    """An exporter that keeps what it is given."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def send(self, spans: Sequence[Span]) -> bool:
        self.spans += spans
        return True


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    """What recorders send."""
    made = Kept()
    monkeypatch.setattr(exporter, "exporter", lambda _: made)
    return made


def recording(ratio: float = 1.0) -> Recorder:
    return Recorder(Config(endpoint="http://127.0.0.1:1/v1/traces", ratio=ratio))


def test_a_request_goes_on_with_its_callers_trace_and_its_steps_with_it(kept: Kept) -> None:
    recorder = recording()
    with recorder.invocation("jobs_api", Kind.SERVER, {}):
        with recorder.span("before it was known", Kind.INTERNAL, {}):
            pass
        handed_on = recorder.join(CAUSE)
        with recorder.span("outer", Kind.INTERNAL, {}), recorder.span("inner", Kind.INTERNAL, {}):
            pass
    assert recorder.flush() == 0

    spans = {each.name: each for each in kept.spans}
    assert {each.trace_id for each in kept.spans} == {TRACE_ID}
    server = spans["jobs_api"]
    assert (server.parent_id, str(server.context)) == (CAUSE.split("-")[2], handed_on)
    assert spans["before it was known"].parent_id == spans["outer"].parent_id == server.span_id
    assert spans["inner"].parent_id == spans["outer"].span_id


def test_records_have_the_traces_of_their_photos_and_are_linked_to_the_invocation(kept: Kept) -> None:
    recorder = recording()
    with recorder.invocation("stage_image", Kind.SERVER, {}) as invocation:
        for number in (1, 2):
            with recorder.record("process stage", Kind.CONSUMER, {}):
                recorder.join(CAUSE.replace("4bf9", f"000{number}"))
        assert recorder.current is invocation
    recorder.flush()

    first, second, last = kept.spans
    assert (first.trace_id[:4], second.trace_id[:4]) == ("0001", "0002")
    assert last.trace_id not in (first.trace_id, second.trace_id)
    assert first.links == second.links == [last.context]


def test_a_message_carries_the_span_that_sent_it() -> None:
    recorder = recording()
    with recorder.invocation("upload_complete", Kind.SERVER, {}):
        recorder.join(CAUSE)
        with recorder.span("send stage", Kind.PRODUCER, {}) as producer:
            assert producer
            assert recorder.onward(CAUSE) == str(producer.context)
            another = CAUSE.replace("4bf9", "0000")
            assert recorder.onward(another) == another
            assert [each.trace_id for each in producer.links] == [another.split("-")[1]]


def test_threads_find_what_is_open(kept: Kept) -> None:
    recorder = recording()
    with recorder.invocation("push_status", Kind.SERVER, {}) as invocation, ThreadPoolExecutor(2) as pool:
        assert invocation

        def step(name: str) -> None:
            with recorder.span(name, Kind.CLIENT, {}):
                pass

        list(pool.map(step, ["a", "b"]))
    recorder.flush()
    assert [each.parent_id for each in kept.spans[:2]] == [invocation.span_id] * 2


def test_what_is_not_sampled_is_sent_only_where_something_failed(kept: Kept) -> None:
    recorder = recording()
    for fails in (False, True):
        with recorder.invocation("jobs_api", Kind.SERVER, {}) as invocation:
            assert invocation
            assert (recorder.join(NOT_SAMPLED) or "").endswith("-00")
            with recorder.span("step", Kind.INTERNAL, {}):
                pass
            if fails:
                invocation.fail("500")
        recorder.flush()
        assert [each.name for each in kept.spans] == (["step", "jobs_api"] if fails else [])


def test_at_the_edge_the_ratio_decides_and_not_the_caller(kept: Kept) -> None:
    for ratio, asked, wanted in ((0.0, CAUSE, "00"), (1.0, NOT_SAMPLED, "01")):
        recorder = recording(ratio=ratio)
        with recorder.invocation("jobs_api", Kind.SERVER, {}):
            handed_on = recorder.join(asked, is_edge=True) or ""
        assert (handed_on.split("-")[1], handed_on[-2:]) == (TRACE_ID, wanted)


@pytest.mark.parametrize("cause", [CAUSE, NOT_SAMPLED])
def test_of_too_many_spans_what_failed_and_what_it_belongs_to_are_kept(cause: str, kept: Kept) -> None:
    """As in a sweep of many rows, each with its calls."""
    recorder = recording(ratio=0.0)
    with recorder.invocation("sweep", Kind.SERVER, {}):
        for number in range(MOST_SPANS):
            with recorder.record("process sweep", Kind.CONSUMER, {}) as row:
                recorder.join(cause.replace("4bf92f", f"{number:06x}"))
                for _ in range(2):
                    with recorder.span("call", Kind.CLIENT, {}):
                        pass
                if row and number == MOST_SPANS - 1:
                    row.fail("ValueError")
    lost = recorder.flush()

    failed = [each for each in kept.spans if each.error]
    sent = len([each for each in kept.spans if each.name == "process sweep"])
    assert [each.name for each in failed] == ["process sweep"]
    if cause == CAUSE:
        assert sent == MOST_SPANS
        assert lost == 3 * MOST_SPANS - len(kept.spans) > 0
    else:
        assert [each.name for each in kept.spans] == ["call", "call", "process sweep"]
        assert lost == 0


@pytest.mark.parametrize("variables", RECEIVERS_AWAY, ids=str)
def test_a_receiver_that_cannot_be_reached_costs_no_invocation(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the edge of every function; the spans are counted as lost."""
    monkeypatch.setattr(observability, "recorder", Recorder(read(variables)))
    counted: list[tuple[str, int]] = []
    monkeypatch.setattr(observability, "count", lambda name, value=1: counted.append((name, value)))
    handler = observability.observed(lambda event, _: {"statusCode": 200, "body": event["body"]})
    for _ in range(2):
        answer = handler({"body": "as ever"}, Context())
        assert answer == {"statusCode": 200, "body": "as ever"}
    assert counted == [("SpansLost", 1)] * 2


def test_an_exception_is_an_error_of_every_span_it_leaves(kept: Kept) -> None:
    recorder = recording()
    with (
        pytest.raises(KeyError),
        recorder.invocation("jobs_api", Kind.SERVER, {}),
        recorder.span("step", Kind.INTERNAL, {}),
    ):
        raise KeyError("a secret")
    recorder.flush()
    assert [each.error for each in kept.spans] == ["KeyError", "KeyError"]
    assert "secret" not in str([each.attributes for each in kept.spans])


@pytest.mark.parametrize(("ratio", "share"), [(0.0, 0), (0.25, 250), (1.0, 1000)])
def test_new_traces_are_sampled_by_the_ratio(ratio: float, share: int) -> None:
    recorder = recording(ratio=ratio)
    flags = []
    for _ in range(1000):
        with recorder.invocation("jobs_api", Kind.SERVER, {}) as span:
            assert span
            flags.append(span.flags)
    assert abs(flags.count("01") - share) < 100


def test_without_an_exporter_nothing_is_recorded() -> None:
    recorder = Recorder(OFF)
    with recorder.invocation("jobs_api", Kind.SERVER, {}) as span, recorder.span("step", Kind.INTERNAL, {}) as step:
        assert (span, step, recorder.current) == (None, None, None)
        assert recorder.join(CAUSE) is None
        assert recorder.onward(CAUSE) == CAUSE
    assert recorder.flush() == 0


# -- variables -----------------------------------------------------------------------------------------

LAMBDA = {"AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000"}
BASE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}


@pytest.mark.parametrize(
    ("environment", "endpoint", "daemon"),
    [
        ({}, "", ""),
        (LAMBDA, "", LAMBDA["AWS_XRAY_DAEMON_ADDRESS"]),
        (BASE, "http://collector:4318/v1/traces", ""),
        (BASE | LAMBDA, "http://collector:4318/v1/traces", ""),
        (BASE | LAMBDA | {"OTEL_TRACES_EXPORTER": "xray"}, "", LAMBDA["AWS_XRAY_DAEMON_ADDRESS"]),
        (LAMBDA | {"OTEL_TRACES_EXPORTER": "otlp"}, "", ""),
        (BASE | {"OTEL_TRACES_EXPORTER": "none"}, "", ""),
        (BASE | {"OTEL_SDK_DISABLED": "true"}, "", ""),
        (BASE | {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://other/here"}, "http://other/here", ""),
    ],
)
def test_where_spans_go_is_said_by_the_standard_variables(
    environment: dict[str, str], endpoint: str, daemon: str
) -> None:
    config = read(environment)
    assert (config.endpoint, config.daemon, config.on) == (endpoint, daemon, bool(endpoint or daemon))


@pytest.mark.parametrize(
    ("sampler", "argument", "ratio", "parent_based"),
    [
        ("", "", 1.0, True),
        ("parentbased_traceidratio", "0.1", 0.1, True),
        ("traceidratio", "0.1", 0.1, False),
        ("parentbased_always_off", "", 0.0, True),
        ("traceidratio", "nonsense", 1.0, False),
        ("unheard_of", "0.5", 1.0, True),
    ],
)
def test_the_sampler_is_read_from_the_standard_variables(
    sampler: str, argument: str, ratio: float, parent_based: bool
) -> None:
    config = read(BASE | {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument})
    assert (config.ratio, config.parent_based) == (ratio, parent_based)


def test_headers_and_resource_are_percent_encoded_pairs() -> None:
    config = read(
        BASE
        | {
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%3Db, x=1",
            "OTEL_RESOURCE_ATTRIBUTES": "team=rooms,service.name=other",
            "OTEL_SERVICE_NAME": "mine",
        }
    )
    assert config.headers == {"api-key": "a=b", "x": "1"}
    assert (config.resource["team"], config.resource["service.name"]) == ("rooms", "mine")


# -- on the wire ---------------------------------------------------------------------------------------


def spans(number: int = 1, text: str = "") -> list[Span]:
    made = [Span(f"span {index}", Kind.INTERNAL, attributes={"text": text}) for index in range(number)]
    for each in made:
        each.end()
    return made


class Receiver(BaseHTTPRequestHandler):
    bodies: list[tuple[str, str | None, bytes]] = []  # noqa: RUF012
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append((self.path, self.headers["Content-Type"], body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_receiver_gets_them_by_http() -> None:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/v1/traces"
    try:
        assert Http(Config(endpoint=address, resource={"service.name": "x"})).send(spans(2))
    finally:
        server.shutdown()
        server.server_close()
    [(path, kind, body)] = Receiver.bodies
    assert (path, kind) == ("/v1/traces", "application/x-protobuf")
    found = ExportTraceServiceRequest.FromString(body)
    assert [each.name for each in found.resource_spans[0].scope_spans[0].spans] == ["span 0", "span 1"]


def test_a_receiver_that_is_away_is_asked_once_and_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/v1/traces"
    away = Http(Config(endpoint=address))
    assert not away.send(spans())
    asked: list[object] = []
    monkeypatch.setattr(urllib3.PoolManager, "request", lambda *_, **__: asked.append(1))
    assert not away.send(spans())
    assert asked == []


def test_the_daemon_gets_them_in_datagrams_that_fit() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        sender = Daemon(Config(daemon=f"127.0.0.1:{daemon.getsockname()[1]}"))
        many = spans(100, "x" * 1000)
        many[0].new_flags = "00"
        assert sender.send(many)
        names: list[str] = []
        while len(names) < 100:
            header, _, packed = daemon.recv(65536).partition(b"\n")
            assert header == b'{"format":"json","version":1}'
            assert packed[:3] in (b"T1S", b"T1U")
            request = ExportTraceServiceRequest.FromString(base64.b64decode(packed[3:]))
            part = [each.name for each in request.resource_spans[0].scope_spans[0].spans]
            assert (packed[:3] == b"T1U") == (part == ["span 0"])
            names += part
        sender.close()
    assert sorted(names) == sorted(each.name for each in many)
