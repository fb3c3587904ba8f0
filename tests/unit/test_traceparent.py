"""The trace of a photo: a valid one is gone on with, anything else starts a new one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.observability import traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@pytest.mark.parametrize("flags", ["00", "01"])
def test_a_valid_trace_goes_on_with_a_span_of_our_own(flags: str) -> None:
    version, trace, span, went_on = traceparent(f"00-{TRACE}-{SPAN}-{flags}").split("-")

    assert (version, trace, went_on) == ("00", TRACE, flags)
    assert span != SPAN


@pytest.mark.parametrize(
    "received",
    [
        None,
        "",
        "garbage",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN.upper()}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}x-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_anything_else_starts_a_new_trace(received: str | None) -> None:
    made = traceparent(received)

    assert VALID.fullmatch(made)
    assert made.split("-")[1] != TRACE


@pytest.mark.parametrize("received", [f"00-{'0' * 32}-{SPAN}-00", f"00-{TRACE}-{'0' * 16}-00"])
def test_a_new_trace_takes_nothing_over_from_a_bad_one(received: str) -> None:
    assert traceparent(received).endswith("-01")


@given(st.text(max_size=60) | st.text("0123456789abcdef-", min_size=55, max_size=55))
def test_whatever_was_received_the_trace_is_valid(received: str) -> None:
    assert VALID.fullmatch(traceparent(received))


def test_two_requests_without_a_trace_get_different_ones() -> None:
    assert traceparent(None).split("-")[1] != traceparent(None).split("-")[1]
