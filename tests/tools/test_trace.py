"""A job's waterfall: below its cause, by time, and without the other photos of the same request."""

from typing import Any

from tools.trace.spans import _about, waterfall


def span(name: str, parent: str, start: int, about: str | None = None) -> dict[str, Any]:
    attributes = {"realstaging.about": about} if about else {}
    times = {"start_ns": start * 10**6, "end_ns": (start + 2) * 10**6}
    return {"span_id": name, "parent_id": parent, "name": name, "attributes": attributes, **times}


SPANS = [
    span("post", "the client's", 0),
    span("table", "post", 1),
    span("stage", "arrive", 7, "job_a"),
    span("arrive", "post", 5, "img_a"),
    span("another arrives", "post", 6, "img_b"),
    span("another's table", "another arrives", 8),
]


def test_spans_stand_below_their_causes() -> None:
    assert [(line.span["name"], line.depth, line.start_ms, line.ms) for line in waterfall(SPANS)][:4] == [
        ("post", 0, 0.0, 2.0),
        ("table", 1, 1.0, 2.0),
        ("arrive", 1, 5.0, 2.0),
        ("stage", 2, 7.0, 2.0),
    ]


def test_other_photos_of_the_request_are_left_out() -> None:
    assert [each["name"] for each in _about({"job_a", "img_a"}, SPANS)] == ["post", "table", "arrive", "stage"]
