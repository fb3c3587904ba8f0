"""A trace's spans as they follow from each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import httpx

from local.state import Cloud

Span = dict[str, Any]


class NoTraceError(Exception):
    """There is no such job, or nothing is kept of its trace."""


@dataclass(frozen=True)
class Line:
    """One span in a waterfall: how deep it lies, and where in the whole, in milliseconds."""

    span: Span
    depth: int
    start_ms: float
    ms: float


def of_job(cloud: Cloud, job_id: str) -> list[Span]:
    """The spans of its trace without those of other photos and jobs of the same request. Raises NoTraceError."""
    trace_id, image_id = _trace_of(cloud, job_id)
    spans: list[Span] = httpx.get(f"{cloud.traces}/traces/{trace_id}", trust_env=False).json()["spans"]
    if not spans:
        raise NoTraceError(f"Nothing is kept of trace {trace_id}.")
    return _about({job_id, image_id}, spans)


def _trace_of(cloud: Cloud, job_id: str) -> tuple[str, str]:
    """The ids of its trace and its image: from its row, whosever it is. A local table is small enough for a scan."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=cloud.aws_endpoint,
        region_name=cloud.region,
        aws_access_key_id=cloud.access_key,
        aws_secret_access_key=cloud.secret_key,
    )
    pages = client.get_paginator("scan").paginate(
        TableName=cloud.table,
        FilterExpression="sk = :sk AND attribute_exists(traceparent)",
        ExpressionAttributeValues={":sk": {"S": f"JOB#{job_id}"}},
    )
    for page in pages:
        for item in page["Items"]:
            return item["traceparent"]["S"].split("-")[1], item["image_id"]["S"]
    raise NoTraceError(f"There is no job {job_id}.")


def _about(wanted: set[str], spans: Sequence[Span]) -> list[Span]:
    """Parents come before their children: what is below something else is something else."""
    others: set[str] = set()
    found = []
    for span in sorted(spans, key=lambda span: int(span["start_ns"])):
        about = span["attributes"].get("realstaging.about")
        if span["parent_id"] in others or (about and about not in wanted):
            others.add(span["span_id"])
        else:
            found.append(span)
    return found


def waterfall(spans: Sequence[Span]) -> list[Line]:
    """Each span below its parent, by their starts. A span whose parent is unknown stands at the left."""
    known = {span["span_id"] for span in spans}
    ordered = sorted(spans, key=lambda span: int(span["start_ns"]))
    began = int(ordered[0]["start_ns"])
    children: dict[str, list[Span]] = {}
    for span in ordered:
        children.setdefault(span["parent_id"] if span["parent_id"] in known else "", []).append(span)

    def below(parent: str, depth: int) -> Iterator[Line]:
        for span in children.get(parent, []):
            start, end = int(span["start_ns"]), int(span["end_ns"])
            yield Line(span, depth, (start - began) / 1e6, (end - start) / 1e6)
            yield from below(span["span_id"], depth + 1)

    return list(below("", 0))
