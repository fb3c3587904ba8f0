"""The picture check in the local cloud: whatever a model does wrong is aligned back, made again, free or refused."""

import json
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.e2e.conftest import Agent, Json, Photo, script, until
from tests.support.photos import ROOT

pytestmark = pytest.mark.e2e

LIVING_ROOM = ROOT / "samples/living-room.jpg"
ORDER: Json = {"room_type": "living_room", "style": "modern"}


def photo(path: Path = LIVING_ROOM) -> Photo:
    return Photo(path.name, "image/jpeg", path.read_bytes())


def staged(agent: Agent, outcomes: list[list[str]], **order: str) -> list[Json]:
    """A photo for each list of outcomes, one outcome for each attempt; the jobs when all have ended."""
    photos = [photo()] * len(outcomes)
    plan = agent.plan(photos, **(ORDER | order))
    jobs = [item["jobs"][0]["id"] for item in plan["items"]]
    rules = [
        {"match": {"webhook_contains": job, "nth": attempt}, "then": [outcome]}
        for job, attempts in zip(jobs, outcomes, strict=True)
        for attempt, outcome in enumerate(attempts, 1)
    ]
    script(agent.cloud, *rules)
    for item in plan["items"]:
        assert agent.upload(item, photo()).status_code == 204
    agent.finished(plan["batch_id"])
    return [agent.job(job) for job in jobs]


def test_a_changed_room_is_made_again_and_only_the_good_one_charged(agent: Agent) -> None:
    mistakes = ["window_removed", "wall_recoloured", "other_view", "blank", "unchanged"]

    jobs = staged(agent, [[f"result:{each}", "succeed"] for each in mistakes])

    assert [job["status"] for job in jobs] == ["ready"] * len(mistakes)
    assert [job["attempt"] for job in jobs] == [2] * len(mistakes)
    assert {job["check"]["verdict"] for job in jobs} <= {"pass", "review"}
    assert agent.ledger() == {job["id"]: "captured" for job in jobs}
    assert agent.usage() == (len(mistakes), 0, len(mistakes))


def test_another_frame_is_laid_back_on_the_photo(agent: Agent) -> None:
    jobs = staged(agent, [["result:zoomed"], ["result:shifted"], ["result:stretched"]])

    assert [(job["status"], job["attempt"]) for job in jobs] == [("ready", 1)] * 3
    assert {job["check"]["verdict"] for job in jobs} <= {"pass", "review"}
    image = agent.get(f"/v1/images/{jobs[0]['image_id']}")
    for job in jobs:
        assert (job["result"]["width"], job["result"]["height"]) == (image["width"], image["height"])
        assert job["result"]["frame"] == "restored"
    reasons = [agent.get(f"/v1/jobs/{job['id']}/report")["reasons"] for job in jobs]
    assert "reframed" in reasons[0]
    assert "stretched" in reasons[2]


def test_a_room_that_stays_changed_is_free_or_refused(agent: Agent) -> None:
    bad = ["result:window_removed"] * 3

    [free] = staged(agent, [bad], check="reroll")
    [refused] = staged(agent, [bad], check="refuse")
    [told] = staged(agent, [bad[:1]], check="report")

    assert (free["status"], free["charged"], free["attempt"]) == ("ready", False, 3)
    assert (refused["status"], refused["error"]["code"], refused["attempt"]) == ("failed", "structure_changed", 3)
    assert (told["status"], told["charged"], told["attempt"]) == ("ready", False, 1)
    assert set(agent.ledger().values()) == {"released"}
    assert agent.usage() == (0, 0, 0)
    for job in (free, refused, told):
        assert agent.get(f"/v1/jobs/{job['id']}/report")["verdict"] == "fail"
    overlay = httpx.get(agent.get(f"/v1/jobs/{free['id']}/file", variant="overlay")["url"])
    assert (overlay.status_code, overlay.headers["content-type"]) == (200, "image/jpeg")


def test_any_pair_is_verified_without_a_job_and_told_on_the_socket(agent: Agent, stranger: Agent) -> None:
    [job] = staged(agent, [["succeed"]])
    result = Photo("edited.jpg", "image/jpeg", agent.result(job["id"]).content)
    file = {"filename": result.name, "content_type": result.content_type, "size_bytes": len(result.data)}

    with connect(agent.post("/v1/account/socket-tickets")["url"]) as socket:
        made = agent.post(
            "/v1/verifications",
            {"original": {"image_id": job["image_id"]}, "altered": file},
        )
        assert (made["status"], made["uploads"]["original"]) == ("awaiting_upload", None)
        assert agent.upload({"upload": made["uploads"]["altered"]}, result).status_code == 204
        path = f"/v1/verifications/{made['id']}"
        found = until(lambda: now if (now := agent.get(path))["status"] == "ready" else None)
        statuses: list[str] = []
        while not statuses or statuses[-1] != "ready":
            message = json.loads(socket.recv(timeout=120))
            if message["type"] == "verification.updated":
                statuses.append(message["verification"]["status"])

    again = agent.post(
        "/v1/verifications", {"original": {"image_id": job["image_id"]}, "altered": {"job_id": job["id"]}}
    )
    same = until(lambda: now if (now := agent.get(f"/v1/verifications/{again['id']}"))["status"] == "ready" else None)
    assert statuses == ["processing", "ready"]
    assert found["report"]["verdict"] in ("pass", "review")
    assert same["report"] | {"took_ms": 0} == found["report"] | {"took_ms": 0}
    assert httpx.get(agent.get(f"{path}/file")["url"]).headers["content-type"] == "image/jpeg"
    assert stranger.http.get(path).status_code == stranger.http.get(f"{path}/file").status_code == 404
    assert agent.usage() == (1, 0, 1)
