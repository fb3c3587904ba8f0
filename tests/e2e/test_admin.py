"""What an administrator sets is in force for the very next job, and what they write is kept from everybody."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from local.state import Cloud
from local.token import access_token
from realstaging import config
from tests.e2e.conftest import Agent, Json, aws, creations, script
from tests.support.photos import photo, room

pytestmark = pytest.mark.e2e

QWEN, PLUS, GPT = "qwen/qwen-image-edit-2511", "qwen/qwen-image-edit-plus", "openai/gpt-image-1"
SETTINGS = config.load("local")


class Admin:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Json:
        answer = self._http.request(method, f"/v1/admin{path}", json=body)
        assert answer.status_code == status, answer.text
        page: Json = answer.json()
        return page

    def model(self, model_id: str, then: str = "", body: Any = None, status: int = 200) -> Json:
        method = "PUT" if then == "/settings" else "POST" if then else "GET"
        return self(method, f"/models/{quote(model_id, safe='')}{then}", body, status)

    def set(self, key: str, value: Any) -> Json:
        return self("PUT", f"/settings/{quote(key, safe='')}", {"value": value})

    def all_back(self) -> None:
        """As the files say: other tests share this cloud."""
        page = self("GET", "/settings")["items"]
        for each in sorted(page, key=lambda each: each["key"] != "models.default"):
            if each["kind"] == "setting" and each["set"]:
                self("POST", f"/settings/{each['key']}/rollback", {"version": 0})
        for each in self("GET", "/models")["items"]:
            if each["version"]:
                self.model(each["id"], "/rollback", {"version": 0})


@pytest.fixture
def admin(cloud: Cloud) -> Iterator[Admin]:
    token = access_token(Path(cloud.logs).parent, "administrator", ["admin"])
    with httpx.Client(base_url=cloud.api, headers={"Authorization": f"Bearer {token}"}, timeout=120) as http:
        made = Admin(http)
        yield made
        for id in SETTINGS.models.enabled:
            made.model(id, "/enable")
        made.all_back()


def job_of(plan: Json) -> str:
    return str(plan["items"][0]["jobs"][0]["id"])


def staged(agent: Agent, **defaults: Any) -> Json:
    return agent.job_in(job_of(agent.stage([room()], style="modern", **defaults)), "ready", "failed")


def test_a_parameter_is_in_the_very_next_jobs_input(admin: Admin, agent: Agent) -> None:
    for quality in (71, 72):
        admin.model(QWEN, "/settings", {"parameters": {"output_quality": quality}})

        job = staged(agent, model=QWEN)

        assert admin("GET", f"/models/{quote(QWEN, safe='')}/settings")["parameters"] == {"output_quality": quality}
        [run] = creations(agent.cloud, job["id"])
        assert (job["status"], run["input"]["output_quality"]) == ("ready", quality)


def test_a_parameter_the_model_does_not_take_never_gets_there(admin: Admin) -> None:
    refusal = admin.model(QWEN, "/settings", {"parameters": {"output_quality": 1000}}, status=422)

    assert refusal["errors"][0]["pointer"] == "/parameters/output_quality"


def test_a_disabled_model_is_refused_and_its_queued_job_goes_to_the_one_that_takes_over(
    admin: Admin, agent: Agent
) -> None:
    admin.set("models.fallbacks", [PLUS])
    # Busy for as long as it takes to disable it.
    script(agent.cloud, {"match": {"model": "google/nano-banana"}, "then": {"outcome": "create:429", "header": 2}})
    job_id = job_of(agent.stage([room()], style="modern", model="google/nano-banana"))
    agent.job_in(job_id, "queued")

    admin.model("google/nano-banana", "/disable")

    refusal = agent.plan([room()], status=422, style="modern", model="google/nano-banana")
    assert "/model" in json.dumps(refusal)
    job = agent.job_in(job_id, "ready", "failed")
    assert (job["status"], job["model"]) == ("ready", PLUS)


def test_another_default_is_that_of_the_next_request_and_can_be_taken_back(admin: Admin, agent: Agent) -> None:
    assert admin.model(PLUS, "/make-default")["default"] is True
    assert staged(agent)["model"] == PLUS

    admin("POST", "/settings/models.default/rollback", {"version": 0})
    assert staged(agent)["model"] == QWEN


def test_a_secret_is_stored_by_a_role_that_cannot_read_it_and_stages_with_the_model(admin: Admin, agent: Agent) -> None:
    before = admin.model(GPT)
    assert (before["enabled"], "secret" in str(before["objection"])) == (False, True)
    admin.model(GPT, "/enable", status=409)
    key = before["secret"]

    shown = admin.set(key, "sk-of-openai-0123456789")

    assert (shown["set"], "sk-of-openai" in json.dumps(shown)) == (True, False)
    assert admin.model(GPT, "/enable")["enabled"] is True
    held = aws(agent.cloud, "ssm").get_parameter(
        Name=f"/realstaging/local/models/{GPT}/openai_api_key", WithDecryption=True
    )
    assert held["Parameter"]["Value"] == "sk-of-openai-0123456789"
    job = agent.job_in(job_of(agent.stage([photo(1500, 1000)], style="modern", model=GPT)), "ready", "failed")
    assert (job["status"], job["error"], job["model"], job["cost_usd"]) == ("ready", None, GPT, "0.25")
    assert job["result"]["width"] / job["result"]["height"] == pytest.approx(1.5, rel=0.01)
    [row] = [each for each in agent.rows("JOB#") if each["id"] == job["id"]]
    logs = [(Path(agent.cloud.logs) / f"{name}.log").read_text() for name in ("AdminApi", "StageImage", "FinishJob")]
    assert "sk-of-openai" not in "".join(logs) + str(row) + json.dumps(admin("GET", "/audit"))
    admin.model(GPT, "/disable")
    aws(agent.cloud, "ssm").delete_parameter(Name=f"/realstaging/local/models/{GPT}/openai_api_key")


def test_every_description_is_there_where_only_the_layer_is(admin: Admin) -> None:
    described = [each["description"] for each in admin("GET", "/settings")["items"] if each["kind"] == "setting"]

    assert described
    assert all(described)


def test_everybody_else_is_refused(agent: Agent) -> None:
    for path in ("/models", "/models/qwen%2Fqwen-image-edit-2511", "/settings", "/audit", "/anything/else"):
        assert agent.http.get(f"/v1/admin{path}").status_code == 403
    assert httpx.get(f"{agent.cloud.api}/v1/admin/models").status_code == 401


def test_what_was_done_is_told_newest_first(admin: Admin) -> None:
    admin.set("jobs.max_attempts", 4)
    admin.set("jobs.max_attempts", 5)

    [last, first, *_] = admin("GET", "/audit?subject=settings/jobs.max_attempts&limit=2")["items"]

    assert [(each["before"], each["after"]) for each in (first, last)] == [(SETTINGS.jobs.max_attempts, 4), (4, 5)]
