"""Administrators find anybody's job and try it again: for its owner, on the owner's terms, once, and on record."""

import base64
import json
from typing import Any

import pytest

from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys
from realstaging.stores.users import UserStore
from tests.support import factories
from tests.support.admin_operations import appointed, asked, audited
from tests.support.http_client import call
from tests.support.steps import ask, at_once, delivered, failed, hear, in_state, settle, stage
from tests.support.world import World

ENDED = [state for state in JobStatus if state.final]
OPEN = [state for state in JobStatus if not state.final]
WISH = "A reading corner by the window."


@pytest.fixture(autouse=True)
def alice(world: World) -> None:
    """The tests write her jobs themselves: no request has made her row."""
    UserStore(world.table).create("alice", "user", world.clock.at)


def broken(world: World, owner: str = "alice") -> Job:
    return failed(world, factories.queued(world, owner=owner)[1][0])


def ids(page: dict[str, Any]) -> list[str]:
    return [job["id"] for job in page["items"]]


def retried(world: World, job: Job, key: str | None = None, **more: Any) -> tuple[int, dict[str, Any]]:
    headers = {"idempotency-key": key}
    return asked(world, "POST", f"/v1/admin/jobs/{job.id}/retry", headers=headers, **more)


@pytest.mark.parametrize("state", JobStatus)
def test_a_job_is_shown_to_an_administrator_whosever_it_is(world: World, state: JobStatus) -> None:
    job = in_state(world, state)

    status, shown = asked(world, "GET", f"/v1/admin/jobs/{job.id}")

    assert (status, shown["owner"], shown["status"], shown["period"]) == (200, "alice", state, job.period)
    assert (shown["deferrals"], shown["prediction_id"]) == (0, job.prediction_id)
    assert (shown["due_at"] is None) == state.final
    assert ids(asked(world, "GET", "/v1/admin/jobs", query={"status": state})[1]) == [job.id]


def test_what_is_shown_has_neither_the_owners_words_nor_addresses(world: World) -> None:
    job = delivered(world, factories.queued(world)[1][0])
    world.table.update_item(
        Key=keys.job(job.owner, job.id),
        UpdateExpression="SET prompt = :wish",
        ExpressionAttributeValues={":wish": WISH},
    )

    for path in ("/v1/admin/jobs?status=ready", f"/v1/admin/jobs/{job.id}"):
        _, page = asked(world, "GET", path.partition("?")[0], query={"status": "ready"})
        [shown] = page.get("items", [page])
        assert WISH not in json.dumps(page)
        assert {"prompt", "input", "result_key", "thumbnail_key", "traceparent"}.isdisjoint(shown)
        assert shown["result"]["width"] == 768


def test_without_a_state_what_is_unfinished_and_what_failed_is_listed_page_by_page(world: World) -> None:
    made = []
    for state in JobStatus:
        world.clock.forward(minutes=1)
        made.append(in_state(world, state))
    trouble = [job.id for job in reversed(made) if world.job(job).status not in (JobStatus.READY, JobStatus.CANCELED)]

    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(4):
        status, page = asked(world, "GET", "/v1/admin/jobs", query={"limit": "1"} | cursor)
        assert status == 200
        found += ids(page)
        cursor = {"cursor": str(page["next_cursor"])}

    assert found == trouble
    assert page["next_cursor"] is None


def test_jobs_are_listed_by_owner_and_by_subject(world: World) -> None:
    job = broken(world, "auth0!7Cabc")
    broken(world, "bob")

    for name in ("auth0!7Cabc", "auth0|abc"):
        assert ids(asked(world, "GET", "/v1/admin/jobs", query={"owner": name})[1]) == [job.id]
    for name in ("nobody", "a" * 300):
        assert ids(asked(world, "GET", "/v1/admin/jobs", query={"owner": name})[1]) == []


def test_only_what_is_older_is_listed(world: World) -> None:
    _, [old] = factories.queued(world)
    at = world.clock.forward(minutes=20)
    factories.queued(world, owner="bob")

    for older in ("15m", at.isoformat()):
        assert ids(asked(world, "GET", "/v1/admin/jobs", query={"older_than": older})[1]) == [old.id]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"older_than": "soon"}, "/older_than"),
        ({"older_than": "1" * 50}, "/older_than"),
        ({"status": "broken"}, "/status"),
        ({"limit": "0"}, "/limit"),
        ({"limit": "101"}, "/limit"),
        ({"cursor": "nonsense"}, "/cursor"),
        ({"cursor": base64.urlsafe_b64encode(b"img_01M7W2Y7M00TN8T8J0FC1BVBAK").decode()}, "/cursor"),
    ],
)
def test_what_cannot_be_asked_is_pointed_at(world: World, query: dict[str, str], pointer: str) -> None:
    status, problem = asked(world, "GET", "/v1/admin/jobs", query=query)

    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, [pointer])


@pytest.mark.parametrize("id", ["job_01M7W2Y7M00TN8T8J0FC1BVBAK", "nonsense", "job_" + "x" * 3000])
def test_a_job_nobody_has_is_not_found(world: World, id: str) -> None:
    for method, path in (("GET", f"/v1/admin/jobs/{id}"), ("POST", f"/v1/admin/jobs/{id}/retry")):
        status, problem = asked(world, method, path)
        assert (status, problem["code"]) == (404, "not_found")


@pytest.mark.parametrize("state", [JobStatus.FAILED, JobStatus.CANCELED])
def test_what_failed_or_was_canceled_is_tried_again_for_its_owner(world: World, state: JobStatus) -> None:
    job = in_state(world, state)

    status, shown = retried(world, job)

    assert (status, shown["owner"], shown["status"]) == (201, "alice", "queued")
    assert (shown["parent_job_id"], shown["room_type"], shown["seed"]) == (job.id, job.room_type, job.seed)
    assert "prompt" not in shown
    assert world.usage("alice").used == 1
    assert world.usage("root").used == 0
    assert ask(world, "GET", f"/v1/jobs/{shown['id']}")[0] == 200
    assert [message["owner"] for message in world.to_stage()] == ["alice"]
    [record] = audited(world)
    assert record == {
        "by": "root",
        "action": "job.retry",
        "subject": f"jobs/{job.id}",
        "before": {"status": state},
        "after": {"retried_by": shown["id"]},
    }


def test_a_job_that_an_administrator_tried_again_is_delivered_to_its_owner(world: World) -> None:
    world.provider.script()
    job = broken(world)
    _, shown = retried(world, job)

    stage(world)
    hear(world, world.jobs.get("alice", shown["id"]))
    settle(world)

    assert ask(world, "GET", f"/v1/jobs/{shown['id']}")[1]["status"] == "ready"
    assert world.ledger()[shown["id"]] == "captured"


@pytest.mark.parametrize("state", [*OPEN, JobStatus.READY])
def test_what_did_not_fail_is_not_tried_again(world: World, state: JobStatus) -> None:
    job = in_state(world, state)

    status, problem = retried(world, job)

    assert (status, problem["code"]) == (409, "job_not_retryable")
    assert audited(world) == []


def test_the_owners_quota_counts_and_nobody_elses(world: World) -> None:
    job = broken(world)
    world.table.update_item(
        Key=keys.user("alice"),
        UpdateExpression="SET extra_images = :less",
        ExpressionAttributeValues={":less": -world.settings.plans["free"].images_per_month},
    )

    status, problem = retried(world, job)

    assert (status, problem["code"], problem["limit"]) == (402, "quota_exceeded", 0)
    assert audited(world) == []


def test_the_same_request_again_gets_the_first_answer(world: World) -> None:
    job = broken(world)
    first = retried(world, job, "key-1")

    call(world, "DELETE", f"/v1/jobs/{job.id}")

    assert retried(world, job, "key-1") == first
    assert len(audited(world)) == 1
    status, problem = retried(world, broken(world), "key-1")
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", [None, "key-1"])
def test_of_many_who_try_it_again_at_once_one_does(world: World, key: str | None) -> None:
    appointed(world)
    job = broken(world)

    answers = at_once(world, 6, lambda each: retried(each, job, key))

    statuses = sorted(status for status, _ in answers)
    assert statuses == ([201] * 6 if key else [201] + [409] * 5)
    assert len({body["id"] for status, body in answers if status == 201}) == 1
    assert len(audited(world)) == 1
    assert len(world.to_stage()) == 1


def test_nothing_is_tried_again_in_an_account_that_is_being_deleted(world: World) -> None:
    job = broken(world)
    call(world, "DELETE", "/v1/account")

    status, problem = retried(world, job)

    assert (status, problem["code"]) == (409, "conflict")
    assert world.to_stage() == []


@pytest.mark.parametrize("older_than", ["900", "1w", "PT15M", "2026-11-20T12:30:00 01:00"])
def test_age_is_said_in_many_ways(world: World, older_than: str) -> None:
    assert asked(world, "GET", "/v1/admin/jobs", query={"older_than": older_than})[0] == 200


def test_no_age_however_great_is_a_fault(world: World) -> None:
    for older_than in ("999999999w", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\u0661m"):
        assert asked(world, "GET", "/v1/admin/jobs", query={"older_than": older_than})[0] in (200, 422), older_than
