"""Administrators see what is in the queues, look into dead letters and send them back, on record."""

import json
from typing import Any

import pytest

from realstaging import aws
from tests.support import factories
from tests.support.admin_operations import asked, audited
from tests.support.events import event
from tests.support.steps import ask, delivery, hear, settle, stage, told
from tests.support.world import World

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/{}"
DEAD = {
    "stage_dead_letters": "stage-dead",
    "result_dead_letters": "result-dead",
    "verify_dead_letters": "verify-dead",
    "event_dead_letters": "event-dead",
}
SWEEP = "arn:aws:lambda:us-east-1:123456789012:function:sweep"
UPLOAD = SWEEP.replace("sweep", "upload-complete")


@pytest.fixture(autouse=True)
def dead_letters(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realstaging.gateways.dead_letters.WAIT_SECONDS", 0)
    for name in DEAD.values():
        aws.sqs().create_queue(QueueName=name)


def bury(world: World, name: str, *bodies: Any) -> None:
    for body in bodies:
        world.sqs.send_message(QueueUrl=URL.format(DEAD[name]), MessageBody=json.dumps(body), MessageGroupId="alice")


def overview(world: World) -> dict[str, dict[str, Any]]:
    status, page = asked(world, "GET", "/v1/admin/queues")
    assert status == 200
    return {queue.pop("name"): queue for queue in page["items"]}


def redriven(world: World, name: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    return asked(world, "POST", f"/v1/admin/queues/{name}/redrive", body)


def to_start(world: World) -> dict[str, Any]:
    """The message that starts a job; what it is about waits for it."""
    _, [job] = factories.queued(world)
    world.stage_queue.send([job])
    [message] = world.to_stage()
    return message


def test_every_queue_is_listed_with_what_is_in_it(world: World) -> None:
    empty = {"depth": 0, "visible": 0, "in_flight": 0, "delayed": 0, "oldest_seconds": None}
    assert overview(world) == dict.fromkeys(["stage", "result", "verify", *DEAD], empty)

    _, [job] = factories.queued(world)
    world.stage_queue.send([job])
    world.stage_queue.send([job], 60)
    bury(world, "event_dead_letters", {}, {})

    found = overview(world)
    assert found["stage"] == {"depth": 2, "visible": 1, "in_flight": 0, "delayed": 1, "oldest_seconds": 0}
    assert (found["event_dead_letters"]["visible"], found["event_dead_letters"]["in_flight"]) == (2, 0)
    assert found["result"] == empty


def test_the_age_of_work_is_that_of_the_job_that_waits_longest(world: World) -> None:
    factories.queued(world)
    world.clock.forward(minutes=10)
    factories.processing(world, owner="bob")
    world.clock.forward(seconds=90)

    found = overview(world)

    assert (found["stage"]["oldest_seconds"], found["result"]["oldest_seconds"]) == (690, 90)


def test_a_dead_letter_is_as_old_as_it_was_sent_long_ago(world: World) -> None:
    bury(world, "stage_dead_letters", {})
    world.clock.forward(hours=2)

    age = overview(world)["stage_dead_letters"]["oldest_seconds"]

    assert 7200 - 60 < age < 7200 + 60
    assert overview(world)["stage_dead_letters"]["visible"] == 1


def test_dead_letters_are_shown_by_their_ids(world: World) -> None:
    message = to_start(world)
    bury(world, "stage_dead_letters", message)

    status, page = asked(world, "GET", "/v1/admin/queues/stage_dead_letters/messages")

    assert (status, page["next_cursor"]) == (200, None)
    [shown] = page["items"]
    assert (shown["owner"], shown["job_id"], shown["receive_count"]) == ("alice", message["job_id"], 1)
    assert message["traceparent"] not in json.dumps(page)


def test_no_more_are_shown_than_were_asked_for(world: World) -> None:
    bury(world, "result_dead_letters", *({} for _ in range(12)))

    for limit in (1, 11):
        query = {"limit": str(limit)}
        _, page = asked(world, "GET", "/v1/admin/queues/result_dead_letters/messages", query=query)
        assert len(page["items"]) == limit


def test_a_start_that_died_is_sent_back_and_the_job_is_delivered(world: World) -> None:
    world.provider.script()
    message = to_start(world)
    bury(world, "stage_dead_letters", message, message)

    status, moved = redriven(world, "stage_dead_letters")

    assert (status, moved) == (200, {"moved": 2, "discarded": 0, "skipped": 0, "left": 0})
    stage(world)
    job = world.jobs.get("alice", message["job_id"])
    hear(world, job)
    settle(world)
    assert world.job(job).status == "ready"
    assert world.usage().captured == 1, "a start that is delivered twice is one start"


def test_a_result_that_died_is_sent_back_and_one_that_is_over_changes_nothing(world: World) -> None:
    world.provider.script()
    message = to_start(world)
    world.run("stage_image", delivery("sqs-stage-queue", [message]))
    job = world.jobs.get("alice", message["job_id"])
    hear(world, job)
    [result] = world.to_settle()
    bury(world, "result_dead_letters", {key: value for key, value in result.items() if key != "delay"})
    bury(world, "result_dead_letters", told(job, 7))

    assert redriven(world, "result_dead_letters")[1]["moved"] == 2
    settle(world)

    assert world.job(job).status == "ready"


def test_a_pair_that_died_is_sent_back_whether_we_asked_for_it_or_s3_told_of_its_file(world: World) -> None:
    asked_for = {"owner": "alice", "verification_id": "v1", "traceparent": "", "correlation_id": "1"}
    told_of = {"Records": [{"s3": {"object": {"key": "pairs/alice/v2/original"}}}]}
    bury(world, "verify_dead_letters", asked_for, told_of, {"Records": []})

    _, page = asked(world, "GET", "/v1/admin/queues/verify_dead_letters/messages")
    assert sorted(str(letter["owner"]) for letter in page["items"]) == ["None", "alice", "alice"]
    assert redriven(world, "verify") == (200, {"moved": 2, "discarded": 0, "skipped": 1, "left": 1})

    assert [set(message) - {"delay"} for message in world.to_verify()] == [set(asked_for), set(told_of)]


def test_a_photo_whose_event_died_is_looked_at_again(world: World) -> None:
    image, _ = factories.waiting(world)
    seen = factories.uploaded(world, image, factories.photo())
    context = {"functionArn": f"{UPLOAD}:$LATEST", "condition": "RetriesExhausted"}
    bury(world, "event_dead_letters", {"requestContext": context, "requestPayload": seen})

    _, page = asked(world, "GET", "/v1/admin/queues/event_dead_letters/messages")
    assert (page["items"][0]["owner"], page["items"][0]["image_id"]) == ("alice", image.id)
    assert redriven(world, "event_dead_letters")[1]["moved"] == 1

    assert world.lambdas.called == [UPLOAD]
    world.run("upload_complete", world.lambdas.events[0])
    assert world.image(image).status == "ready"


def test_a_sweep_that_died_is_called_again(world: World) -> None:
    context = {"functionArn": f"{SWEEP}:$LATEST", "condition": "RetriesExhausted"}
    bury(world, "event_dead_letters", {"requestContext": context, "requestPayload": event("schedule-sweep")})

    assert redriven(world, "event_dead_letters", {"max": 10})[1]["moved"] == 1

    assert world.lambdas.called == [SWEEP]


def test_changes_of_the_table_are_dropped_only_when_somebody_says_so(world: World) -> None:
    context = {"functionArn": SWEEP.replace("sweep", "push-status"), "condition": "RetryAttemptsExhausted"}
    bury(world, "event_dead_letters", {"requestContext": context, "DDBStreamBatchInfo": {"batchSize": 3}})

    assert redriven(world, "event_dead_letters")[1] == {"moved": 0, "discarded": 0, "skipped": 1, "left": 1}
    dropped = redriven(world, "event_dead_letters", {"discard": True})[1]
    assert dropped == {"moved": 0, "discarded": 1, "skipped": 0, "left": 0}
    assert world.lambdas.called == []


def test_every_order_is_on_record(world: World) -> None:
    bury(world, "stage_dead_letters", to_start(world))

    redriven(world, "stage_dead_letters", {"max": 5})

    assert audited(world) == [
        {
            "by": "root",
            "action": "queue.redrive",
            "subject": "queues/stage_dead_letters",
            "before": {"visible": 1, "in_flight": 0},
            "after": {"max": 5, "discard": False},
        }
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"max": 0}, "/max"),
        ({"max": 1001}, "/max"),
        ({"max": "5"}, "/max"),
        ({"discard": "yes"}, "/discard"),
        ({"all": True}, "/all"),
    ],
)
def test_an_order_that_cannot_be_is_pointed_at_and_moves_nothing(world: World, body: Any, pointer: str) -> None:
    bury(world, "stage_dead_letters", to_start(world))

    status, problem = redriven(world, "stage_dead_letters", body)

    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, [pointer])
    assert overview(world)["stage_dead_letters"]["visible"] == 1
    assert audited(world) == []


def test_a_queue_of_work_stands_for_its_own_dead_letters(world: World) -> None:
    message = to_start(world)
    bury(world, "stage_dead_letters", message)
    bury(world, "result_dead_letters", {}, {})

    assert len(asked(world, "GET", "/v1/admin/queues/result/messages")[1]["items"]) == 2
    assert redriven(world, "stage")[1] == {"moved": 1, "discarded": 0, "skipped": 0, "left": 0}
    assert [sent["job_id"] for sent in world.to_stage()] == [message["job_id"]]
    assert [each["subject"] for each in audited(world)] == ["queues/stage_dead_letters"]


@pytest.mark.parametrize("name", ["none", "event", "stage_dead_letters_dead_letters"])
def test_a_queue_that_is_none_of_ours_is_not_found(world: World, name: str) -> None:
    for status, problem in (asked(world, "GET", f"/v1/admin/queues/{name}/messages"), redriven(world, name)):
        assert (status, problem["code"], problem["detail"]) == (404, "not_found", "No such queue.")
    assert audited(world) == []


def test_none_of_it_is_for_others(world: World) -> None:
    bury(world, "stage_dead_letters", to_start(world))

    for method, path in (
        ("GET", "/v1/admin/queues"),
        ("GET", "/v1/admin/queues/stage_dead_letters/messages"),
        ("POST", "/v1/admin/queues/stage_dead_letters/redrive"),
        ("POST", "/v1/admin/queues/none/redrive"),
        ("GET", "/v1/admin/jobs"),
        ("GET", "/v1/admin/jobs/nonsense"),
        ("POST", "/v1/admin/jobs/nonsense/retry"),
        ("GET", "/v1/admin/users"),
        ("GET", "/v1/admin/users/root"),
        ("PATCH", "/v1/admin/users/alice"),
    ):
        body = {"role": "admin"} if method == "PATCH" else None
        status, problem = ask(world, method, path, body)
        assert (status, problem["code"]) == (403, "forbidden"), path
    assert overview(world)["stage_dead_letters"]["visible"] == 1
