"""Spans as an ExportTraceServiceRequest of OTLP 1.x in protobuf's wire format, written by hand.

The field numbers are those of opentelemetry/proto/trace/v1/trace.proto; tests read the result back with the official
package.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

from realstaging.tracing.context import TraceContext
from realstaging.tracing.span import Span, Value

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
ERROR = 2
HAS_REMOTE, IS_REMOTE = 0x100, 0x200
SCOPE = "realstaging.tracing"


def request(spans: Iterable[Span], resource: Mapping[str, Value]) -> bytes:
    scope = _text(1, SCOPE)
    scoped = _bytes(1, scope) + b"".join(_bytes(2, _span(each)) for each in spans)
    return _bytes(1, _bytes(1, _attributes(1, resource)) + _bytes(2, scoped))


def _span(span: Span) -> bytes:
    flags = int(span.flags, 16) | HAS_REMOTE | (0 if span.is_within_process or not span.remote else IS_REMOTE)
    parts = [
        _bytes(1, bytes.fromhex(span.trace_id)),
        _bytes(2, bytes.fromhex(span.span_id)),
        _bytes(4, bytes.fromhex(span.parent_id)) if span.parent_id else b"",
        _text(5, span.name),
        _number(6, span.kind),
        _fixed64(7, span.start_ns),
        _fixed64(8, span.end_ns),
        _attributes(9, span.attributes),
        *(_bytes(13, _link(each)) for each in span.links),
        _bytes(15, _number(3, ERROR)) if span.error else b"",
        _fixed32(16, flags),
    ]
    return b"".join(parts)


def _link(context: TraceContext) -> bytes:
    ids = _bytes(1, bytes.fromhex(context.trace_id)) + _bytes(2, bytes.fromhex(context.span_id))
    return ids + _fixed32(6, int(context.flags, 16) | HAS_REMOTE | IS_REMOTE)


def _attributes(field: int, attributes: Mapping[str, Value]) -> bytes:
    pairs = (_text(1, name) + _bytes(2, _value(value)) for name, value in attributes.items())
    return b"".join(_bytes(field, pair) for pair in pairs)


def _value(value: Value) -> bytes:
    if isinstance(value, bool):
        return _number(2, int(value))
    if isinstance(value, int):
        return _number(3, value)
    if isinstance(value, float):
        return _tag(4, FIXED64) + struct.pack("<d", value)
    if isinstance(value, str):
        return _text(1, value)
    return _bytes(5, _array(value))


def _array(values: Sequence[Value]) -> bytes:
    return b"".join(_bytes(1, _value(each)) for each in values)


def _varint(number: int) -> bytes:
    number &= 0xFFFFFFFFFFFFFFFF  # negative numbers take ten bytes
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _tag(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _bytes(field: int, data: bytes) -> bytes:
    return _tag(field, BYTES) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    # Half a surrogate pair, from a bad \u escape, is not UTF-8.
    return _bytes(field, text.encode(errors="replace"))


def _number(field: int, number: int) -> bytes:
    return _tag(field, VARINT) + _varint(number)


def _fixed64(field: int, number: int) -> bytes:
    return _tag(field, FIXED64) + struct.pack("<Q", number)


def _fixed32(field: int, number: int) -> bytes:
    return _tag(field, FIXED32) + struct.pack("<I", number)
