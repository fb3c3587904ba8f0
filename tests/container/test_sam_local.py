"""The built functions in containers, as `sam local invoke` runs them."""

import json

import httpx
import pytest

from local.state import Cloud
from local.token import access_token
from tests.container.conftest import Sam
from tests.support.events import event
from tools.container.engine import NoEngineError, found

pytestmark = pytest.mark.container


def test_a_function_in_a_container_answers(alone: Sam) -> None:
    done = alone.invoke("JobsApi", "http-get-health")
    assert done.exit_code == 0
    assert done.payload["statusCode"] == 200
    assert json.loads(done.payload["body"])["status"] == "ok"


def test_without_a_cloud_a_worker_gives_its_message_back(alone: Sam) -> None:
    done = alone.invoke("StageImage", "sqs-stage-queue")
    message = event("sqs-stage-queue")["Records"][0]["messageId"]
    assert done.payload == {"batchItemFailures": [{"itemIdentifier": message}]}
    assert done.exit_code == 1
    assert "No local cloud is running" in done.log


def test_a_function_that_fails_is_told_from_one_that_answers(alone: Sam) -> None:
    # SAM's own exit code is 0.
    done = alone.invoke("Sweep", "schedule-sweep")
    assert done.payload["errorType"] == "EndpointConnectionError"
    assert done.exit_code == 1


def test_a_worker_reads_the_local_clouds_table(cloud: tuple[Cloud, Sam]) -> None:
    # An unknown job is nothing to start: acknowledged, not tried again.
    done = cloud[1].invoke("StageImage", "sqs-stage-queue")
    assert done.payload == {"batchItemFailures": []}
    assert done.exit_code == 0


def test_uploads_planned_in_a_container_are_there_for_everybody(cloud: tuple[Cloud, Sam]) -> None:
    running, sam = cloud
    token = access_token(sam.directory, "alice", [])
    with httpx.Client(base_url=running.api, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as api:
        project = api.post("/v1/projects", json={"name": "Elm Street 5"}).json()["id"]
        done = sam.invoke("UploadUrls", "http-post-uploads", owner="alice", project_id=project)
        assert done.payload["statusCode"] == 201, done.payload["body"]
        planned = [item["image"]["id"] for item in json.loads(done.payload["body"])["items"]]
        found = api.get(f"/v1/projects/{project}/images").json()["items"]
    assert sorted(image["id"] for image in found) == sorted(planned)


def test_a_webhook_is_signed_for_the_cloud_that_runs(cloud: tuple[Cloud, Sam]) -> None:
    done = cloud[1].invoke("ReplicateWebhook", "replicate-webhook")
    assert done.payload["statusCode"] == 202


def test_the_engine_is_named_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    with pytest.raises(NoEngineError, match=r"unix:///nowhere\.sock.*make podman"), found():
        pass
