"""Figures of single requests: fifty uploads planned in one call, and reads of one object."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from tools.bench.figures import Figure, percentile

CALLS, READS, FILES = 20, 200, 50
FILE = {"filename": "room.jpg", "content_type": "image/jpeg", "size_bytes": 250_000}


def measured(api: str, token: Callable[[str], str]) -> Iterator[Figure]:
    """`token` gives a new owner's; each has a month's images to use up."""
    with _client(api, token("calls")) as http:
        project = _created(http, "/projects", {"name": "Benchmark"})["id"]
        many = {"project_id": project, "defaults": {"style": "modern"}, "files": [FILE] * FILES}
        _created(http, "/uploads", many | {"files": [FILE]})
        calls = [_timed(lambda: _created(http, "/uploads", many)) for _ in range(CALLS - 1)]
    with _client(api, token("singles")) as http:
        project = _created(http, "/projects", {"name": "Benchmark"})["id"]
        one = {"project_id": project, "defaults": {"style": "modern"}, "files": [FILE]}
        answer = _created(http, "/uploads", one)
        singles = sum(_timed(lambda: _created(http, "/uploads", one)) for _ in range(FILES))
        job_id = answer["items"][0]["jobs"][0]["id"]
        reads = [_timed(lambda: http.get(f"/jobs/{job_id}").raise_for_status()) for _ in range(READS)]
    p50, p95 = percentile(calls, 50), percentile(calls, 95)
    yield Figure("POST /v1/uploads, 50 files, p95", p95, "ms", f"p50 {p50:.0f} ms of {len(calls)} calls", most=400)
    detail = f"{singles:.0f} ms for 50 single calls, against p50"
    yield Figure("… against 50 single calls", singles / p50, "×", detail, least=10)
    p50 = percentile(reads, 50)
    detail = f"p50 {p50:.0f} ms of {READS} calls of GET /v1/jobs/{{id}}"
    yield Figure("reads of one object, p95", percentile(reads, 95), "ms", detail, most=50)


def _client(api: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{api}/v1", headers=headers, timeout=60, trust_env=False)


def _created(http: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    answer = http.post(path, json=body)
    answer.raise_for_status()
    return answer.json()


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000
