"""Lost, repeated, late and forged: the job ends right, charged once or not at all."""

import contextlib

import httpx
import pytest

from local.state import Cloud
from tests.e2e.conftest import Agent, Json, creations, invoke, make_due, script, table, until
from tests.support.photos import room
from tools.chaos.scenarios import kill

pytestmark = pytest.mark.e2e

SWEEP: Json = {}
ONCE = {"times": 1}


def staged_one(agent: Agent) -> str:
    return str(agent.stage([room()])["items"][0]["jobs"][0]["id"])


def sweep_when_due(cloud: Cloud, agent: Agent, job_id: str) -> None:
    make_due(cloud, agent.owner, job_id)
    invoke(cloud, "Sweep", SWEEP)


def redeliver(cloud: Cloud, job_path: str, kind: str = "genuine") -> list[int]:
    answer = httpx.post(f"{cloud.replicate}/_redeliver", json={"webhook_contains": job_path, "kind": kind})
    answers: list[int] = answer.json()["answers"]
    return answers


def test_a_dropped_webhook_is_made_up_for_by_the_sweep(cloud: Cloud, agent: Agent) -> None:
    script(cloud, {"then": "webhook:drop"})
    job_id = staged_one(agent)
    until(lambda: agent.rows(f"JOB#{job_id}")[0].get("prediction_id"))
    until(lambda: [each["status"] for each in creations(cloud, job_id)] == ["succeeded"] or None)
    sweep_when_due(cloud, agent, job_id)
    job = agent.job_in(job_id, "ready")
    assert (job["attempt"], job["charged"]) == (1, True)
    assert len(creations(cloud, job_id)) == 1
    assert agent.usage() == (1, 0, 1)


def test_a_webhook_delivered_twice_charges_once(cloud: Cloud, agent: Agent) -> None:
    script(cloud, {"then": "webhook:duplicate"})
    job_id = staged_one(agent)
    version = agent.job_in(job_id, "ready")["version"]
    assert redeliver(cloud, job_id) == [202]
    invoke(cloud, "Sweep", SWEEP)
    assert agent.job(job_id)["version"] == version
    assert agent.usage() == (1, 0, 1)
    assert list(agent.ledger().values()) == ["captured"]


def test_a_result_that_comes_after_the_retry_changes_nothing(cloud: Cloud, agent: Agent) -> None:
    script(cloud, {**ONCE, "then": "error_pa"})
    job_id = staged_one(agent)
    job = agent.job_in(job_id, "ready")
    assert job["attempt"] == 2
    assert redeliver(cloud, f"{job_id}/1") == [202]
    assert redeliver(cloud, f"{job_id}/2") == [202]
    assert agent.job(job_id)["version"] == job["version"]
    assert len(creations(cloud, job_id)) == 2
    assert agent.usage() == (1, 0, 1)


@pytest.mark.parametrize("kind", ["unsigned", "forged", "tampered", "stale"])
def test_a_webhook_that_is_not_genuine_is_refused_and_the_real_one_still_counts(
    cloud: Cloud, agent: Agent, kind: str
) -> None:
    script(cloud, {"then": "webhook:drop"})
    job_id = staged_one(agent)
    until(lambda: agent.rows(f"JOB#{job_id}")[0].get("prediction_id"))
    until(lambda: redeliver(cloud, job_id, kind) or None)
    assert redeliver(cloud, job_id, kind) == [401]
    assert agent.job(job_id)["status"] == "processing"
    assert redeliver(cloud, job_id) == [202]
    assert agent.job_in(job_id, "ready")["charged"]


def test_a_worker_killed_in_the_middle_of_a_start_costs_no_second_run(cloud: Cloud, agent: Agent) -> None:
    script(cloud, {**ONCE, "then": {"outcome": "create:timeout_after_create", "seconds": 30}})
    job_id = staged_one(agent)
    until(lambda: creations(cloud, job_id) or None)
    kill_workers(cloud, "StageImage")
    # Its own webhook may come first; without it, the sweep finds the run by its mark.
    sweep_when_due(cloud, agent, job_id) if agent.job(job_id)["status"] == "processing" else None
    assert agent.job_in(job_id, "ready")["attempt"] == 1
    assert len(creations(cloud, job_id)) == 1
    assert agent.usage() == (1, 0, 1)


def test_a_worker_killed_before_the_run_was_taken_is_followed_by_another_start(cloud: Cloud, agent: Agent) -> None:
    script(cloud, {**ONCE, "then": {"outcome": "create:timeout_before_create", "seconds": 30}})
    job_id = staged_one(agent)
    until(lambda: httpx.get(f"{cloud.replicate}/_script").json()["rules"][0]["used"] or None)
    kill_workers(cloud, "StageImage")
    sweep_when_due(cloud, agent, job_id)
    assert agent.job_in(job_id, "ready")["attempt"] == 1  # what made no run is no attempt
    assert agent.usage() == (1, 0, 1)


def test_an_answer_lost_after_the_run_was_taken_is_never_paid_for_twice(cloud: Cloud, agent: Agent) -> None:
    script(cloud, {**ONCE, "then": ["create:reset_after_create", "webhook:drop"]})
    job_id = staged_one(agent)
    until(lambda: [each for each in creations(cloud, job_id) if each["completed_at"]] or None)
    sweep_when_due(cloud, agent, job_id)
    assert agent.job_in(job_id, "ready")["attempt"] == 1
    assert len(creations(cloud, job_id)) == 1


@pytest.mark.parametrize("trouble", ["create:429", "create:402"])
def test_a_provider_that_will_not_take_it_now_delays_the_job_and_counts_no_attempt(
    cloud: Cloud, agent: Agent, trouble: str
) -> None:
    script(cloud, {**ONCE, "then": {"outcome": trouble, "header": 1}})
    job_id = staged_one(agent)
    until(lambda: agent.rows(f"JOB#{job_id}")[0].get("deferrals") or None)
    assert agent.job(job_id)["status"] == "queued"
    sweep_when_due(cloud, agent, job_id)
    job = agent.job_in(job_id, "ready")
    assert (job["attempt"], job["charged"]) == (1, True)
    assert agent.usage() == (1, 0, 1)


@pytest.mark.parametrize(
    ("trouble", "code", "attempts"),
    [
        ("sensitive", "content_refused", 1),
        ("create:422", "input_refused", 1),
        ("fail", "staging_failed", 3),
        ("result:square", "output_unusable", 3),
        ("result:html", "output_unusable", 3),
        ("result:foreign", "output_unusable", 3),
    ],
)
def test_a_job_that_cannot_be_staged_fails_with_its_reason_and_costs_nothing(
    cloud: Cloud, agent: Agent, trouble: str, code: str, attempts: int
) -> None:
    script(cloud, {"then": trouble})
    job_id = staged_one(agent)

    def failed() -> Json | None:
        job = agent.job(job_id)
        if job["status"] == "queued":
            # A retry waits a while in the queue; the sweep's own message is there at once.
            # It may end in this very moment.
            with contextlib.suppress(table(cloud).meta.client.exceptions.ConditionalCheckFailedException):
                sweep_when_due(cloud, agent, job_id)
        return job if job["status"] == "failed" else None

    job = until(failed)
    assert (job["error"]["code"], job["attempt"], job["charged"]) == (code, attempts, False)
    paid = trouble.startswith("result:")
    assert (float(job["cost_usd"] or 0) > 0) == paid
    if paid:  # and never twice to the same model
        assert len({each["model"] for each in creations(cloud, job_id)}) == attempts
    assert agent.usage() == (0, 0, 0)
    assert list(agent.ledger().values()) == ["released"]
    refused = agent.http.get(f"/v1/jobs/{job_id}/file")
    assert (refused.status_code, refused.json()["code"]) == (409, "job_not_ready")


def kill_workers(cloud: Cloud, function: str) -> None:
    assert kill(cloud, function), f"no worker of {function} is running; see {cloud.logs}"
