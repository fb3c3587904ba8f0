"""W3C Trace Context, version 00: the `traceparent` that messages, rows and headers carry."""

import os
import re
from typing import NamedTuple

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
SAMPLED = 1


class TraceContext(NamedTuple):
    """Ids in lower-case hexadecimal; `flags` as they came."""

    trace_id: str
    span_id: str
    flags: str

    @property
    def sampled(self) -> bool:
        return bool(int(self.flags, 16) & SAMPLED)

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def parse(traceparent: str | None) -> TraceContext | None:
    """None for what is no valid traceparent: trace id and span id must not be all zeros."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    if not match or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return None
    return TraceContext(match[1], match[2], match[3])


def new_trace_id() -> str:
    return os.urandom(16).hex()


def new_span_id() -> str:
    return os.urandom(8).hex()
