"""A photo's trace has every hop once, each below what caused it; also after a retry and a lost webhook."""

import secrets
from collections.abc import Callable

import httpx
import pytest

from local.state import Cloud
from tests.e2e.conftest import Agent, Json, creations, invoke, make_due, script, until
from tests.support.photos import room

pytestmark = pytest.mark.e2e

HOPS = {
    "POST /v1/uploads": "server",
    "process upload_complete": "consumer",
    "send StageQueue": "producer",
    "process stage_image": "consumer",
    "POST /v1/webhooks/replicate/{job_id}/{attempt}": "server",
    "send ResultQueue": "producer",
    "process finish_job": "consumer",
}


class Trace:
    """The spans of one trace, by name."""

    def __init__(self, spans: list[Json], caller: str) -> None:
        self.spans, self._caller = {span["span_id"]: span for span in spans}, caller

    def named(self, name: str) -> list[Json]:
        return [span for span in self.spans.values() if span["name"] == name]

    def one(self, name: str) -> Json:
        [span] = self.named(name)
        return span

    def parent(self, span: Json) -> str:
        """Its name; "caller" for what the client itself began."""
        if span["parent_id"] == self._caller:
            return "caller"
        return str(self.spans[span["parent_id"]]["name"])


def begun(agent: Agent) -> tuple[str, str]:
    """The trace id and the span id that all requests of this agent carry from now on."""
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    agent.http.headers["traceparent"] = f"00-{trace_id}-{span_id}-01"
    return trace_id, span_id


def staged_one(agent: Agent) -> tuple[str, Callable[[], Trace]]:
    """A job, and its trace without the requests that only look on."""
    project, photo = agent.project(), room()
    trace_id, caller = begun(agent)
    file = {"filename": photo.name, "content_type": photo.content_type, "size_bytes": len(photo.data)}
    order = {"project_id": project, "files": [file], "defaults": {"style": "modern"}}
    plan = agent.post("/v1/uploads", order)
    del agent.http.headers["traceparent"]
    [item] = plan["items"]
    assert agent.upload(item, photo).status_code == 204

    def trace() -> Trace:
        answer = httpx.get(f"{agent.cloud.traces}/traces/{trace_id}", trust_env=False)
        return Trace(answer.json()["spans"], caller)

    return str(item["jobs"][0]["id"]), trace


def with_hops(trace: Callable[[], Trace], **least: int) -> Trace:
    """The trace once all its hops have arrived: a span is sent when its invocation ends."""

    def complete() -> Trace | None:
        found = trace()
        wanted = dict.fromkeys(HOPS, 1) | {name.replace("_", " ", 1): number for name, number in least.items()}
        return found if all(len(found.named(name)) >= number for name, number in wanted.items()) else None

    return until(complete)


def test_every_hop_is_there_once_below_its_cause(cloud: Cloud, agent: Agent) -> None:
    job_id, trace = staged_one(agent)
    agent.job_in(job_id, "ready")
    found = with_hops(trace)

    assert {name: found.one(name)["kind"] for name in HOPS} == HOPS
    assert {name: found.parent(found.one(name)) for name in HOPS} == {
        "POST /v1/uploads": "caller",
        "process upload_complete": "POST /v1/uploads",
        "send StageQueue": "process upload_complete",
        "process stage_image": "send StageQueue",
        "POST /v1/webhooks/replicate/{job_id}/{attempt}": "process stage_image",
        "send ResultQueue": "POST /v1/webhooks/replicate/{job_id}/{attempt}",
        "process finish_job": "send ResultQueue",
    }
    assert not [span for span in found.spans.values() if span["is_error"]]
    for name in ("process stage_image", "process finish_job", "process upload_complete"):
        span = found.one(name)
        assert len(span["links"]) == 1, "the invocation, in a trace of its own"
        assert span["links"][0]["trace_id"] != span["trace_id"]


def test_calls_of_table_storage_and_provider_are_steps_of_their_hop(cloud: Cloud, agent: Agent) -> None:
    job_id, trace = staged_one(agent)
    agent.job_in(job_id, "ready")
    found = with_hops(trace)

    steps = {(found.parent(span), span["name"]) for span in found.spans.values() if span["kind"] == "client"}
    assert {
        ("POST /v1/uploads", "DynamoDB.TransactWriteItems"),
        ("process upload_complete", "DynamoDB.GetItem"),
        ("process upload_complete", "S3.GetObject"),
        ("process upload_complete", "S3.CopyObject"),
        ("process upload_complete", "S3.PutObject"),
        ("process stage_image", "DynamoDB.BatchGetItem"),
        ("process stage_image", "POST 127.0.0.1"),
        ("process finish_job", "GET 127.0.0.1"),
        ("process finish_job", "S3.PutObject"),
        ("process finish_job", "DynamoDB.TransactWriteItems"),
    } <= steps
    reads = [span["attributes"] for span in found.named("DynamoDB.GetItem")]
    assert {each["db.system.name"] for each in reads} == {"aws.dynamodb"}


def test_what_sockets_are_told_is_in_the_trace(cloud: Cloud, agent: Agent) -> None:
    from websockets.sync.client import connect

    ticket = agent.post("/v1/account/socket-tickets")
    with connect(ticket["url"], proxy=None) as socket:
        socket.send('{"action": "hello"}')
        socket.recv(timeout=60)
        job_id, trace = staged_one(agent)
        agent.job_in(job_id, "ready")
        found = until(lambda: found if len((found := trace()).named(POST)) >= 3 else None)
    assert {found.parent(span) for span in found.named(POST)} == {"process push_status"}
    # Below whoever wrote the row that the stream tells of; the job's first row is written with its upload.
    writers = [found.parent(span) for span in found.named("process push_status")]
    assert {"process upload_complete", "process stage_image", "process finish_job"} <= set(writers)
    assert set(writers) <= {*HOPS, "POST /v1/uploads"}


POST = "ApiGatewayManagementApi.PostToConnection"


def test_a_retry_is_another_round_of_the_same_trace(cloud: Cloud, agent: Agent) -> None:
    script(cloud, {"times": 1, "then": "error_pa"})
    job_id, trace = staged_one(agent)
    assert agent.job_in(job_id, "ready")["attempt"] == 2
    found = with_hops(trace, process_stage_image=2, process_finish_job=2)

    assert len(found.named("process stage_image")) == len(found.named("process finish_job")) == 2
    first, second = found.named("process stage_image")
    assert found.parent(found.spans[second["parent_id"]]) == "process finish_job"
    assert found.parent(found.spans[first["parent_id"]]) == "process upload_complete"


def test_after_a_lost_webhook_the_sweep_is_the_hop_that_asks(cloud: Cloud, agent: Agent) -> None:
    script(cloud, {"then": "webhook:drop"})
    job_id, trace = staged_one(agent)
    until(lambda: agent.rows(f"JOB#{job_id}")[0].get("prediction_id"))
    until(lambda: [each["status"] for each in creations(cloud, job_id)] == ["succeeded"] or None)
    make_due(cloud, agent.owner, job_id)
    invoke(cloud, "Sweep", {})
    agent.job_in(job_id, "ready")
    found = until(lambda: found if (found := trace()).named("process finish_job") else None)

    finish = found.one("process finish_job")
    sweep = found.one("process sweep")
    assert found.parent(finish) == "send ResultQueue"
    assert found.parent(found.spans[finish["parent_id"]]) == "process sweep"
    assert found.parent(sweep) == "process stage_image", "the last to have written the job's row"
