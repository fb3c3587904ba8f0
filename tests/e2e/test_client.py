"""The command line against the cloud: interrupted at any point, it goes on, and each photo is paid for once."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.state import Cloud
from tests.e2e.conftest import Agent, Json, script, until
from tests.support.cli_user import User
from tests.support.fault_proxy import Fault, between

pytestmark = pytest.mark.e2e


@pytest.fixture
def user(agent: Agent, tmp_path: Path) -> Iterator[User]:
    with between(agent.cloud.api) as proxy:
        yield User(agent, proxy, tmp_path)


def redelivered(cloud: Cloud, job_id: str) -> bool:
    """The webhook that was dropped, once there is one."""
    wanted = {"webhook_contains": job_id, "kind": "genuine"}
    answers: list[int] = httpx.post(f"{cloud.replicate}/_redeliver", json=wanted).json()["answers"]
    return answers == [202]


def planned(user: User) -> Json | None:
    """The state once all photos are announced."""
    if not (user.out / ".realstaging.json").exists():
        return None
    state = user.state
    return state if not state["calls"] and all(entry["image_id"] for entry in state["entries"]) else None


def test_a_folder_is_staged_in_every_style_and_the_second_time_nothing_is_left_to_do(user: User) -> None:
    user.has(3)
    more = ("--style", "scandinavian", "--variations", "2", "--room", "living_room")
    assert "3 of 3 photos staged, 12 pictures" in user.stages(*more)
    files = {path.name for path in user.out.iterdir() if not path.name.startswith(".")}
    assert {f"room-00-{style}-{turn}.jpg" for style in ("modern", "scandinavian") for turn in (1, 2)} <= files
    assert len(files) == 12
    user.assert_all_staged_once(3, each=4)
    before = len(user.proxy.creations())
    assert "3 of 3 photos staged, 12 pictures" in user.stages(*more)
    assert len(user.proxy.creations()) == before


def test_a_result_that_was_deleted_is_fetched_again_and_nothing_else(user: User) -> None:
    user.has(2)
    user.stages()
    gone, kept = sorted(user.out.glob("*.jpg"))
    size, written = gone.stat().st_size, kept.stat().st_mtime_ns
    gone.write_bytes(gone.read_bytes()[:100])
    user.stages()
    assert (gone.stat().st_size, kept.stat().st_mtime_ns) == (size, written)
    user.assert_all_staged_once(2)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_ended_in_the_middle_of_uploading_it_goes_on_with_what_is_missing(user: User, how: signal.Signals) -> None:
    user.has(5)
    user.proxy.lets_through = 2
    user.interrupts(how, lambda: planned(user) and len(user.proxy.stored) == 2)
    ids = user.job_ids
    until(lambda: sum(row["status"] == "ready" for row in user.agent.rows("IMAGE#")) == 2 or None)
    user.proxy.lets_through = None
    user.stages()
    assert user.job_ids == ids
    assert list(user.proxy.stored.values()) == [1] * 5
    user.assert_all_staged_once(5)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_ended_in_the_middle_of_following_it_goes_on(user: User, how: signal.Signals) -> None:
    user.has(3)
    script(user.agent.cloud, {"then": "webhook:drop"})

    def all_under_way() -> bool:
        state, jobs = planned(user), user.agent.rows("JOB#")
        there = state is not None and all(entry["uploaded"] for entry in state["entries"])
        return there and len(jobs) == 3 and all("prediction_id" in job for job in jobs)

    user.interrupts(how, all_under_way)
    ids = user.job_ids
    for job_id in ids:
        until(lambda job_id=job_id: redelivered(user.agent.cloud, job_id) or None)  # type: ignore[misc]
    user.stages()
    assert user.job_ids == ids
    assert list(user.proxy.stored.values()) == [1] * 3
    user.assert_all_staged_once(3)


@pytest.mark.parametrize("call", ["POST /v1/projects", "POST /v1/uploads"])
def test_killed_before_the_answer_of_a_creating_call_it_makes_the_same_call_again(user: User, call: str) -> None:
    user.has(3)
    user.proxy.faults = [Fault(call, "hold")]
    user.interrupts(signal.SIGKILL, user.proxy.held.is_set)
    user.stages()
    assert len({key for request, key in user.proxy.asked if request == call}) == 1
    assert len(user.agent.rows("BATCH#")) == 1
    user.assert_all_staged_once(3)


@pytest.mark.parametrize("kind", ["429", "503", "lose"])
def test_refused_for_now_or_answered_into_the_void_a_creating_call_has_one_effect(user: User, kind: str) -> None:
    user.has(2)
    user.proxy.faults = [Fault(f"POST /v1/{what}", kind) for what in ("projects", "uploads")]  # type: ignore[arg-type]
    user.stages()
    assert [fault.times for fault in user.proxy.faults] == [0, 0]
    assert len(user.agent.rows("BATCH#")) == 1
    user.assert_all_staged_once(2)


def test_a_server_that_stays_away_ends_the_run_and_the_next_one_makes_the_same_call(user: User) -> None:
    user.has(2)
    user.proxy.faults = [Fault("POST /v1/uploads", "503", 1000)]
    assert "Not now" in user.stages(code=1)
    user.proxy.faults = []
    user.stages()
    assert len({key for request, key in user.proxy.asked if request == "POST /v1/uploads"}) == 1
    user.assert_all_staged_once(2)


def test_a_dropped_socket_is_opened_again(user: User) -> None:
    user.has(3)
    user.proxy.drops_after = 3
    user.stages()
    assert user.proxy.sockets > 1
    user.assert_all_staged_once(3)


def test_where_no_socket_opens_it_is_staged_all_the_same(user: User) -> None:
    user.has(2)
    user.proxy.no_sockets = True
    user.stages()
    user.assert_all_staged_once(2)


def test_photos_that_come_later_join_the_same_project(user: User) -> None:
    user.has(1)
    user.stages()
    user.has(3)
    user.stages()
    user.assert_all_staged_once(3)


def test_a_failed_photo_is_told_with_its_reason_and_tried_again_on_request(user: User) -> None:
    user.has(2)
    script(user.agent.cloud, {"times": 1, "then": "sensitive"})
    said = user.stages(code=1)
    assert "1 of 2 photos staged" in said
    assert "content filter refused" in said
    assert "1 of 2 photos staged" in user.stages(code=1)
    assert len(user.agent.rows("JOB#")) == 2
    user.stages("--retry-failed")
    assert sorted(user.agent.ledger().values()) == ["captured", "captured", "released"]
    assert user.agent.usage() == (2, 0, 2)
    assert len(list(user.out.glob("*.jpg"))) == 2


def test_a_file_that_is_no_photo_fails_alone(user: User) -> None:
    user.has(2)
    (user.photos / "notes.jpg").write_text("Living room, 20 square metres.\n" * 50)
    said = user.stages(code=1)
    assert "2 of 3 photos staged" in said
    assert "notes.jpg: The file is not a supported picture." in said
    assert user.agent.usage() == (2, 0, 2)


def test_more_photos_than_one_call_takes_are_uploaded_at_no_cost(user: User) -> None:
    user.has(51)
    assert "51 of 51 photos uploaded" in user.says("upload", "rooms", "--project", "Elm Street 5")
    assert [row["status"] for row in user.agent.rows("IMAGE#")] == ["ready"] * 51
    assert len(user.agent.rows("BATCH#")) == 2
    assert user.agent.usage() == (0, 0, 0)
    assert "Elm Street 5" in user.says("projects")


def test_the_smaller_commands_say_what_there_is(user: User, tmp_path: Path) -> None:
    user.has(2)
    user.stages("--variations", "2")
    batch_id = user.state["entries"][0]["results"][0]["batch_id"]
    assert "4 jobs, 4 ended, 4 ready" in user.says("status", batch_id)
    assert "4 jobs, 4 ended, 4 ready" in user.says("status")
    assert "4 of " in user.says("usage")
    assert "4 pictures downloaded" in user.says("download", batch_id, "--out", "again")
    assert "0 pictures downloaded" in user.says("download", batch_id, "--out", "again")
    assert {path.name for path in (tmp_path / "again").glob("*.jpg")} == {path.name for path in user.out.glob("*.jpg")}
    assert "0 jobs canceled, 4 had a result" in user.says("cancel", batch_id)
    assert "cannot be tried again" in user.says("retry", batch_id, code=1)
    assert "There is no style 'baroque'" in user.says("stage", "rooms", "--style", "baroque", code=2)
    assert "choose another --out" in user.says("stage", "rooms", "--style", "industrial", code=2)
    assert "access token" in user.says("login", "--url", user.proxy.url, "--token", "wrong", code=1)
    token = user.agent.http.headers["Authorization"].split()[1]
    user.says("login", "--url", user.proxy.url, "--token", token)
    assert (tmp_path / "config" / "realstaging" / "config.toml").stat().st_mode & 0o777 == 0o600


def test_what_was_canceled_is_told_and_costs_nothing(user: User, cloud: Cloud) -> None:
    user.has(2)
    script(cloud, latency=60)
    user.interrupts(signal.SIGINT, lambda: planned(user) and len(user.proxy.stored) == 2)
    assert "2 jobs canceled" in user.says("cancel", "--out", "staged")
    assert "The staging was canceled" in user.stages(code=1)
    assert user.agent.usage() == (0, 0, 0)
