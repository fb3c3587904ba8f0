"""An administrator at work on the local cloud: dead letters go back, plans count at once, failed jobs go again."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from local.state import Cloud
from local.token import access_token
from tests.e2e.conftest import Agent, Json, aws, creations, make_due, script, until
from tests.support.photos import room

pytestmark = pytest.mark.e2e

_names = count(1)


@pytest.fixture
def admin(cloud: Cloud) -> Iterator[Agent]:
    owner = f"operator-{next(_names)}"
    token = access_token(Path(cloud.logs).parent, owner, ["admin"])
    with httpx.Client(base_url=cloud.api, headers={"Authorization": f"Bearer {token}"}, timeout=120) as http:
        yield Agent(cloud, owner, http)


def staged_one(agent: Agent) -> str:
    return str(agent.stage([room()])["items"][0]["jobs"][0]["id"])


def bury(cloud: Cloud, queue: str, body: Json, group: str) -> None:
    url = cloud.queues[queue]
    aws(cloud, "sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body), MessageGroupId=group)


def failed_call(cloud: Cloud, function: str, payload: Json) -> Json:
    """What Lambda leaves of an asynchronous call that failed for good."""
    arn = aws(cloud, "lambda").get_function(FunctionName=cloud.functions[function])["Configuration"]["FunctionArn"]
    context = {"requestId": "r", "functionArn": f"{arn}:$LATEST", "condition": "RetriesExhausted"}
    return {"version": "1.0", "requestContext": context, "requestPayload": payload}


def letters(admin: Agent, queue: str, job_id: str) -> list[Json]:
    items: list[Json] = admin.get(f"/v1/admin/queues/{queue}/messages")["items"]
    return [each for each in items if each["job_id"] == job_id]


def test_a_start_that_died_goes_back_and_the_job_is_delivered_once(cloud: Cloud, agent: Agent, admin: Agent) -> None:
    plan = agent.plan([room()], room_type="living_room", style="modern")
    [item] = plan["items"]
    job_id = str(item["jobs"][0]["id"])
    # For this job alone: one that an earlier test left behind may start meanwhile.
    only = {"match": {"webhook_contains": job_id}, "times": 1}
    script(cloud, {**only, "then": {"outcome": "create:429", "header": 600}})
    assert agent.upload(item, room()).status_code == 204
    until(lambda: agent.rows(f"JOB#{job_id}")[0].get("deferrals") or None)
    message = {"owner": agent.owner, "job_id": job_id, "traceparent": "00-a-b-01", "correlation_id": "r"}
    bury(cloud, "StageDeadLetters", message, agent.owner)

    [letter] = until(lambda: letters(admin, "stage_dead_letters", job_id) or None)
    assert letter["owner"] == agent.owner
    queues = {each["name"]: each for each in admin.get("/v1/admin/queues")["items"]}
    assert queues["stage_dead_letters"]["visible"] >= 1
    assert queues["stage_dead_letters"]["oldest_seconds"] is not None
    assert queues["stage"]["delayed"] >= 1
    moved = admin.post("/v1/admin/queues/stage_dead_letters/redrive", {"max": 100}, 200)

    assert moved["moved"] >= 1
    job = agent.job_in(job_id, "ready")
    assert (job["attempt"], job["charged"]) == (1, True)
    assert len([run for run in creations(cloud, job_id) if run["id"]]) == 1, "the first was refused"
    assert letters(admin, "stage_dead_letters", job_id) == []


def test_a_sweep_that_died_is_called_again_and_makes_up_for_a_lost_webhook(
    cloud: Cloud, agent: Agent, admin: Agent
) -> None:
    script(cloud, {"then": "webhook:drop"})
    job_id = staged_one(agent)
    until(lambda: agent.rows(f"JOB#{job_id}")[0].get("prediction_id"))
    make_due(cloud, agent.owner, job_id)
    bury(cloud, "EventDeadLetters", failed_call(cloud, "Sweep", {}), "events")

    moved = admin.post("/v1/admin/queues/event_dead_letters/redrive", {"max": 100}, 200)

    assert moved["moved"] >= 1
    assert agent.job_in(job_id, "ready")["charged"]


def test_changes_of_the_table_stay_until_somebody_discards_them(cloud: Cloud, admin: Agent) -> None:
    batch = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {"batchSize": 3}}
    bury(cloud, "EventDeadLetters", batch, "events")
    path = "/v1/admin/queues/event_dead_letters/redrive"

    assert admin.post(path, status=200)["skipped"] >= 1
    dropped = admin.post(path, {"discard": True}, 200)

    assert (dropped["discarded"] >= 1, dropped["left"]) == (True, 0)


def test_a_plan_an_administrator_says_counts_for_the_very_next_request(agent: Agent, admin: Agent) -> None:
    before = agent.get("/v1/account/usage")

    answer = admin.http.patch(f"/v1/admin/users/{agent.owner}", json={"plan_override": "business", "extra_quota": 7})

    after = agent.get("/v1/account/usage")
    assert answer.status_code == 200, answer.text
    assert (before["plan"], after["plan"]) == ("free", "business")
    assert after["limit"] == answer.json()["usage"]["limit"] != before["limit"]
    assert agent.owner in [user["id"] for user in admin.get("/v1/admin/users", limit=100)["items"]]
    audit = admin.get("/v1/admin/audit", subject=f"users/{agent.owner}")["items"]
    assert [(each["by"], each["after"]["extra_quota"]) for each in audit] == [(admin.owner, 7)]
    refused = agent.http.patch(f"/v1/admin/users/{agent.owner}", json={"role": "admin"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_an_administrator_tries_a_failed_job_again_for_its_owner(cloud: Cloud, agent: Agent, admin: Agent) -> None:
    script(cloud, {"then": "sensitive"})
    job_id = staged_one(agent)
    agent.job_in(job_id, "failed")
    script(cloud)
    listed = until(
        lambda: [job for job in admin.get("/v1/admin/jobs", status="failed")["items"] if job["id"] == job_id] or None
    )
    assert listed[0]["owner"] == agent.owner

    again = admin.post(f"/v1/admin/jobs/{job_id}/retry")

    assert (again["owner"], again["parent_job_id"]) == (agent.owner, job_id)
    assert agent.job_in(again["id"], "ready")["charged"]
    assert admin.get(f"/v1/admin/jobs/{again['id']}")["status"] == "ready"
    assert agent.usage() == (1, 0, 1)
    assert admin.http.post(f"/v1/admin/jobs/{job_id}/retry").json()["code"] == "job_not_retryable"
