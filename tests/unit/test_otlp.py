"""What we write is what OpenTelemetry's own package reads."""

import math

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from realstaging.tracing import otlp
from realstaging.tracing.context import TraceContext
from realstaging.tracing.span import Kind, Span, Value

CAUSE = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "01")
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
VALUES = st.one_of(
    TEXT, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.lists(TEXT, max_size=3)
)


def read(*spans: Span, resource: dict[str, Value] | None = None) -> ExportTraceServiceRequest:
    found: ExportTraceServiceRequest = ExportTraceServiceRequest.FromString(otlp.request(spans, resource or {}))
    return found


def value(read: AnyValue) -> Value:
    if read.WhichOneof("value") == "array_value":
        return [each.string_value for each in read.array_value.values]
    found: Value = getattr(read, read.WhichOneof("value") or "")
    return found


def one(span: Span) -> trace_pb2.Span:
    found: trace_pb2.Span
    [found] = read(span).resource_spans[0].scope_spans[0].spans
    return found


def test_a_span_has_its_ids_times_kind_links_and_error() -> None:
    parent = Span("POST /v1/uploads", Kind.SERVER)
    parent.join(CAUSE, "01")
    child = Span("send stage", Kind.PRODUCER, parent, links=[CAUSE])
    child.fail("TimeoutError")
    for span in (child, parent):
        span.end()

    first, second = (one(each) for each in (parent, child))

    assert first.trace_id.hex() == second.trace_id.hex() == CAUSE.trace_id
    assert (first.parent_span_id.hex(), second.parent_span_id.hex()) == (CAUSE.span_id, parent.span_id)
    assert (first.kind, second.kind) == (trace_pb2.Span.SPAN_KIND_SERVER, trace_pb2.Span.SPAN_KIND_PRODUCER)
    assert first.start_time_unix_nano <= second.start_time_unix_nano <= second.end_time_unix_nano
    assert second.end_time_unix_nano <= first.end_time_unix_nano
    assert (first.status.code, second.status.code) == (0, trace_pb2.Status.STATUS_CODE_ERROR)
    assert [(each.trace_id.hex(), each.span_id.hex()) for each in second.links] == [(CAUSE.trace_id, CAUSE.span_id)]
    remote = trace_pb2.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
    assert (bool(first.flags & remote), bool(second.flags & remote), first.flags & 1) == (True, False, 1)


def test_the_first_span_of_a_trace_has_no_parent() -> None:
    assert one(Span("sweep", Kind.SERVER)).parent_span_id == b""


def test_the_resource_says_which_function_it_was() -> None:
    found = read(Span("sweep", Kind.SERVER), resource={"service.name": "sweep"})
    assert [(each.key, value(each.value)) for each in found.resource_spans[0].resource.attributes] == [
        ("service.name", "sweep")
    ]


@given(st.dictionaries(TEXT, VALUES, max_size=5), TEXT)
def test_whatever_a_span_is_given_it_can_be_read_back(attributes: dict[str, Value], name: str) -> None:
    span = Span(name, Kind.INTERNAL, attributes=attributes)

    found = one(span)

    assert found.name == name
    back = {each.key: value(each.value) for each in found.attributes}
    assert back == attributes
    assert {key: type(each) for key, each in back.items()} == {key: type(each) for key, each in attributes.items()}


def test_numbers_at_the_edges() -> None:
    span = Span("x", Kind.CLIENT, attributes={"least": -(2**63), "none": 0, "infinite": math.inf, "half": "\ud800"})
    assert {each.key: value(each.value) for each in one(span).attributes} == {
        "least": -(2**63),
        "none": 0,
        "infinite": math.inf,
        "half": "?",
    }
