"""The sweep: whatever was lost is set going again, once, and only so much of it in one run."""

from datetime import datetime, timedelta

import pytest

from realstaging.gateways.media import upload_key
from realstaging.models.images import ImageStatus
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores.due_index import DueRow
from realstaging.stores.jobs import JobStore
from realstaging.stores.table import Item
from realstaging.sweep import sweep as sweep_all
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.steps import hear, settle, stage, started, sweep
from tests.support.world import World


def test_nothing_is_due_and_nothing_happens(world: World) -> None:
    factories.waiting(world)
    factories.queued(world)
    factories.processing(world)
    before = world.rows()

    assert sweep(world) == {"looked": 0, "failed": 0}
    assert world.rows() == before


def test_an_upload_whose_event_was_lost_is_looked_at_after_all(world: World) -> None:
    image, [job] = factories.waiting(world)
    world.s3.put_object(Bucket="media", Key=upload_key("alice", image.id), Body=factories.photo())

    sweep(world, minutes=21)
    sweep(world)

    [arrival] = world.lambdas.events
    world.run("upload_complete", arrival)
    assert world.image(image).status is ImageStatus.READY
    assert [message["job_id"] for message in world.to_stage()] == [job.id]


def test_an_upload_that_never_came_expires_after_a_day_and_costs_nothing(world: World) -> None:
    image, jobs = factories.waiting(world, jobs=3)
    factories.canceled(world, jobs[0])

    sweep(world, minutes=30)
    assert world.image(image).status is ImageStatus.AWAITING_UPLOAD
    sweep(world, hours=23)
    assert world.image(image).status is ImageStatus.AWAITING_UPLOAD
    sweep(world, hours=1)

    expired = world.image(image)
    assert expired.status is ImageStatus.EXPIRED
    assert expired.error is not None
    assert expired.error.code == "upload_expired"
    assert [world.job(job).status for job in jobs] == [JobStatus.CANCELED, JobStatus.FAILED, JobStatus.FAILED]
    assert {world.job(job).error for job in jobs[1:]} == {expired.error}
    assert world.quota.usage("alice", jobs[0].period).used == 0
    assert world.lambdas.events == []
    before = world.rows()
    assert sweep(world, days=3) == {"looked": 0, "failed": 0}
    assert world.rows() == before


def test_a_file_that_came_in_the_last_minute_does_not_expire(world: World) -> None:
    image, _ = factories.waiting(world)
    world.clock.forward(hours=25)
    world.s3.put_object(Bucket="media", Key=upload_key("alice", image.id), Body=factories.photo())

    sweep(world)

    assert world.image(image).status is ImageStatus.AWAITING_UPLOAD
    assert len(world.lambdas.events) == 1


def test_a_queued_job_that_does_not_move_is_sent_again_once_per_look(world: World) -> None:
    _, [job] = factories.queued(world)

    sweep(world, minutes=2)
    sweep(world)
    sweep(world, seconds=10)

    assert [message["job_id"] for message in world.to_stage()] == [job.id]
    sweep(world, minutes=2)
    assert [message["job_id"] for message in world.to_stage()] == [job.id]
    assert world.job(job).version == job.version


def test_two_sweeps_at_once_send_a_job_once(world: World) -> None:
    _, [job] = factories.queued(world)
    later = world.clock.forward(minutes=5)
    due = DueRow("JOB", "alice", job.id)
    sent_by_the_other: list[int] = []

    class LateStore(JobStore):
        """Both have read the row; the other one is a little quicker."""

        def look_again(self, job: Job, at: datetime, more: Item | None = None) -> None:
            if not sent_by_the_other:
                sent_by_the_other.append(1)
                world.sweeper().look_at(due, later)
            super().look_again(job, at, more)

    slower = world.sweeper(jobs=LateStore(world.table))
    slower.look_at(due, later)

    assert len(world.to_stage()) == 1


def test_a_finished_run_whose_webhook_was_lost_is_brought_home(world: World) -> None:
    job = started(world, "webhook:drop")
    world.provider.wait_for_runs()

    sweep(world, minutes=2)
    settle(world)

    assert (world.job(job).status, world.usage().captured) == (JobStatus.READY, 1)
    assert len(world.provider.runs()) == 1


def test_a_run_still_under_way_is_left_alone_until_its_limit(world: World) -> None:
    job = started(world, "hang")

    sweep(world, minutes=1)
    settle(world)
    waiting = world.job(job)
    assert (waiting.status, waiting.attempt) == (JobStatus.PROCESSING, 1)
    assert waiting.due_at is not None
    assert waiting.due_at > world.clock.at

    sweep(world, minutes=10)
    settle(world)
    assert world.job(job).status is JobStatus.QUEUED
    assert [run["status"] for run in world.provider.runs()] == ["canceled"]
    stage(world)
    assert world.job(job).attempt == 2


def test_a_run_the_provider_does_not_know_gets_another_attempt(world: World) -> None:
    job = factories.processing(world, prediction_id="never-heard-of-it")

    sweep(world, minutes=2)
    settle(world)

    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.QUEUED, 1)


def test_while_the_provider_cannot_be_asked_nothing_is_decided(world: World) -> None:
    job = factories.processing(world)
    world.function("finish_job").replicate.of("default").base_url = "http://127.0.0.1:1"

    for _ in range(3):
        assert sweep(world, minutes=3)["looked"] == 1
        settle(world)

    now = world.job(job)
    assert (now.status, now.attempt, now.version) == (JobStatus.PROCESSING, 1, job.version)
    assert world.to_stage() == []


def test_the_webhook_and_the_sweep_bring_the_same_result_and_it_is_charged_once(world: World) -> None:
    job = started(world)
    hear(world, job)
    sweep(world, minutes=2)

    settle(world)

    assert (world.job(job).status, world.usage().captured) == (JobStatus.READY, 1)


def forgotten(world: World, move: str) -> Job:
    """A job its image does not remember: the image moves on without it."""
    image, [job] = factories.waiting(world)
    if move == "accepted":
        world.images.accept(image, [], world.clock.at, factories.FACTS, look_again=world.clock.at)
    else:
        given_up = {"rejected": ImageStatus.REJECTED, "expired": ImageStatus.EXPIRED}[move]
        why = factories.failure("image_too_small" if move == "rejected" else "upload_expired")
        world.images.reject(image, given_up, [], world.clock.at, why)
    return job


@pytest.mark.parametrize(("move", "code"), [("rejected", "image_too_small"), ("expired", "upload_expired")])
def test_a_job_its_image_forgot_ends_with_the_images_reason(world: World, move: str, code: str) -> None:
    job = forgotten(world, move)

    sweep(world, hours=26)
    sweep(world)

    now = world.job(job)
    assert now.status is JobStatus.FAILED
    assert now.error is not None
    assert now.error.code == code
    assert world.quota.usage("alice", now.period).used == 0


def test_a_job_its_accepted_image_forgot_starts(world: World) -> None:
    job = forgotten(world, "accepted")

    sweep(world, hours=26)

    assert world.job(job).status is JobStatus.QUEUED
    assert len(world.to_stage()) == 1


def test_a_job_whose_image_still_waits_waits_with_it(world: World) -> None:
    image, [job] = factories.waiting(world)
    later = world.clock.at + timedelta(hours=60)
    world.images.expect(image, world.clock.at, upload_by=later, look_again=later)

    sweep(world, hours=26)

    assert world.job(job).status is JobStatus.AWAITING_UPLOAD
    assert world.job(job).due_at == later + timedelta(hours=1)


def test_a_reservation_of_a_request_that_died_is_given_back_once(world: World) -> None:
    project = factories.project(world)
    with (
        faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(2,)),
        pytest.raises(CrashError),
    ):
        factories.planned(world, project, count=10, jobs=8)
    assert world.usage().reserved == 80

    sweep(world, minutes=4)
    assert world.usage().reserved == 80
    sweep(world, minutes=2)
    placed = len([row for row in world.rows() if row["sk"].startswith("JOB#")])
    assert 0 < placed < 80
    assert world.usage().reserved == placed
    sweep(world)
    assert world.usage().reserved == placed


def test_one_row_that_cannot_be_dealt_with_does_not_hide_the_others(world: World) -> None:
    _, [broken] = factories.queued(world)
    _, [good] = factories.queued(world)
    world.table.update_item(
        Key={"pk": "USER#alice", "sk": f"JOB#{broken.id}"},
        UpdateExpression="SET attempt = :nonsense",
        ExpressionAttributeValues={":nonsense": "many"},
    )

    answer = sweep(world, minutes=5)

    assert answer == {"looked": 2, "failed": 1}
    assert [message["job_id"] for message in world.to_stage()] == [good.id]
    world.table.update_item(
        Key={"pk": "USER#alice", "sk": f"JOB#{broken.id}"},
        UpdateExpression="SET attempt = :zero",
        ExpressionAttributeValues={":zero": 0},
    )
    assert sweep(world) == {"looked": 0, "failed": 0}, "put off a little"
    assert sweep(world, minutes=3) == {"looked": 2, "failed": 0}


def test_a_message_that_could_not_be_sent_is_made_up_for_at_the_next_look(world: World) -> None:
    _, [job] = factories.queued(world)

    with faulty(world.sqs, "SendMessageBatch", CrashError()):
        assert sweep(world, minutes=2) == {"looked": 1, "failed": 1}
    assert sweep(world, minutes=2) == {"looked": 1, "failed": 0}

    assert [message["job_id"] for message in world.to_stage()] == [job.id]


def test_a_sweep_without_time_left_does_nothing_and_the_next_goes_on(world: World) -> None:
    for _ in range(3):
        factories.queued(world)
    later = world.clock.forward(minutes=5)
    due = world.due.overdue(later, per_shard=50)

    assert sweep_all(due, later, world.sweeper().look_at, put_off=world.due.put_off, until=0) == (0, 0)
    assert world.to_stage() == []
    assert sweep(world) == {"looked": 3, "failed": 0}
