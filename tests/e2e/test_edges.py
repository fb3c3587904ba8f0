"""What a stranger meets, and what our logs keep to themselves."""

import json
from pathlib import Path

import httpx
import pytest

from local.state import Cloud
from tests.e2e.conftest import Agent
from tests.support.photos import room

pytestmark = pytest.mark.e2e


def test_nothing_but_health_answers_without_a_token(cloud: Cloud) -> None:
    assert httpx.get(f"{cloud.api}/v1/health").json()["status"] == "ok"
    for path in ("/v1/projects", "/v1/jobs", "/v1/account/usage", "/nowhere"):
        refused = httpx.get(f"{cloud.api}{path}")
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json"), path
        assert refused.json()["request_id"] == refused.headers["x-request-id"]


def test_another_owners_things_are_not_there(agent: Agent, stranger: Agent) -> None:
    plan = agent.stage([room()])
    item = agent.finished(plan["batch_id"])["jobs"][0]
    paths = [
        f"/v1/projects/{item['project_id']}", f"/v1/projects/{item['project_id']}/images",
        f"/v1/images/{item['image_id']}", f"/v1/images/{item['image_id']}/file",
        f"/v1/jobs/{item['id']}", f"/v1/jobs/{item['id']}/file", f"/v1/batches/{item['batch_id']}",
    ]  # fmt: skip
    for path in paths:
        assert agent.http.get(path).status_code == 200, path
        refused = stranger.http.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), path
    assert stranger.http.post(f"/v1/images/{item['image_id']}/upload-url").status_code == 404
    body = {
        "project_id": item["project_id"],
        "files": [{"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 9}],
    }
    assert stranger.http.post("/v1/uploads", json=body).status_code == 404
    assert stranger.rows("IMAGE#") == []


def test_no_log_holds_a_token_a_signature_or_a_ticket(cloud: Cloud, agent: Agent) -> None:
    token = agent.http.headers["Authorization"].split()[1]
    ticket = agent.post("/v1/account/socket-tickets")["ticket"]
    plan = agent.stage([room()], prompt="A very private wish for this room")
    agent.finished(plan["batch_id"])
    address = agent.get(f"/v1/jobs/{plan['items'][0]['jobs'][0]['id']}/file")["url"]
    signature = httpx.URL(address).params["X-Amz-Signature"]
    secrets = [token, ticket, signature, "X-Amz-Signature", "whsec_", "r8_", "very private wish"]
    logs = {path.name: path.read_text() for path in Path(cloud.logs).glob("*.log")}
    assert len(logs) == len(cloud.functions)
    assert [(name, secret) for name, text in logs.items() for secret in secrets if secret in text] == []


def test_one_trace_follows_a_photo_through_every_function(cloud: Cloud, agent: Agent) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    agent.http.headers["traceparent"] = f"00-{trace}-00f067aa0ba902b7-01"
    plan = agent.stage([room()])
    agent.finished(plan["batch_id"])
    for function in ("UploadUrls", "UploadComplete", "StageImage", "ReplicateWebhook", "FinishJob"):
        lines = (Path(cloud.logs) / f"{function}.log").read_text().splitlines()
        assert any(json.loads(line).get("trace_id") == trace for line in lines if line.startswith('{"level"')), function
