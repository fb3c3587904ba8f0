"""Results: delivered and charged once, whatever comes twice, late, or from somebody else."""

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.pictures import opened
from tests.support.steps import delivery, failures, finish, results, stage, started, sweep, told
from tests.support.world import World


def test_a_result_is_brought_home_and_charged(world: World) -> None:
    job = started(world)
    messages = results(world, job)

    assert failures(finish(world, messages)) == []

    done = world.job(job)
    assert (done.status, done.charged, str(done.cost_usd), done.error) == (JobStatus.READY, True, "0.03", None)
    assert done.result is not None
    assert done.result.width / done.result.height == pytest.approx(768 / 512, abs=0.005)  # as the photo
    key = f"staged/alice/{job.id}/1.jpg"
    assert (done.result_key, done.prediction_id) == (key, job.prediction_id)
    stored = world.s3.get_object(Bucket="media", Key=key)
    assert stored["ContentType"] == "image/jpeg"
    picture = stored["Body"].read()
    assert opened(picture).size == (done.result.width, done.result.height)
    assert len(picture) == done.result.size_bytes
    assert max(opened(world.s3.get_object(Bucket="media", Key=done.thumbnail_key)["Body"].read()).size) == 512
    assert (world.usage().used, world.usage().captured) == (1, 1)
    assert world.ledger() == {job.id: "captured"}


def test_the_same_result_twice_is_charged_once(world: World) -> None:
    job = started(world)
    messages = results(world, job)
    finish(world, messages * 2)
    before, objects = world.rows(), world.objects()

    assert failures(finish(world, messages)) == []

    assert (world.rows(), world.objects()) == (before, objects)
    assert world.usage().captured == 1


def test_a_late_result_of_an_attempt_that_was_given_up_is_booked_and_not_delivered(world: World) -> None:
    job = started(world)
    first = results(world, job)
    finish(world, [told(job, 1, "failed", error="Director: unexpected error (E9828)")])
    stage(world)
    second = world.job(job)
    assert (second.status, second.attempt) == (JobStatus.PROCESSING, 2)

    finish(world, first)

    now = world.job(job)
    assert (now.status, now.attempt, now.prediction_id) == (second.status, 2, second.prediction_id)
    assert [str(run.cost_usd) for run in now.runs] == ["0.03"]
    finish(world, results(world, job, 2))
    assert (world.job(job).status, world.usage().captured) == (JobStatus.READY, 1)
    names = ("2-overlay.jpg", "2-report.json", "2-thumbnail.jpg", "2.jpg")
    assert world.objects("staged/") == [f"staged/alice/{job.id}/{name}" for name in names]

    before = world.rows()
    finish(world, first)
    assert world.rows() == before


@pytest.mark.parametrize("status", ["failed", "succeeded", "canceled"])
def test_a_result_of_another_run_decides_nothing(world: World, status: str) -> None:
    job = started(world, "hang")

    finish(world, [told(job, 1) | {"prediction": {"id": "run2", "status": status, "output": ["http://127.0.0.1/x"]}}])

    now = world.job(job)
    assert (now.status, now.attempt, now.prediction_id) == (JobStatus.PROCESSING, 1, job.prediction_id)
    assert world.objects("staged/") == []


def test_results_of_nothing_are_ignored(world: World) -> None:
    job = factories.processing(world)
    _, [queued] = factories.queued(world)
    before = world.rows()

    answer = finish(
        world,
        [
            told(job, 1) | {"job_id": "job_unknown"},
            told(job, 1) | {"owner": "bob"},
            told(job, 2),
            told(job, 0),
            told(queued, 0),
            told(queued, 1),
        ],
    )

    assert failures(answer) == []
    assert world.rows() == before


def test_a_result_that_could_not_be_fetched_just_now_comes_again(world: World) -> None:
    job = started(world, "result:flaky")
    messages = results(world, job)

    first = finish(world, messages)
    assert len(failures(first)) == 1
    assert world.job(job) == job
    second = finish(world, messages)

    assert failures(second) == []
    assert world.job(job).status is JobStatus.READY


def test_an_answer_as_one_address_is_as_good_as_a_list(world: World) -> None:
    job = started(world, "result:string")

    finish(world, results(world, job))

    assert world.job(job).status is JobStatus.READY


def test_a_job_canceled_while_its_result_came_home_is_not_charged_and_its_files_go(world: World) -> None:
    job = started(world)
    messages = results(world, job)
    client = world.table.meta.client

    def cancel_first(**_: object) -> None:
        client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", cancel_first)
        factories.canceled(world, job)

    client.meta.events.register_first("before-call.dynamodb.TransactWriteItems", cancel_first)
    assert failures(finish(world, messages)) == []

    assert (world.job(job).status, world.usage().used) == (JobStatus.CANCELED, 0)
    assert world.objects("staged/") == []


def test_a_canceled_jobs_result_is_not_fetched(world: World) -> None:
    job = started(world)
    messages = results(world, job)
    factories.canceled(world, job)

    assert failures(finish(world, messages)) == []

    assert world.job(job).status is JobStatus.CANCELED
    assert world.objects("staged/") == []
    assert world.provider.log()["downloads"] == []


def test_a_result_that_lost_against_another_attempt_leaves_no_files(world: World) -> None:
    job = started(world)
    messages = results(world, job)
    client = world.table.meta.client

    def given_up_first(**_: object) -> None:
        client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", given_up_first)
        world.jobs.requeue(world.job(job), world.clock.at, world.clock.at)

    client.meta.events.register_first("before-call.dynamodb.TransactWriteItems", given_up_first)
    finish(world, messages)

    assert world.job(job).status is JobStatus.QUEUED
    assert world.objects("staged/") == []


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_between_the_files_and_the_charge_is_made_up_for(world: World, after: bool) -> None:
    job = started(world)
    messages = results(world, job)

    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), after=after):
        first = finish(world, messages)
    assert len(failures(first)) == 1
    second = finish(world, messages)

    assert failures(second) == []
    assert world.job(job).status is JobStatus.READY
    assert (world.usage().used, world.usage().captured) == (1, 1)
    assert len(world.objects("staged/")) == 4


def test_a_retry_whose_message_is_lost_is_sent_again(world: World) -> None:
    job = factories.processing(world)
    with faulty(world.sqs, "SendMessageBatch", CrashError()):
        answer = finish(world, [told(job, 1, "failed")])
    assert len(failures(answer)) == 1
    assert world.job(job).status is JobStatus.QUEUED
    assert failures(finish(world, [told(job, 1, "failed")])) == []

    sweep(world, minutes=5)

    assert [message["job_id"] for message in world.to_stage()] == [job.id]


def test_only_the_bad_result_of_a_batch_is_reported(world: World) -> None:
    job = started(world)
    [message] = results(world, job)
    both = delivery("sqs-result-queue", [message, message])
    both["Records"][0]["body"] = "{}"

    answer = world.run("finish_job", both)

    assert failures(answer) == [both["Records"][0]["messageId"]]
    assert world.job(job).status is JobStatus.READY
