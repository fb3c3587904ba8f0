"""One span: who caused it, when it began and ended, what is known of it."""

import time
from collections.abc import Iterable, Mapping
from enum import IntEnum

from realstaging.tracing.context import TraceContext, new_span_id, new_trace_id

Value = str | bool | int | float | list[str]

LONGEST_TEXT = 1000
MOST_LINKS = 64


class Kind(IntEnum):
    """As OTLP numbers them."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class Span:
    """Belongs to the trace of its parent, also when that joins another one later. Times are epoch nanoseconds."""

    __slots__ = (
        "_began",
        "_parent",
        "_trace_id",
        "attributes",
        "end_ns",
        "error",
        "kind",
        "links",
        "name",
        "new_flags",
        "remote",
        "span_id",
        "start_ns",
    )

    def __init__(
        self,
        name: str,
        kind: Kind,
        parent: "Span | None" = None,
        attributes: Mapping[str, Value] | None = None,
        links: Iterable[TraceContext] = (),
    ) -> None:
        self.name, self.kind = name, kind
        self._parent: Span | None = parent
        self.remote: TraceContext | None = None
        self._trace_id, self.span_id = "" if parent else new_trace_id(), new_span_id()
        self.new_flags = "01"
        self.attributes: dict[str, Value] = dict(attributes or {})
        self.links = list(links)[:MOST_LINKS]
        self.error: str | None = None
        self.start_ns, self._began, self.end_ns = time.time_ns(), time.perf_counter_ns(), 0

    @property
    def trace_id(self) -> str:
        return self._parent.trace_id if self._parent else self._trace_id

    @property
    def parent_id(self) -> str:
        """Empty for the first span of a trace."""
        if self._parent:
            return self._parent.span_id
        return self.remote.span_id if self.remote else ""

    @property
    def flags(self) -> str:
        return self._parent.flags if self._parent else self.new_flags

    @property
    def context(self) -> TraceContext:
        return TraceContext(self.trace_id, self.span_id, self.flags)

    @property
    def is_within_process(self) -> bool:
        return self._parent is not None

    def join(self, cause: TraceContext, flags: str) -> None:
        """Go on with the trace of what caused this, in another process."""
        if self._parent:
            self.link(self._parent.context)
        self._parent, self.remote, self._trace_id, self.new_flags = None, cause, cause.trace_id, flags

    def set(self, **attributes: Value | None) -> None:
        """Names with `__` for the dots: `http__route`. None leaves out."""
        self.put({name.replace("__", "."): value for name, value in attributes.items()})

    def put(self, attributes: Mapping[str, Value | None]) -> None:
        for name, value in attributes.items():
            if value is not None:
                self.attributes[name] = value[:LONGEST_TEXT] if isinstance(value, str) else value

    def link(self, other: TraceContext) -> None:
        if len(self.links) < MOST_LINKS and other not in self.links:
            self.links.append(other)

    def fail(self, error_type: str) -> None:
        """It ended in an error: an exception's name, a status or a code. What errors say may be private."""
        self.error = error_type[:LONGEST_TEXT]
        self.attributes["error.type"] = self.error

    def end(self) -> None:
        """Twice is once."""
        if not self.end_ns:
            # The wall clock may be set meanwhile.
            self.end_ns = self.start_ns + time.perf_counter_ns() - self._began
