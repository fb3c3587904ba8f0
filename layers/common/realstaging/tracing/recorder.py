"""What is being done now, as spans; sent when the invocation ends, because Lambda freezes the process then.

An invocation has one span, and each record of its event one in the trace of the photo that it is about, linked to the
invocation's. Everything else is a child of what is open. Without an exporter nothing is recorded.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from realstaging.tracing.config import Config, read
from realstaging.tracing.context import parse
from realstaging.tracing.span import Kind, Span, Value

if TYPE_CHECKING:
    from realstaging.tracing.exporter import Daemon, Http

MOST_SPANS = 2048  # of one invocation; what is more is dropped, except what failed, invocations and records


class Recorder:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._exporter: Http | Daemon | None = None
        self._open: ContextVar[Span | None] = ContextVar("open", default=None)
        # The span of the invocation or of the record: threads that are started in it find it here.
        self._base: Span | None = None
        self._ended: list[Span] = []
        self._dropped = 0

    @property
    def on(self) -> bool:
        return self._config.on

    @property
    def current(self) -> Span | None:
        return self._open.get() or self._base

    @property
    def base(self) -> Span | None:
        return self._base

    # -- spans -------------------------------------------------------------------------------------

    @contextmanager
    def invocation(self, name: str, kind: Kind, attributes: Mapping[str, Value | None]) -> Iterator[Span | None]:
        """One invocation, a trace of its own until it joins another."""
        if not self.on:
            yield None
            return
        self._ended.clear()
        self._dropped = 0
        span = self._new_trace(Span(name, kind))
        span.put(attributes)
        with self._as_base(span):
            yield span

    @contextmanager
    def record(self, name: str, kind: Kind, attributes: Mapping[str, Value | None]) -> Iterator[Span | None]:
        """One record of an event: a step of the invocation until it joins a trace; then it is linked to it."""
        if not self.on:
            yield None
            return
        span = Span(name, kind, self._base) if self._base else self._new_trace(Span(name, kind))
        span.put(attributes)
        first = len(self._ended)
        with self._as_base(span):
            yield span
        is_other_trace = self._base is None or self._base.trace_id != span.trace_id
        if is_other_trace and not span.context.sampled and not any(each.error for each in self._ended[first:]):
            del self._ended[first:]  # room for the records after it

    @contextmanager
    def span(self, name: str, kind: Kind, attributes: Mapping[str, Value | None]) -> Iterator[Span | None]:
        """A step of what is open; without anything open, nothing."""
        span = self.begin(name, kind, attributes)
        if span is None:
            yield None
            return
        token = self._open.set(span)
        try:
            yield span
        except BaseException as error:
            span.fail(type(error).__name__)
            raise
        finally:
            self._open.reset(token)
            self.end(span)

    def begin(self, name: str, kind: Kind, attributes: Mapping[str, Value | None]) -> Span | None:
        """A step that opens nothing, to be ended by `end`: a call to another system."""
        parent = self.current
        if parent is None:
            return None
        span = Span(name, kind, parent)
        span.put(attributes)
        return span

    def end(self, span: Span) -> None:
        span.end()
        if span.error or len(self._ended) < MOST_SPANS:
            self._ended.append(span)
        else:
            self._dropped += span.context.sampled

    @contextmanager
    def under(self, span: Span | None) -> Iterator[None]:
        """In a thread, or after a record's end: what is done is caused by this span."""
        token = self._open.set(span)
        try:
            yield
        finally:
            self._open.reset(token)

    @contextmanager
    def _as_base(self, span: Span) -> Iterator[None]:
        before, self._base = self._base, span
        token = self._open.set(None)
        try:
            yield
        except BaseException as error:
            span.fail(type(error).__name__)
            raise
        finally:
            self._base = before
            self._open.reset(token)
            span.end()
            self._ended.append(span)

    # -- traces ------------------------------------------------------------------------------------

    def join(self, traceparent: str | None, *, is_edge: bool = False) -> str | None:
        """The invocation or record goes on with its cause's trace; what to hand on, or None without an exporter.

        `is_edge`: anybody can have sent it. The trace is theirs; whether it is sampled is ours to say, by the ratio.
        """
        if self._base is None:
            return None
        if cause := parse(traceparent):
            is_theirs = self._config.parent_based and not is_edge
            self._base.join(cause, cause.flags if is_theirs else self._flags(cause.trace_id))
        return str(self._base.context)

    def onward(self, traceparent: str) -> str:
        """What a message carries: the open span if it belongs to this trace. If not, it is linked to it."""
        span, cause = self.current, parse(traceparent)
        if span is None or cause is None:
            return traceparent
        if span.trace_id == cause.trace_id:
            return str(span.context)
        span.link(cause)
        return traceparent

    def _new_trace(self, span: Span) -> Span:
        span.new_flags = self._flags(span.trace_id)
        return span

    def _flags(self, trace_id: str) -> str:
        """By the ratio, as OpenTelemetry's own sampler decides: the same for the same trace everywhere."""
        return "01" if int(trace_id[16:], 16) < round(self._config.ratio * 2**64) else "00"

    # -- sending -----------------------------------------------------------------------------------

    def flush(self) -> int:
        """Send what has ended, and say how many spans were lost. Unsampled traces are sent where something failed.

        Raises nothing: what is told of an invocation never costs its answer.
        """
        ended, self._ended = self._ended, []
        failed = {each.trace_id for each in ended if each.error}
        chosen = [each for each in ended if each.context.sampled or each.trace_id in failed]
        try:
            sent = not chosen or self._send(chosen)
        except Exception:
            sent = False
        return self._dropped + (0 if sent else len(chosen))

    def _send(self, spans: Sequence[Span]) -> bool:
        if self._exporter is None:
            from realstaging.tracing.exporter import exporter

            self._exporter = exporter(self._config)
        return self._exporter.send(spans)


recorder = Recorder(read(os.environ))
