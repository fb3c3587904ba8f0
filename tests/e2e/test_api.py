"""The second half of the API in the local cloud: what owners do after the first result, with every right checked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from realstaging.stores import keys
from tests.e2e.conftest import Agent, Json, aws, creations, invoke, script, table, until
from tests.support.photos import distinct_room, room

pytestmark = pytest.mark.e2e

FILE: Json = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
PAST = "2026-01-01T00:00:00.000000Z"


def objects(agent: Agent) -> list[str]:
    listed = aws(agent.cloud, "s3").list_objects_v2(Bucket=agent.cloud.bucket).get("Contents", [])
    return [each["Key"] for each in listed if f"/{agent.owner}/" in each["Key"]]


def purge(agent: Agent) -> None:
    """Let the time pass until all that was deleted is due, and run the purge; again, for what that leads to."""
    for _ in range(4):
        for row in [*agent.rows("DELETED#"), *agent.rows("HASH#"), *agent.rows("PROFILE")]:
            if str(row.get("gsi2pk", "")).startswith("PURGE#"):
                back = {"due_at": PAST, "gsi2sk": f"{PAST}#{str(row['gsi2sk']).partition('#')[2]}"}
                back |= {"deleted_at": PAST} if row["sk"] == "PROFILE" else {}
                table(agent.cloud).update_item(
                    Key={"pk": row["pk"], "sk": row["sk"]},
                    UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in back),
                    ExpressionAttributeValues={f":{name}": value for name, value in back.items()},
                )
        invoke(agent.cloud, "Purge", {})


def test_a_delivered_photo_is_staged_again_renamed_costed_and_deleted_with_all_its_files(
    agent: Agent, stranger: Agent
) -> None:
    plan = agent.stage([room(1)])
    first = agent.finished(plan["batch_id"])["jobs"][0]
    project, image = first["project_id"], first["image_id"]
    kept = stranger.finished(stranger.stage([room(1)])["batch_id"])["jobs"][0]

    again = agent.post("/v1/jobs", {"items": [{"image_id": image, "settings": {"style": "industrial"}}]}, 202)
    second = agent.finished(again["batch_id"])["jobs"][0]
    assert (first["status"], second["status"], second["style"]) == ("ready", "ready", "industrial")
    assert agent.http.patch(f"/v1/projects/{project}", json={"name": "Oak Street"}).json()["version"] == 2
    cost = agent.get(f"/v1/projects/{project}/cost")
    assert (cost["job_count"], float(cost["total_cost_usd"]) > 0) == (2, True)
    assert len(objects(agent)) == 3 + 2 * 4

    assert agent.http.delete(f"/v1/projects/{project}").status_code == 204
    for path in (f"projects/{project}", f"images/{image}", f"jobs/{first['id']}", f"jobs/{second['id']}/file"):
        assert agent.http.get(f"/v1/{path}").status_code == 404, path
    purge(agent)

    assert objects(agent) == []
    assert agent.rows("DELETED#") == agent.rows("HASH#") == agent.rows(f"COST#{project}") == []
    assert agent.ledger() == {first["id"]: "captured", second["id"]: "captured"}
    assert agent.usage() == (2, 0, 2)
    assert stranger.result(kept["id"]).status_code == 200
    assert len(objects(stranger)) == 3 + 4


def test_a_running_job_is_canceled_called_off_and_tried_again(agent: Agent) -> None:
    script(agent.cloud, {"then": ["hang"]})
    plan = agent.stage([room(2)])
    job = plan["items"][0]["jobs"][0]["id"]
    until(lambda: creations(agent.cloud, job) or None)
    until(lambda: agent.rows(f"JOB#{job}")[0].get("prediction_id"))

    assert agent.post(f"/v1/jobs/{job}/cancel", status=200)["status"] == "canceled"
    assert agent.http.post(f"/v1/jobs/{job}/cancel").json()["code"] == "job_not_cancelable"
    log = until(
        lambda: (
            [
                run
                for run in httpx.get(f"{agent.cloud.replicate}/_log").json()["creations"]
                if job in str(run) and run["status"] == "canceled"
            ]
            or None
        )
    )
    assert len(log) == 1
    assert agent.usage() == (0, 0, 0)

    script(agent.cloud)
    again = agent.post(f"/v1/jobs/{job}/retry")
    assert again["parent_job_id"] == job
    assert agent.job_in(again["id"], "ready", "failed")["status"] == "ready"
    assert agent.http.post(f"/v1/jobs/{job}/retry").json()["code"] == "job_not_retryable"
    assert agent.ledger() == {job: "released", again["id"]: "captured"}


def test_a_batch_is_canceled_and_what_failed_of_another_is_tried_again(agent: Agent) -> None:
    waiting = agent.plan(
        [distinct_room(number) for number in range(20)], styles=["modern", "industrial", "traditional"]
    )
    canceled = agent.post(f"/v1/batches/{waiting['batch_id']}/cancel", status=200)
    assert (canceled["status"], canceled["counts"]["canceled"]) == ("canceled", 60)
    assert agent.usage() == (0, 0, 0)

    script(agent.cloud, {"then": ["sensitive"]})
    failed = agent.finished(agent.stage([room(3)])["batch_id"])
    assert failed["status"] == "failed"
    script(agent.cloud)
    again = agent.post(f"/v1/batches/{failed['id']}/retry", status=202)
    assert agent.finished(again["batch_id"])["status"] == "ready"
    assert agent.http.post(f"/v1/batches/{failed['id']}/retry").json()["code"] == "job_not_retryable"


def test_ten_requests_with_one_key_at_once_make_one_thing(agent: Agent) -> None:
    project = agent.project()
    upload = {"project_id": project, "files": [FILE] * 15, "defaults": {"styles": ["modern"] * 4, "variations": 4}}

    def ask(path: str, body: Json) -> httpx.Response:
        return agent.http.post(path, json=body, headers={"Idempotency-Key": f"the-key-{path}"})

    for path, body, made in (
        ("/v1/projects", {"name": "Elm Street"}, "PROJECT#"),
        ("/v1/account/api-keys", {"name": "a program"}, ""),
        ("/v1/uploads", upload, "JOB#"),
    ):
        before = len(agent.rows(made)) if made else 0
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _, path=path, body=body: ask(path, body), range(10)))
        assert {answer.status_code for answer in answers} == {201}, [answer.text[:200] for answer in answers]
        shown = [answer.json() | {"key": None} for answer in answers]
        assert all(each == shown[0] for each in shown)
        assert len([1 for answer in answers if "idempotent-replayed" not in answer.headers]) == 1
        if made:
            assert len(agent.rows(made)) == before + (240 if made == "JOB#" else 1)
    assert agent.usage() == (240, 240, 0)
    assert len(agent.get("/v1/account/api-keys")["items"]) == 1


def test_a_program_works_with_its_key_until_it_is_revoked(agent: Agent) -> None:
    key = agent.post("/v1/account/api-keys", {"name": "a program"})
    with httpx.Client(base_url=agent.cloud.api, headers={"Authorization": f"Bearer {key['key']}"}) as program:
        made = program.post("/v1/projects", json={"name": "Elm Street"})
        assert made.status_code == 201
        assert [item["id"] for item in agent.get("/v1/projects")["items"]] == [made.json()["id"]]
        until(lambda: agent.get("/v1/account/api-keys")["items"][0]["last_used_at"])
        assert agent.http.delete(f"/v1/account/api-keys/{key['id']}").status_code == 204
        assert program.get("/v1/projects").status_code == 401


def test_reads_say_when_nothing_changed_and_creations_say_how_many_are_left(agent: Agent) -> None:
    made = agent.http.post("/v1/projects", json={"name": "Elm Street"})
    assert int(made.headers["RateLimit-Remaining"]) < int(made.headers["RateLimit-Limit"])
    path = f"/v1/projects/{made.json()['id']}"
    tag = agent.http.get(path).headers["ETag"]

    same = agent.http.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    agent.http.patch(path, json={"name": "Oak Street"})
    assert agent.http.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_profile_is_patched_and_an_account_is_closed_with_all_it_had(agent: Agent) -> None:
    agent.finished(agent.stage([room(4)])["batch_id"])
    key = agent.post("/v1/account/api-keys", {"name": "a program"})["key"]
    patched: Any = agent.http.patch(
        "/v1/account",
        json={"full_name": "Alice", "email": None},
        headers={"Content-Type": "application/merge-patch+json"},
    ).json()
    assert (patched["full_name"], patched["version"]) == ("Alice", 2)
    assert agent.get("/v1/account")["full_name"] == "Alice"

    by_program = agent.http.delete("/v1/account", headers={"Authorization": f"Bearer {key}"})
    assert (by_program.status_code, by_program.json()["code"]) == (403, "forbidden")
    assert agent.http.delete("/v1/account").status_code == 204
    assert agent.http.get("/v1/account").json()["code"] == "forbidden"
    purge(agent)

    assert objects(agent) == []
    assert [row["sk"] for first in "ABCDHIJLPRSU" for row in agent.rows(first)] == []
    found = table(agent.cloud).get_item(Key=keys.user(agent.owner)).get("Item")
    assert found is None
    assert httpx.get(f"{agent.cloud.api}/v1/account", headers={"Authorization": f"Bearer {key}"}).status_code == 401
