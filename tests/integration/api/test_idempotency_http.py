"""Idempotency-Key on every route that creates: one effect, one answer, repeated at once or after a crash."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.steps import Answer, ask, at_once, failed, keyed, rows_of, sweep
from tests.support.world import World

FILE: dict[str, Any] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
ROUTES = ["project", "upload", "restage", "retry", "batch retry", "api key"]
MADE = ("PROJECT#", "IMAGE#", "JOB#", "BATCH#", "LEDGER#", "USAGE#")
SIXTEEN = {"variations": 4, "styles": ["modern", "industrial"] * 2}


def wanted(world: World, route: str) -> tuple[str, Any, Any]:
    """Path, body and another body of a creating request."""
    if route == "project":
        return "/v1/projects", {"name": "14 Elm Street"}, {"name": "15 Elm Street"}
    if route == "api key":
        return "/v1/account/api-keys", {"name": "a program"}, {"name": "another"}
    if route == "upload":
        body = {"project_id": factories.project(world).id, "files": [FILE, FILE], "defaults": {"style": "modern"}}
        return "/v1/uploads", body, body | {"files": [FILE]}
    image, [job] = factories.queued(world)
    if route == "restage":
        return "/v1/jobs", {"items": [{"image_id": image.id}]}, {"items": [{"image_id": image.id}] * 2}
    failed(world, job)
    return {"retry": f"/v1/jobs/{job.id}/retry", "batch retry": f"/v1/batches/{job.batch_id}/retry"}[route], None, {}


def warm(world: World) -> None:
    """The user's row is there, and the functions know it: the next transaction is a request's own."""
    for path in ("/v1/uploads", "/v1/jobs"):
        ask(world, "POST", path, {})


def state(world: World) -> list[dict[str, Any]]:
    return [row for row in world.rows() if not row["sk"].startswith("RATE#")]


@pytest.mark.parametrize("route", ROUTES)
def test_a_repeat_is_answered_as_the_first_time_and_makes_nothing(world: World, route: str) -> None:
    path, body, other = wanted(world, route)

    first = keyed(world, path, body)
    messages, before = len(world.to_stage()), state(world)
    world.clock.forward(minutes=30)
    repeat = keyed(world, path, body)

    assert first[0] in (201, 202)
    assert "Idempotent-Replayed" not in first[2]
    assert repeat[2]["Idempotent-Replayed"] == "true"
    shown = first[1] | ({"key": None} if route == "api key" else {})
    assert repeat[:2] == (first[0], shown)
    assert messages == (0 if route in ("project", "upload", "api key") else 1)
    assert (world.to_stage(), state(world)) == ([], before)

    status, problem = keyed(world, path, other)[:2]
    if route in ("retry", "batch retry"):  # these have no body to differ in
        return
    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    assert state(world) == before


@pytest.mark.parametrize("route", ROUTES)
def test_of_many_at_once_one_is_made_and_all_get_its_answer(world: World, route: str) -> None:
    path, body, _ = wanted(world, route)
    keyed(world, "/v1/projects", {"name": "warm"}, "another key")
    before = len(rows_of(world, *MADE))

    answers: list[Answer] = at_once(world, 10 if route == "upload" else 4, lambda process: keyed(process, path, body))

    bodies = [body | ({"key": None} if "key" in body else {}) for _, body, _ in answers]
    assert all(each == bodies[0] for each in bodies)
    assert len({status for status, _, _ in answers}) == 1
    assert len([1 for *_, headers in answers if "Idempotent-Replayed" not in headers]) == 1
    made = {"project": 1, "upload": 8, "restage": 3, "retry": 3, "batch retry": 3, "api key": 0}[route]
    assert len(rows_of(world, *MADE)) == before + made
    assert len(world.to_stage()) == (1 if made == 3 else 0)
    if route == "api key":
        assert len([key for _, body, _ in answers if (key := body["key"])]) == 1
        assert len([row for row in world.rows() if row["sk"] == "APIKEY"]) == 1


def test_another_owner_may_use_the_same_key(world: World) -> None:
    mine = keyed(world, "/v1/projects", {"name": "14 Elm Street"})
    theirs = keyed(world, "/v1/projects", {"name": "14 Elm Street"}, owner="bob")

    assert (mine[0], theirs[0]) == (201, 201)
    assert mine[1]["id"] != theirs[1]["id"]


def test_the_same_key_on_another_route_is_another_request(world: World) -> None:
    keyed(world, "/v1/projects", {"name": "a program"})

    assert keyed(world, "/v1/account/api-keys", {"name": "a program"})[1]["code"] == "idempotency_key_reused"


def test_a_body_that_means_the_same_is_the_same(world: World) -> None:
    project = factories.project(world).id
    first = keyed(world, "/v1/uploads", f'{{"project_id": "{project}", "files": [{{"filename": "a.jpg", '
                  '"content_type": "image/jpeg", "size_bytes": 9}]}')  # fmt: skip
    repeat = keyed(world, "/v1/uploads", f'{{"files":[{{"size_bytes":9,"content_type":"image/jpeg",'
                   f'"filename":"a.jpg"}}],"project_id":"{project}"}}')  # fmt: skip

    assert first[0] == repeat[0] == 201
    assert first[1] == repeat[1]


@pytest.mark.parametrize("key", ["", "a" * 256, "ключ", "a\tb"])
def test_a_key_of_another_shape_is_refused_and_nothing_is_made(world: World, key: str) -> None:
    status, problem, _ = keyed(world, "/v1/projects", {"name": "14 Elm Street"}, key)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/headers/Idempotency-Key"
    assert rows_of(world, "PROJECT#") == []


@pytest.mark.parametrize("key", ["a", "a" * 255, "a key # with / everything ~!"])
def test_a_key_may_be_any_printable_text(world: World, key: str) -> None:
    assert [keyed(world, "/v1/projects", {"name": "a"}, key)[0] for _ in range(2)] == [201, 201]
    assert len(rows_of(world, "PROJECT#")) == 1


def test_a_key_is_good_for_a_day(world: World) -> None:
    first = keyed(world, "/v1/projects", {"name": "14 Elm Street"})[1]
    world.clock.forward(hours=23, minutes=59)
    assert keyed(world, "/v1/projects", {"name": "14 Elm Street"})[1] == first
    world.clock.forward(minutes=1)

    later = keyed(world, "/v1/projects", {"name": "15 Elm Street"})

    assert (later[0], later[1]["name"]) == (201, "15 Elm Street")
    assert keyed(world, "/v1/projects", {"name": "15 Elm Street"})[1] == later[1]
    assert len(rows_of(world, "PROJECT#")) == 2


def test_what_was_refused_is_not_remembered(world: World) -> None:
    body = {"project_id": "prj_unknown", "files": [FILE]}
    assert keyed(world, "/v1/uploads", body)[0] == 404

    assert keyed(world, "/v1/uploads", body | {"project_id": factories.project(world).id})[0] == 201


def test_a_retry_is_answered_again_though_the_job_is_deleted_by_now(world: World) -> None:
    path, _, _ = wanted(world, "retry")
    first = keyed(world, path, None)
    call(world, "DELETE", path.removesuffix("/retry"))

    assert keyed(world, path, None)[:2] == first[:2]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_upload_that_dies_half_way_is_made_whole_by_its_repeat(world: World, after: bool) -> None:
    """9 files with 16 jobs each are 5 transactions."""
    body = {"project_id": factories.project(world).id, "files": [FILE] * 9, "defaults": SIXTEEN}
    warm(world)
    died = 0
    for nth in (1, 2, 3, 2):
        with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(nth,), after=after):
            died += keyed(world, "/v1/uploads", body)[0] == 500
    status, answer, _ = keyed(world, "/v1/uploads", body)

    assert died >= 2
    assert (status, answer["succeeded"]) == (201, 9)
    ids = [job["id"] for item in answer["items"] for job in item["jobs"]]
    assert len(ids) == 144
    assert rows_of(world, "JOB#") == sorted(f"JOB#{id}" for id in ids)
    assert rows_of(world, "IMAGE#") == sorted(f"IMAGE#{item['image']['id']}" for item in answer["items"])
    assert (world.usage().used, world.usage().reserved) == (144, 144)
    assert ask(world, "GET", f"/v1/jobs/{ids[-1]}")[1] == answer["items"][-1]["jobs"][-1]


def test_a_restaging_that_dies_half_way_is_made_whole_by_its_repeat(world: World) -> None:
    groups = factories.planned(world, factories.project(world), count=6, jobs=0)
    for image, _ in groups[:3]:
        world.images.accept(image, [], world.clock.at, factories.FACTS, look_again=world.clock.at)
    body = {"items": [{"image_id": image.id} for image, _ in groups], "defaults": SIXTEEN}
    warm(world)
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2,)):
        assert keyed(world, "/v1/jobs", body)[0] == 500
    call(world, "DELETE", f"/v1/images/{groups[4][0].id}")

    status, answer, headers = keyed(world, "/v1/jobs", body)

    assert (status, headers["Idempotent-Replayed"]) == (202, "true")
    ids = [job["id"] for item in answer["items"] for job in item["jobs"]]
    assert set(world.ledger()) == set(ids)
    sweep(world, minutes=4)
    assert {message["job_id"] for message in world.to_stage()} == set(ids[:48])
    assert [len(world.image(groups[number][0]).waiting_jobs) for number in (3, 5)] == [16, 16]
    assert {job.status for job in world.jobs.get_many("alice", ids[64:80])} == {"failed"}
    assert world.usage().used == 80


def test_a_failed_batch_tried_again_half_way_is_made_whole_by_its_repeat(world: World) -> None:
    work = [job for _ in range(2) for job in factories.queued(world, jobs=20)[1]]
    batch = work[0].batch_id
    assert work[-1].batch_id != batch
    warm(world)
    for job in work[:20]:
        failed(world, job)
    first = keyed(world, f"/v1/batches/{batch}/retry", None)

    assert keyed(world, f"/v1/batches/{batch}/retry", None)[:2] == first[:2]
    assert len(world.to_stage()) == 20


@pytest.mark.parametrize("route", ["upload", "restage"])
def test_a_repeat_that_comes_after_the_request_was_given_up_says_so(world: World, route: str) -> None:
    groups = factories.planned(world, factories.project(world), count=4, jobs=0)
    path, body = {
        "upload": ("/v1/uploads", {"project_id": groups[0][0].project_id, "files": [FILE] * 4, "defaults": SIXTEEN}),
        "restage": ("/v1/jobs", {"items": [{"image_id": image.id} for image, _ in groups], "defaults": SIXTEEN}),
    }[route]
    warm(world)
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2,)):
        assert keyed(world, path, body)[0] == 500
    sweep(world, minutes=6)
    before = state(world)

    status, problem, _ = keyed(world, path, body)

    assert (status, problem["code"]) == (409, "conflict")
    assert "bat_" in problem["detail"]
    assert state(world) == before
    assert world.usage().used == len(rows_of(world, "JOB#"))


def test_nothing_is_put_into_a_project_that_was_deleted_meanwhile(world: World) -> None:
    project = factories.project(world)
    body = {"project_id": project.id, "files": [FILE] * 4, "defaults": SIXTEEN}
    warm(world)
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2,)):
        assert keyed(world, "/v1/uploads", body)[0] == 500
    call(world, "DELETE", f"/v1/projects/{project.id}")
    left = rows_of(world, "IMAGE#")

    status, problem, _ = keyed(world, "/v1/uploads", body)

    assert (status, problem["code"]) == (404, "not_found")
    assert rows_of(world, "IMAGE#") == left
