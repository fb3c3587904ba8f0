"""Canceling before there is a result costs nothing; what failed or was canceled is tried again once."""

from typing import Any

import pytest

from realstaging.models.jobs import JobStatus
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.runtime_settings import OverrideStore
from tests.support import factories
from tests.support.http_client import call
from tests.support.steps import ask, at_once, delivered, failed, finish, in_state, results, rows_of, settle, started
from tests.support.world import World

OPEN = [state for state in JobStatus if not state.final]
ENDED = [state for state in JobStatus if state.final]


@pytest.mark.parametrize("state", OPEN)
def test_what_has_not_ended_is_canceled_once_and_costs_nothing(world: World, state: JobStatus) -> None:
    job = in_state(world, state)

    status, shown = ask(world, "POST", f"/v1/jobs/{job.id}/cancel")

    assert (status, shown["status"], shown["charged"]) == (200, "canceled", False)
    assert shown["version"] > job.version
    assert world.ledger() == {job.id: "released"}
    assert world.usage().used == 0
    status, problem = ask(world, "POST", f"/v1/jobs/{job.id}/cancel")
    assert (status, problem["code"]) == (409, "job_not_cancelable")


@pytest.mark.parametrize("state", ENDED)
def test_what_has_ended_cannot_be_canceled(world: World, state: JobStatus) -> None:
    job = in_state(world, state)

    status, problem = ask(world, "POST", f"/v1/jobs/{job.id}/cancel")

    assert (status, problem["code"]) == (409, "job_not_cancelable")
    assert world.job(job) == job


def test_a_canceled_run_is_called_off_at_the_provider(world: World) -> None:
    job = started(world, "hang")

    call(world, "POST", f"/v1/jobs/{job.id}/cancel")
    settle(world)

    assert [run["status"] for run in world.provider.wait_for_runs()] == ["canceled"]


def test_a_run_that_was_noted_just_now_is_called_off_too(world: World) -> None:
    job = factories.processing(world, prediction_id=None)
    module = world.function("jobs_api")
    world.jobs.note_run(job, "run7", due=world.clock.at)

    module.cancel(job, world.clock.at, jobs=world.jobs, results=world.result_queue)

    assert [message["cancel"] for message in world.to_settle()] == ["run7"]


@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_a_run_that_began_while_its_job_was_canceled_is_called_off(world: World, end: str) -> None:
    _, [job] = factories.queued(world)
    world.provider.script("hang")
    client = world.table.meta.client
    updates: list[str] = []

    def meanwhile(**_: Any) -> None:
        """After the claim, before the run is noted."""
        updates.append("now")
        if len(updates) == 2:
            method, path = (
                ("POST", f"/v1/jobs/{job.id}/cancel") if end == "cancel" else ("DELETE", f"/v1/jobs/{job.id}")
            )
            assert call(world, method, path)[0] in (200, 204)

    client.meta.events.register("before-call.dynamodb.UpdateItem", meanwhile)
    try:
        world.run("stage_image", factories.to_start(job))
    finally:
        client.meta.events.unregister("before-call.dynamodb.UpdateItem", meanwhile)
    settle(world)

    assert [run["status"] for run in world.provider.wait_for_runs()] == ["canceled"]
    assert world.ledger() == {job.id: "released"}


def test_a_canceled_job_is_not_started_though_its_message_comes(world: World) -> None:
    _, [job] = factories.queued(world)
    call(world, "POST", f"/v1/jobs/{job.id}/cancel")

    world.run("stage_image", factories.to_start(job))

    assert world.provider.runs() == []
    assert world.job(job).status is JobStatus.CANCELED


@pytest.mark.parametrize("first", ["cancel", "delivery"])
def test_of_a_cancel_and_a_delivery_one_wins_and_only_what_is_delivered_is_charged(world: World, first: str) -> None:
    job = started(world)
    found = results(world, job)
    if first == "delivery":
        finish(world, found)

    status, _ = ask(world, "POST", f"/v1/jobs/{job.id}/cancel")
    if first == "cancel":
        finish(world, found)

    charged = first == "delivery"
    assert status == (409 if charged else 200)
    assert (world.job(job).status, world.job(job).charged) == (JobStatus.READY if charged else "canceled", charged)
    assert world.ledger() == {job.id: "captured" if charged else "released"}
    assert len(world.objects("staged/")) == 4 * charged


def test_a_cancel_that_meets_a_start_happens_after_it(world: World) -> None:
    _, [read] = factories.queued(world)
    factories.claimed(world, read)
    module = world.function("jobs_api")

    canceled = module.cancel(read, world.clock.at, jobs=world.jobs, results=world.result_queue)

    assert canceled.status is JobStatus.CANCELED
    assert [message["cancel"] for message in world.to_settle()] == ["run1"]


def test_ten_cancels_at_once_cancel_once(world: World) -> None:
    job = factories.processing(world)

    statuses = at_once(world, 6, lambda process: ask(process, "POST", f"/v1/jobs/{job.id}/cancel")[0])

    assert sorted(statuses) == [200] + [409] * 5
    assert world.usage().used == 0


def test_a_batch_is_canceled_whole_but_for_what_has_ended(world: World) -> None:
    groups = factories.planned(world, factories.project(world), count=30, jobs=2)
    jobs = [job for _, work in groups for job in work]
    canceled = factories.canceled(world, jobs[0])

    status, batch = ask(world, "POST", f"/v1/batches/{canceled.batch_id}/cancel")

    assert (status, batch["status"], batch["counts"]["canceled"]) == (200, "canceled", 60)
    assert set(world.ledger().values()) == {"released"}
    assert world.usage().used == 0
    assert ask(world, "POST", f"/v1/batches/{canceled.batch_id}/cancel")[1]["counts"]["canceled"] == 60


def test_what_starts_or_ends_while_its_batch_is_canceled_is_dealt_with_as_it_then_is(world: World) -> None:
    _, work = factories.queued(world, jobs=3)
    module = world.function("jobs_api")
    factories.claimed(world, work[0])
    done = delivered(world, work[1])

    module.cancel_all(work, world.clock.at, jobs=world.jobs, results=world.result_queue)

    assert [world.job(job).status for job in work] == ["canceled", "ready", "canceled"]
    assert world.ledger()[done.id] == "captured"
    assert [message["cancel"] for message in world.to_settle()] == ["run1"]
    assert ask(world, "GET", f"/v1/batches/{done.batch_id}")[1]["status"] == "partial"


@pytest.mark.parametrize("end", [failed, factories.canceled])
def test_a_job_that_came_to_nothing_is_tried_again_as_a_new_one(world: World, end: Any) -> None:
    image, [job] = factories.queued(world)
    job = end(world, job)

    status, again = ask(world, "POST", f"/v1/jobs/{job.id}/retry")

    assert (status, again["parent_job_id"], again["status"]) == (201, job.id, "queued")
    wish = ("image_id", "project_id", "room_type", "style", "prompt", "seed", "model")
    assert [again[name] for name in wish] == [getattr(job, name) for name in wish]
    assert again["id"] != job.id
    assert again["batch_id"] != job.batch_id
    assert [message["job_id"] for message in world.to_stage()] == [again["id"]]
    assert world.ledger() == {job.id: "released", again["id"]: "reserved"}
    assert ask(world, "GET", f"/v1/jobs/{again['id']}")[1] == again

    status, problem = ask(world, "POST", f"/v1/jobs/{job.id}/retry")
    assert (status, problem["code"]) == (409, "job_not_retryable")
    assert world.usage().used == 1
    assert world.image(image).waiting_jobs == []


@pytest.mark.parametrize("state", [*OPEN, JobStatus.READY])
def test_what_came_to_something_or_still_may_is_not_tried_again(world: World, state: JobStatus) -> None:
    job = in_state(world, state)

    status, problem = ask(world, "POST", f"/v1/jobs/{job.id}/retry")

    assert (status, problem["code"]) == (409, "job_not_retryable")
    assert len(world.ledger()) == 1


def test_a_job_whose_photo_was_rejected_cannot_be_tried_again(world: World) -> None:
    image, [job] = factories.waiting(world)
    world.run("upload_complete", factories.uploaded(world, image, b"no photo"))

    status, problem = ask(world, "POST", f"/v1/jobs/{job.id}/retry")

    assert (status, problem["code"]) == (409, "image_not_ready")


def test_a_canceled_job_that_still_waited_waits_again(world: World) -> None:
    image, [job] = factories.waiting(world)
    factories.canceled(world, job)

    status, again = ask(world, "POST", f"/v1/jobs/{job.id}/retry")
    assert (status, again["status"]) == (201, "awaiting_upload")
    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))

    assert [message["job_id"] for message in world.to_stage()] == [again["id"]]


def test_of_many_retries_at_once_one_makes_a_job(world: World) -> None:
    job = failed(world, factories.queued(world)[1][0])

    answers = at_once(world, 5, lambda process: ask(process, "POST", f"/v1/jobs/{job.id}/retry"))

    assert sorted(status for status, _ in answers) == [201] + [409] * 4
    assert {body["code"] for status, body in answers if status == 409} == {"job_not_retryable"}
    assert len(rows_of(world, "JOB#")) == 2
    assert len(world.to_stage()) == 1


def test_of_a_batch_only_what_failed_is_tried_again_and_that_once(world: World) -> None:
    image, work = factories.queued(world, jobs=5)
    bad = [failed(world, work[0]), failed(world, work[1])]
    factories.canceled(world, work[2])
    delivered(world, work[3])
    path = f"/v1/batches/{work[0].batch_id}/retry"

    status, answer = ask(world, "POST", path)

    assert (status, answer["succeeded"], answer["failed"]) == (202, 2, 0)
    assert [item["job"]["parent_job_id"] for item in answer["items"]] == [job.id for job in bad]
    assert {item["job"]["batch_id"] for item in answer["items"]} == {answer["batch_id"]} != {work[0].batch_id}
    assert len(world.to_stage()) == 2
    status, problem = ask(world, "POST", path)
    assert (status, problem["code"]) == (409, "job_not_retryable")
    assert len(rows_of(world, "JOB#")) == 7
    assert world.image(image).waiting_jobs == []


def test_of_many_retries_of_a_batch_at_once_each_job_is_tried_again_once(world: World) -> None:
    _, work = factories.queued(world, jobs=3)
    for job in work:
        failed(world, job)

    answers = at_once(world, 4, lambda process: ask(process, "POST", f"/v1/batches/{work[0].batch_id}/retry")[0])

    assert sorted(answers) == [202] + [409] * 3
    assert len(rows_of(world, "JOB#")) == 6


def test_a_retry_that_does_not_fit_the_quota_is_refused_and_can_be_made_later(world: World) -> None:
    job = failed(world, factories.queued(world)[1][0])
    none = world.settings.plans["free"].model_copy(update={"images_per_month": 0})
    api = world.function("jobs_api")
    api.live = RuntimeSettings(world.settings.model_copy(update={"plans": {"free": none}}), OverrideStore(world.table))

    assert ask(world, "POST", f"/v1/jobs/{job.id}/retry")[0] == 402
    assert world.job(job) == job
    api.live = RuntimeSettings(world.settings, OverrideStore(world.table))
    assert ask(world, "POST", f"/v1/jobs/{job.id}/retry")[0] == 201
