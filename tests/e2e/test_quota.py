"""Twenty requests at once that together exceed the quota: as many are taken as fit, and never one more."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Agent, Json, until
from tests.support.photos import room

pytestmark = pytest.mark.e2e

FILE: Json = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
SIXTEEN: Json = {"styles": ["modern", "industrial", "traditional", "contemporary"], "variations": 4}


def fill(agent: Agent, project: str, left: int) -> None:
    """Use up the quota until only so much is left."""
    usage = agent.get("/v1/account/usage")
    while (spare := usage["remaining"] - left) > 0:
        files = [FILE] * min(50, spare // 16 or spare)
        defaults = SIXTEEN if spare >= 16 else {"style": "modern"}
        agent.post("/v1/uploads", {"project_id": project, "files": files, "defaults": defaults})
        usage = agent.get("/v1/account/usage")
    assert usage["remaining"] == left


def test_twenty_uploads_at_once_never_overshoot_the_quota(agent: Agent) -> None:
    project = agent.project()
    fill(agent, project, left=37)
    body = {"project_id": project, "files": [FILE] * 3, "defaults": {"style": "modern"}}

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: agent.http.post("/v1/uploads", json=body), range(20)))

    taken = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(taken) == 12
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(402, "quota_exceeded")}
    usage = agent.get("/v1/account/usage")
    assert (usage["used"], usage["remaining"]) == (usage["limit"] - 1, 1)
    assert agent.usage()[1] == usage["used"]
    assert len(agent.rows("JOB#")) == usage["used"]


def test_twenty_restagings_and_uploads_at_once_share_one_quota(agent: Agent) -> None:
    project = agent.project()
    photo = room()
    plan = agent.stage([photo], style="modern")
    image = plan["items"][0]["image"]["id"]
    until(lambda: agent.get(f"/v1/images/{image}")["status"] == "ready" or None)
    fill(agent, project, left=10)
    upload = {"project_id": project, "files": [FILE], "defaults": {"style": "modern", "variations": 2}}
    restage = {"items": [{"image_id": image, "settings": {"variations": 2, "style": "modern"}}]}

    def ask(number: int) -> int:
        path, body = ("/v1/uploads", upload) if number % 2 else ("/v1/jobs", restage)
        return agent.http.post(path, json=body).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(ask, range(20)))

    assert sorted(statuses) == sorted([*(each for each in statuses if each in (201, 202)), *[402] * 15])
    assert agent.get("/v1/account/usage")["remaining"] == 0
