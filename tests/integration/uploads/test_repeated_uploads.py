"""A repeat of an upload answers, and places what is missing, as the first request was promised."""

import json
import random
from typing import Any

import pytest

from tests.support import factories
from tests.support.books import check_books
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.steps import arrived, ask, failed, keyed, purge_everything, rows_of
from tests.support.world import World

FILE: dict[str, Any] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
SIXTEEN = {"variations": 4, "styles": ["modern", "industrial"] * 2}
MODEL = "black-forest-labs/flux-kontext-pro"


def warm(world: World) -> None:
    ask(world, "POST", "/v1/uploads", {})


def test_a_request_that_died_is_completed_as_promised_though_a_model_was_disabled(world: World) -> None:
    project = factories.project(world)
    warm(world)
    hashes = [f"{number:064x}" for number in range(9)]
    files = [FILE | {"filename": f"{number}.jpg", "sha256": hashes[number]} for number in range(9)]
    files[0] |= {"settings": {"model": MODEL, "variations": 1, "styles": ["modern"]}}
    body = {"project_id": project.id, "files": files, "defaults": SIXTEEN}
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2,)):
        assert keyed(world, "/v1/uploads", body)[0] == 500
    factories.set_now(world, models={MODEL: {"enabled": False}})

    status, answer, headers = keyed(world, "/v1/uploads", body)

    assert (status, headers["Idempotent-Replayed"]) == (201, "true")
    promised = {item["image"]["id"]: item["image"]["filename"] for item in answer["items"]}
    images = [row for row in world.rows() if row["sk"].startswith("IMAGE#")]
    assert {row["id"]: row["filename"] for row in images} == promised
    assert {row["filename"]: row["announced_sha256"] for row in images} == dict(
        zip([f"{number}.jpg" for number in range(9)], hashes, strict=True)
    )
    jobs = [job for item in answer["items"] for job in item["jobs"]]
    assert [ask(world, "GET", f"/v1/jobs/{job['id']}")[1] for job in jobs] == jobs
    assert "gsi2pk" not in next(row for row in world.rows() if row["sk"].startswith("BATCH#"))
    check_books(world.rows())


@pytest.mark.parametrize(
    "changed",
    [
        {"models": {MODEL: {"enabled": False}}},
        {"settings": {"uploads.max_files": 1}},
        {"settings": {"uploads.max_bytes": 10}},
    ],
)
def test_a_repeat_is_not_judged_by_what_was_set_since(world: World, changed: dict[str, Any]) -> None:
    body = {"project_id": factories.project(world).id, "files": [FILE] * 2, "defaults": {"model": MODEL}}
    first = keyed(world, "/v1/uploads", body)
    factories.set_now(world, **changed)

    assert (first[0], keyed(world, "/v1/uploads", body)[:2]) == (201, first[:2])


def test_the_key_of_another_request_is_refused_as_such_though_this_one_is_invalid(world: World) -> None:
    body = {"project_id": factories.project(world).id, "files": [FILE]}
    assert keyed(world, "/v1/uploads", body)[0] == 201

    status, problem, _ = keyed(world, "/v1/uploads", body | {"files": [FILE | {"size_bytes": -1}]})

    assert (status, problem["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("letters", [(0x20000, 0x2A6DF), (0x10000, 0x10FFFF), (0x4E00, 0x9FFF)])
def test_an_answer_with_fifty_long_prompts_is_remembered(world: World, letters: tuple[int, int]) -> None:
    """Random letters, as far apart as they come: a row must hold them, and moto does not count as DynamoDB does."""
    chance = random.Random(7)
    prompts = ["".join(chr(chance.randint(*letters)) for _ in range(2000)) for _ in range(50)]
    files = [FILE | {"settings": {"prompt": prompt}} for prompt in prompts]
    body = json.dumps({"project_id": factories.project(world).id, "files": files}, ensure_ascii=False)

    first = keyed(world, "/v1/uploads", body)
    again = keyed(world, "/v1/uploads", body)

    assert (first[0], again[:2]) == (201, first[:2])
    [row] = [row for row in world.rows() if row["sk"].startswith("IDEMPOTENCY#")]
    assert len(row["answer"]) < 350_000


def test_a_request_whose_answer_could_not_be_sent_is_refused_with_words(world: World) -> None:
    prompt = "\U00020000" * 2000
    files = [FILE | {"settings": {"prompt": prompt}}] * 50
    body = {"project_id": factories.project(world).id, "files": files, "defaults": SIXTEEN}

    status, problem = ask(world, "POST", "/v1/uploads", json.dumps(body, ensure_ascii=False))

    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "validation_failed", "/files")
    assert rows_of(world, "IMAGE#", "JOB#", "USAGE#") == []


def test_a_batch_retry_is_answered_again_though_its_project_is_gone(world: World) -> None:
    project = factories.project(world)
    _, [job] = arrived(world, project, jobs=1)
    failed(world, job)
    first = keyed(world, f"/v1/batches/{job.batch_id}/retry", None)
    call(world, "DELETE", f"/v1/projects/{project.id}")
    purge_everything(world)

    assert (first[0], keyed(world, f"/v1/batches/{job.batch_id}/retry", None)[:2]) == (202, first[:2])
