"""Starting a job: one claim, one paid run, whatever the queue and the provider do."""

import json

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.servers import free_port
from tests.support.steps import delivery, failures, hear, settle, stage, start_with, sweep
from tests.support.world import World


def test_a_queued_job_gets_one_run_with_its_own_webhook_and_a_deadline(world: World) -> None:
    _, [job] = factories.queued(world)

    answer = world.run("stage_image", factories.to_start(job))

    assert failures(answer) == []
    [run] = world.provider.runs()
    assert run["model"] == "qwen/qwen-image-edit-2511"
    assert run["webhook"].endswith(f"/v1/webhooks/replicate/{job.id}/1")
    assert run["headers"]["cancel-after"] == "60s"
    now = world.job(job)
    assert (now.status, now.attempt, now.prediction_id) == (JobStatus.PROCESSING, 1, run["id"])
    assert now.prompt_version
    assert now.input is not None
    assert not now.input.keys() & {"prompt", "image"}


def test_a_message_that_comes_twice_starts_one_run(world: World) -> None:
    _, [job] = factories.queued(world)

    world.run("stage_image", factories.to_start(job, job))
    answer = world.run("stage_image", factories.to_start(job))

    assert failures(answer) == []
    assert len(world.provider.runs()) == 1
    assert world.job(job).attempt == 1


def test_of_two_workers_with_the_same_message_one_starts_the_run(world: World) -> None:
    _, [job] = factories.queued(world)
    client = world.table.meta.client

    def claimed_elsewhere(**_: object) -> None:
        client.meta.events.unregister("before-call.dynamodb.UpdateItem", claimed_elsewhere)
        factories.claimed(world, job, prediction_id=None)

    client.meta.events.register_first("before-call.dynamodb.UpdateItem", claimed_elsewhere)
    answer = world.run("stage_image", factories.to_start(job))

    assert failures(answer) == []
    assert world.provider.runs() == []
    assert world.job(job).attempt == 1


def test_messages_of_no_waiting_job_start_nothing(world: World) -> None:
    _, [waiting] = factories.waiting(world)
    _, [queued] = factories.queued(world)
    ended = factories.canceled(world, factories.queued(world)[1][0])
    strangers = queued.model_copy(update={"owner": "bob"})
    unknown = queued.model_copy(update={"id": "job_unknown"})

    answer = world.run("stage_image", factories.to_start(waiting, ended, strangers, unknown))

    assert failures(answer) == []
    assert world.provider.runs() == []
    assert world.job(queued) == queued


def test_a_process_that_dies_after_the_claim_costs_time_but_no_attempt_and_no_job(world: World) -> None:
    _, [job] = factories.queued(world)
    with faulty(world.table.meta.client, "UpdateItem", CrashError(), after=True):
        answer = world.run("stage_image", factories.to_start(job))
    assert len(failures(answer)) == 1
    assert world.job(job).status is JobStatus.PROCESSING

    redelivered = world.run("stage_image", factories.to_start(job))
    assert failures(redelivered) == []
    assert world.provider.runs() == []

    sweep(world, minutes=3)
    settle(world)
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.QUEUED, 0)
    stage(world)
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.PROCESSING, 1)
    assert len(world.provider.runs()) == 1


@pytest.mark.parametrize(
    ("refusal", "delay"),
    [
        ({"outcome": "create:429", "header": 7}, 8),
        ({"outcome": "create:429", "body": 11}, 12),
        ({"outcome": "create:429", "header": 100_000}, 301),
    ],
)
def test_when_the_provider_takes_nothing_the_job_waits_and_no_attempt_is_counted(
    world: World, refusal: dict[str, object], delay: int
) -> None:
    _, [job] = factories.queued(world)
    world.provider.script({"then": refusal, "times": 1})

    answer = world.run("stage_image", factories.to_start(job))

    assert failures(answer) == []
    now = world.job(job)
    assert (now.status, now.attempt, now.deferrals) == (JobStatus.QUEUED, 0, 1)
    [message] = world.to_stage()
    assert (message["job_id"], message["delay"]) == (job.id, delay)
    assert now.due_at is not None
    assert (now.due_at - world.clock.at).total_seconds() > delay

    world.run("stage_image", delivery("sqs-stage-queue", [message]))
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.PROCESSING, 1)
    assert len(world.provider.runs()) == 1


def test_waiting_grows_when_the_provider_does_not_say_how_long(world: World) -> None:
    _, [job] = factories.queued(world)
    start_with(world, base_url=f"http://127.0.0.1:{free_port()}")  # nobody is there
    delays = []

    for _ in range(4):
        world.run("stage_image", factories.to_start(job))
        delays += [message["delay"] for message in world.to_stage()]

    assert delays == sorted(set(delays))
    assert (world.job(job).attempt, world.job(job).deferrals) == (0, 4)


def test_without_a_token_nothing_is_claimed(world: World) -> None:
    _, [job] = factories.queued(world)
    module = world.function("stage_image")
    name = world.settings.replicate.api_token.format(stage=world.settings.stage).removeprefix("ssm:")
    module.aws.ssm().delete_parameter(Name=name)

    answer = world.run("stage_image", factories.to_start(job))

    assert len(failures(answer)) == 1
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.QUEUED, 0)


def test_a_deferral_whose_message_is_lost_is_sent_again(world: World) -> None:
    _, [job] = factories.queued(world)
    world.provider.script({"then": {"outcome": "create:429", "header": 7}, "times": 1})
    with faulty(world.sqs, "SendMessageBatch", CrashError()):
        answer = world.run("stage_image", factories.to_start(job))
    assert len(failures(answer)) == 1

    sweep(world, minutes=5)

    assert [message["job_id"] for message in world.to_stage()] == [job.id]


def test_settings_the_model_refuses_fail_the_job_for_good_and_cost_nothing(world: World) -> None:
    _, [job] = factories.queued(world)
    world.provider.script("create:422")

    answer = world.run("stage_image", factories.to_start(job))

    assert failures(answer) == []
    now = world.job(job)
    assert now.status is JobStatus.FAILED
    assert now.error is not None
    assert (now.error.code, now.error.retryable) == ("input_refused", False)
    assert world.usage().used == 0
    assert world.to_stage() == []


@pytest.mark.parametrize("outcome", ["create:500", "create:502", "create:503", "create:reset_before_create"])
def test_an_unclear_answer_is_not_answered_with_a_second_run(world: World, outcome: str) -> None:
    _, [job] = factories.queued(world)
    world.provider.script({"then": outcome, "times": 1})

    answer = world.run("stage_image", factories.to_start(job))
    world.run("stage_image", factories.to_start(job))

    assert failures(answer) == []
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.PROCESSING, 1)
    assert len(world.provider.log()["creations"]) == 1

    # There is no such run: once that is known, it is started again, and no attempt is counted.
    sweep(world, minutes=3)
    settle(world)
    stage(world)
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.PROCESSING, 1)
    assert len(world.provider.runs()) == 1


def test_a_run_whose_answer_was_lost_is_adopted_by_its_webhook(world: World) -> None:
    _, [job] = factories.queued(world)
    world.provider.script("create:reset_after_create")

    world.run("stage_image", factories.to_start(job))
    world.run("stage_image", factories.to_start(job))
    assert hear(world, job) == [202]
    settle(world)

    [run] = world.provider.runs()
    now = world.job(job)
    assert (now.status, now.attempt, now.prediction_id) == (JobStatus.READY, 1, run["id"])


def test_a_run_whose_answer_and_webhook_were_lost_is_found_by_the_sweep(world: World) -> None:
    _, [job] = factories.queued(world)
    world.provider.script(["create:reset_after_create", "webhook:drop"])
    world.run("stage_image", factories.to_start(job))

    [run] = world.provider.wait_for_runs()

    sweep(world, minutes=3)
    settle(world)

    assert len(world.provider.runs()) == 1
    now = world.job(job)
    assert (now.status, now.attempt, now.prediction_id) == (JobStatus.READY, 1, run["id"])
    assert world.usage().captured == 1


def test_a_result_that_comes_before_the_run_is_noted_is_delivered(world: World) -> None:
    _, [job] = factories.queued(world)
    world.provider.script("webhook:before_response")
    client = world.table.meta.client
    updates = []

    def result_first(**_: object) -> None:
        updates.append(1)
        if len(updates) == 2:  # the claim was the first; this one notes the run
            hear(world, job)
            settle(world)

    client.meta.events.register_first("before-call.dynamodb.UpdateItem", result_first)
    try:
        answer = world.run("stage_image", factories.to_start(job))
    finally:
        client.meta.events.unregister("before-call.dynamodb.UpdateItem", result_first)

    assert failures(answer) == []
    assert world.job(job).status is JobStatus.READY
    assert len(world.provider.runs()) == 1


def test_only_the_bad_message_of_a_batch_is_reported(world: World) -> None:
    jobs = [factories.queued(world)[1][0] for _ in range(2)]
    messages = factories.to_start(jobs[0], jobs[0], jobs[1])
    messages["Records"][1]["body"] = json.dumps({"owner": "alice"})

    answer = world.run("stage_image", messages)

    assert failures(answer) == [messages["Records"][1]["messageId"]]
    assert {world.job(job).status for job in jobs} == {JobStatus.PROCESSING}


def test_a_job_that_found_no_model_for_a_day_fails_and_costs_nothing(world: World) -> None:
    _, [job] = factories.queued(world)
    world.clock.forward(hours=25)

    world.run("stage_image", factories.to_start(job))

    now = world.job(job)
    assert now.status is JobStatus.FAILED
    assert now.error is not None
    assert now.error.code == "staging_timed_out"
    assert world.provider.runs() == []


def test_a_photo_that_came_late_does_not_count_as_a_model_that_was_not_there(world: World) -> None:
    image, [job] = factories.waiting(world)
    world.clock.forward(hours=23, minutes=59)
    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))
    world.clock.forward(minutes=2)

    stage(world)

    assert world.job(job).status is JobStatus.PROCESSING


def test_a_late_photos_run_is_asked_for_like_any_other(world: World) -> None:
    image, [job] = factories.waiting(world)
    world.clock.forward(hours=23, minutes=59)
    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))
    world.provider.script("webhook:drop")
    stage(world)
    world.provider.wait_for_runs()

    sweep(world, minutes=3)
    settle(world)

    assert world.job(job).status is JobStatus.READY
