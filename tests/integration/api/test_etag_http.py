"""What was read already is not sent again: ETag and If-None-Match on everything that can be read."""

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.http_client import call
from tests.support.steps import ask, in_state
from tests.support.world import World


def paths(world: World) -> list[str]:
    job = in_state(world, JobStatus.READY)
    return [
        "/v1/capabilities", "/v1/projects", f"/v1/projects/{job.project_id}", f"/v1/projects/{job.project_id}/images",
        f"/v1/projects/{job.project_id}/cost", f"/v1/images/{job.image_id}", "/v1/jobs", f"/v1/jobs/{job.id}",
        f"/v1/batches/{job.batch_id}", "/v1/account", "/v1/account/usage", "/v1/account/ledger",
        "/v1/account/api-keys",
    ]  # fmt: skip


def test_what_did_not_change_is_not_sent_again(world: World) -> None:
    for path in paths(world):
        status, body, headers = call(world, "GET", path)
        assert (status, bool(body)) == (200, True)
        for known in (headers["ETag"], f'"other", W/{headers["ETag"]}', "*"):
            again = call(world, "GET", path, headers={"if-none-match": known})
            assert again[:2] == (304, {}), path
            assert again[2]["ETag"] == headers["ETag"]
            assert again[2]["X-Request-Id"]
        assert call(world, "GET", path, headers={"if-none-match": '"other"'})[1] == body


@pytest.mark.parametrize("what", ["project", "job", "batch", "account"])
def test_what_changed_is_sent_again(world: World, what: str) -> None:
    job = in_state(world, JobStatus.QUEUED)
    path, method, change, body = {
        "project": (f"/v1/projects/{job.project_id}", "PATCH", f"/v1/projects/{job.project_id}", {"name": "b"}),
        "job": (f"/v1/jobs/{job.id}", "POST", f"/v1/jobs/{job.id}/cancel", None),
        "batch": (f"/v1/batches/{job.batch_id}", "POST", f"/v1/jobs/{job.id}/cancel", None),
        "account": ("/v1/account", "PATCH", "/v1/account", {"full_name": "Alice"}),
    }[what]
    _, before, headers = call(world, "GET", path)

    ask(world, method, change, body)

    status, after, now = call(world, "GET", path, headers={"if-none-match": headers["ETag"]})
    assert status == 200
    assert now["ETag"] != headers["ETag"]
    if "version" in before:
        assert after["version"] > before["version"]


def test_neither_a_refusal_nor_a_change_has_an_etag(world: World) -> None:
    image, _ = factories.queued(world)

    assert "ETag" not in call(world, "GET", "/v1/images/img_unknown")[2]
    assert "ETag" not in call(world, "POST", "/v1/projects", body={"name": "a"})[2]
    assert "ETag" not in call(world, "DELETE", f"/v1/images/{image.id}")[2]
    assert call(world, "GET", f"/v1/images/{image.id}", headers={"if-none-match": "*"})[0] == 404
